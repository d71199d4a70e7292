import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { parseChunks } from '../../server/format/cmaf/index.ts';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, metricOf } from '../support/fetching.ts';
import {
  encodeLadder,
  MultitrackPublisher,
  type Quality,
} from '../support/multitrack-publisher.ts';
import { ServerProcess } from '../support/server-process.ts';

/** The middle one reorders: what it decodes first is shown last, and is sent before its time. */
const QUALITIES = [
  { size: '480x270', bFrames: 0 },
  { size: '320x180', bFrames: 2 },
  { size: '160x90', bFrames: 0 },
];
const SIZES = QUALITIES.map(({ size }) => size);
const LADDER = { qualities: QUALITIES, seconds: 20, keyframeIntervalS: 1 };
const RUNGS = ['180p', '90p'];
/** All that a plain encoder sends. */
const SENT: Quality = { size: '480x270', bFrames: 0 };

suite('an encoder that sends several qualities itself', needs('ffmpeg'), () => {
  let server: ServerProcess;
  before(async () => {
    server = await ServerProcess.start({
      env: { SEGMENT_DURATION: '1', TRANSCODE: 'full', RECONNECT_WINDOW: '0' },
    });
  });
  after(() => server.stop());

  test('is a ladder that goes on with the next encoder', async (context) => {
    const { id, streamKey } = await server.createStream('Multitrack');
    const master = `${server.url}/live/${id}/master.m3u8`;
    const publish = (type: 'OneTrack' | 'ManyTracks', firstStampMs: number) => {
      const publisher = new MultitrackPublisher(server.rtmpPort);
      context.after(() => publisher.stop());
      const sent = publisher.publish(streamKey, encodeLadder(LADDER, type), firstStampMs);
      return { publisher, sent };
    };
    // Its stamps wrap on the way.
    const first = publish('OneTrack', 2 ** 32 - 3_000);
    const text = await fetchUntil(master, (_status, body) =>
      RUNGS.every((name) => body.includes(`${name}/playlist.m3u8`)),
    );
    assert.deepEqual(resolutionsOf(text), SIZES, 'what is sent, and nothing transcoded');
    const urls = ['video', ...RUNGS].map((name) => addressOf(text, name, master));
    for (const url of urls) await fetchUntil(url, (_status, body) => body.includes('s3.m4s'));

    const second = publish('ManyTracks', 70_000);
    await first.publisher.closed;
    await first.sent;
    const playlists = await Promise.all(
      urls.map((url) =>
        fetchUntil(url, (_status, body) =>
          /#EXT-X-DISCONTINUITY\n[\s\S]*#EXTINF[\s\S]*#EXTINF[\s\S]*#EXTINF/.test(body),
        ),
      ),
    );
    const [leading, ...rungs] = await Promise.all(
      urls.map((url, index) => firstPictures(url, playlists[index] ?? '')),
    );
    for (const rung of rungs) {
      assert.ok(rung.size >= 4, `${rung.size} segments to compare`);
      for (const [msn, shown] of rung) {
        if (leading?.has(msn)) assert.equal(shown, leading.get(msn), `segment ${msn}`);
      }
    }
    for (const [index, url] of urls.entries()) {
      const playlist = playlists[index] ?? '';
      assert.doesNotMatch(playlist, /#EXT-X-GAP/);
      assert.equal(playlist.match(/^#EXT-X-DISCONTINUITY$/gm)?.length, 1);
      assertDecodes(await wholeMedia(url, playlist));
    }
    assert.deepEqual(resolutionsOf(await fetchText(master)), SIZES);
    const metrics = await fetchText(`${server.url}/metrics`);
    assert.equal(metricOf(metrics, 'ingest_takeovers_total'), 1);
    assert.doesNotMatch(metrics, /rung_sample_dropped/);

    await second.publisher.stop();
    await second.sent;
    for (const url of urls) {
      await fetchUntil(url, (_status, body) => body.includes('#EXT-X-ENDLIST'));
    }
  });

  test('gives way to a transcoded ladder when the next encoder sends one quality', async (context) => {
    const { id, streamKey } = await server.createStream('Multitrack, then plain');
    const master = `${server.url}/live/${id}/master.m3u8`;
    // The transcoded one would have the same name.
    const both = [SENT, { size: '426x240', bFrames: 0 }];
    const publish = (qualities: readonly Quality[]) => {
      const publisher = new MultitrackPublisher(server.rtmpPort);
      context.after(() => publisher.stop());
      const tags = encodeLadder({ qualities, seconds: 30, keyframeIntervalS: 1 }, 'OneTrack');
      return { publisher, sent: publisher.publish(streamKey, tags) };
    };
    const isListed = (name: string) => (_status: number, body: string) =>
      body.includes(`/${name}/playlist.m3u8`) || body.includes(`\n${name}/playlist.m3u8`);
    const first = publish(both);
    const sent = addressOf(await fetchUntil(master, isListed('240p')), '240p', master);
    await fetchUntil(sent, (_status, body) => body.includes('s2.m4s'));

    const second = publish([SENT]);
    await first.sent;
    const text = await fetchUntil(master, isListed('240p-2'));
    const transcoded = addressOf(text, '240p-2', master);
    const playlist = await fetchUntil(
      transcoded,
      (_status, body) => (body.match(/^s\d+\.m4s$/gm)?.length ?? 0) >= 3,
    );
    assertDecodes(await wholeMedia(transcoded, playlist));
    await fetchUntil(sent, (_status, body) => body.includes('#EXT-X-GAP'));

    const third = publish(both);
    await second.sent;
    // It goes on behind the gaps, and the transcoded one has gaps from there on.
    const goesOn = /#EXT-X-GAP[\s\S]*#EXT-X-DISCONTINUITY\n(?:(?!#EXT-X-GAP)[\s\S])*\ns\d+\.m4s/;
    await fetchUntil(sent, (_status, body) => goesOn.test(body));
    await fetchUntil(transcoded, (_status, body) => body.includes('#EXT-X-GAP'));
    await third.publisher.stop();
    await third.sent;
    for (const url of [sent, transcoded]) {
      await fetchUntil(url, (_status, body) => body.includes('#EXT-X-ENDLIST'));
    }
    const metrics = await fetchText(`${server.url}/metrics`);
    assert.doesNotMatch(metrics, /too_many_rungs/);
    assert.doesNotMatch(metrics, /transcode_restarts_total\{reason="crash"\} [1-9]/);
  });
});

function resolutionsOf(master: string): string[] {
  const sizes = [...master.matchAll(/RESOLUTION=(\d+x\d+)/g)].map(([, size]) => size ?? '');
  return sizes.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
}

/** The address of the media playlist of a rendition that `master` names. */
function addressOf(text: string, name: string, master: string): string {
  const path = text.match(new RegExp(`^[^#\\n]*${name}/playlist\\.m3u8$`, 'm'))?.[0];
  assert.ok(path !== undefined, `${name} is not in ${text}`);
  return new URL(path, master).href;
}

/** When the first picture of each whole segment is shown, in ticks, by its number. */
async function firstPictures(url: string, text: string): Promise<Map<string, number>> {
  const pictures = new Map<string, number>();
  for (const name of text.match(/^s\d+\.m4s$/gm) ?? []) {
    const response = await fetch(new URL(name, url));
    assert.equal(response.status, 200, name);
    const [chunk] = parseChunks(new Uint8Array(await response.arrayBuffer()));
    const sample = chunk?.samples[0];
    assert.ok(chunk !== undefined && sample?.keyframe, `${name} begins with a keyframe`);
    pictures.set(name, chunk.baseDecodeTime + sample.compositionOffset);
  }
  return pictures;
}
