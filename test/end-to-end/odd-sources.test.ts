import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { parseChunks } from '../../server/format/cmaf/index.ts';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, metricOf, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher, type PublishOptions } from '../support/ffmpeg-publisher.ts';
import { readManifest, segmentNames } from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

const RUNG = '90p';
const LADDER = `${RUNG}=160x90@150k`;
/** Long enough for three segments of rungs, which the survey of a first start may delay. */
const SECONDS = 60;
const PATIENCE_MS = 40_000;

/** What cameras, phones and capture cards send that is not plain 4:2:0 at a constant rate. */
const SOURCES: Readonly<Record<string, Omit<PublishOptions, 'seconds'>>> = {
  interlaced: { more: ['-x264-params', 'interlaced=1:tff=1'] },
  'of 10 bits, 4:2:2': { pixels: 'yuv422p10le' },
  'of odd size': { size: '321x181', pixels: 'yuv444p' },
  'of a frame rate that varies': {
    // Two thirds of the frames are missing in the second half of each second.
    filter: "select='lt(mod(t,1),0.5)+not(mod(n,3))'",
    gop: 20,
    more: ['-vsync', 'vfr'],
  },
  upright: { size: '180x320' },
  'with mono sound of 22 kHz': { audioRate: 22_050, channels: 1 },
  'with B-frames': { bFrames: 2 },
};

suite('a source', { ...needs('ffmpeg'), concurrency: 4 }, () => {
  let server: ServerProcess;
  before(async () => {
    // What a rung lists is still listed of the source, however far behind it the rung is.
    const SLIDING_WINDOW_SIZE = String(SECONDS);
    server = await ServerProcess.start({ env: { TRANSCODE: 'full', LADDER, SLIDING_WINDOW_SIZE } });
  });
  after(() => server.stop());

  async function publish(options: Omit<PublishOptions, 'seconds'>) {
    const { id, streamKey } = await server.createStream('odd');
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
    const start = () => new FfmpegPublisher(address, { ...options, seconds: SECONDS });
    return { master: `${server.url}/live/${id}/master.m3u8`, address, publisher: start() };
  }

  /** The addresses of the source's video and of the rung, once the rung is on air. */
  async function renditions(master: string): Promise<{ video: string; rung: string }> {
    await fetchUntil(master, (_, body) => body.includes(`/${RUNG}/`), PATIENCE_MS);
    const urls = await renditionUrls(master);
    const find = (name: string): string => urls.find((url) => url.includes(`/${name}/`)) ?? '';
    return { video: find('video'), rung: find(RUNG) };
  }

  for (const [what, options] of Object.entries(SOURCES)) {
    test(`${what} plays in every quality, and the qualities are in step`, async (context) => {
      const { master, publisher } = await publish(options);
      context.after(() => publisher.stop());
      const { video, rung } = await renditions(master);
      const text = await fetchUntil(rung, (_, body) => segmentNames(body).length >= 3, PATIENCE_MS);
      const leading = await fetchText(video);
      for (const name of segmentNames(text)) {
        assert.ok(leading.includes(name), `${name} is in both`);
        assert.equal(await firstShown(rung, name), await firstShown(video, name), name);
      }
      assertDecodes(await wholeMedia(rung, text));
      assert.ok(!text.includes('#EXT-X-GAP'), text);
    });
  }

  test('with keyframes 10 s apart has its picture encoded anew, with a legal playlist', async (context) => {
    const { master, publisher } = await publish({ gop: 300 });
    context.after(() => publisher.stop());
    const { video } = await renditions(master);
    const text = await fetchUntil(
      video,
      (_, body) => /#EXT-X-DISCONTINUITY\n[\s\S]*(#EXTINF[\s\S]*){4}/.test(body),
      PATIENCE_MS,
    );
    const since = text.slice(text.lastIndexOf('#EXT-X-DISCONTINUITY\n'));
    for (const name of segmentNames(since)) {
      assert.equal(await beginsWithKeyframe(video, name), true, name);
    }
    const { rung } = await renditions(master);
    const beside = await fetchText(rung);
    const [newest = ''] = segmentNames(beside).slice(-1);
    assert.equal(await firstShown(rung, newest), await firstShown(video, newest));
  });

  test('that turns its picture is one discontinuity, in every quality at the same segment', async (context) => {
    const { master, address, publisher } = await publish({ gop: 30 });
    const { video, rung } = await renditions(master);
    await fetchUntil(rung, (_, body) => segmentNames(body).length >= 2, PATIENCE_MS);
    const turned = new FfmpegPublisher(address, { seconds: SECONDS, gop: 30, size: '180x320' });
    context.after(() => turned.stop());
    await publisher.exited;
    const isTurned = (body: string) =>
      /#EXT-X-DISCONTINUITY\n[\s\S]*(#EXTINF[\s\S]*){2}/.test(body);
    const places: (number | undefined)[] = [];
    for (const url of [video, rung]) {
      const text = await fetchUntil(url, (_, body) => isTurned(body), PATIENCE_MS);
      const { segments, mediaSequence = 0 } = readManifest(text);
      const at = segments.findIndex(({ discontinuity }) => discontinuity);
      places.push(mediaSequence + at);
      assert.notEqual(segments[at]?.map?.uri, segments[at - 1]?.map?.uri);
    }
    assert.equal(places[0], places[1]);
  });

  test('with damaged pictures plays on, and nobody else notices', async (context) => {
    const sound = await publish({});
    context.after(() => sound.publisher.stop());
    const { rung: soundRung } = await renditions(sound.master);
    const damaged = await publish({ more: ['-bsf:v', 'noise=amount=3000'] });
    context.after(() => damaged.publisher.stop());
    const { video } = await renditions(damaged.master);
    await fetchUntil(video, (_, body) => segmentNames(body).length >= 3, PATIENCE_MS);
    const text = await fetchUntil(
      soundRung,
      (_, body) => segmentNames(body).length >= 3,
      PATIENCE_MS,
    );
    assert.ok(!text.includes('#EXT-X-GAP'));
    const metrics = await fetchText(`${server.url}/metrics`);
    assert.equal(metricOf(metrics, 'hls_errors_total'), 0);
  });
});

/** When the first picture of a segment is shown, in ticks. */
async function firstShown(playlist: string, name: string): Promise<number> {
  const [chunk] = parseChunks(await bytesOf(playlist, name));
  const first = chunk?.samples[0];
  assert.ok(chunk !== undefined && first !== undefined, name);
  return chunk.baseDecodeTime + first.compositionOffset;
}

async function beginsWithKeyframe(playlist: string, name: string): Promise<boolean | undefined> {
  const [chunk] = parseChunks(await bytesOf(playlist, name));
  return chunk?.samples[0]?.keyframe;
}

async function bytesOf(playlist: string, name: string): Promise<Uint8Array> {
  const response = await fetch(new URL(name, playlist));
  assert.equal(response.status, 200, name);
  return new Uint8Array(await response.arrayBuffer());
}
