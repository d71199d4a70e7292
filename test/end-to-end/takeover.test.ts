import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, metricOf, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { readManifest } from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

/** From the second encoder's first command to the end of the first one's connection. */
const TAKEN_OVER_WITHIN_MS = 1000;

suite('a second encoder with the same key', needs('ffmpeg'), () => {
  let server: ServerProcess;
  before(async () => {
    server = await ServerProcess.start({ env: { LOG_LEVEL: 'info' } });
  });
  after(() => server.stop());

  /** When the server logged a message, each time. */
  const logged = (message: string): number[] =>
    server.output
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line) => (JSON.parse(line) as { readonly time: number }).time);

  test('takes the broadcast over, which goes on', async (context) => {
    const { id, streamKey } = await server.createStream('Taken over');
    const publish = (): FfmpegPublisher => {
      const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
      const publisher = new FfmpegPublisher(address, { seconds: 60, gop: 30 });
      context.after(() => publisher.stop());
      return publisher;
    };
    const view = async () =>
      JSON.parse(await fetchText(`${server.url}/api/streams/${id}`)) as Record<string, unknown>;
    const first = publish();
    const urls = await renditionUrls(`${server.url}/live/${id}/master.m3u8`);
    for (const url of urls) await fetchUntil(url, (_status, body) => body.includes('s2.m4s'));
    const before = await view();

    const second = publish();
    assert.notEqual(await first.exited, 0, 'the first is sent away');

    for (const url of urls) {
      const text = await fetchUntil(url, (_status, body) =>
        /#EXT-X-DISCONTINUITY\n[\s\S]*#EXTINF[\s\S]*#EXTINF/.test(body),
      );
      const playlist = readManifest(text);
      assert.equal(playlist.endList, undefined);
      assert.equal(playlist.segments.filter(({ discontinuity }) => discontinuity).length, 1);
      const first = playlist.mediaSequence ?? 0;
      assert.deepEqual(
        playlist.segments.map(({ uri }) => uri),
        playlist.segments.map((_, index) => `s${first + index}.m4s`),
      );
      assertDecodes(await wholeMedia(url, text));
    }
    const [, startedMs] = logged('rtmp publish started');
    const [endedMs] = logged('rtmp connection ended');
    assert.ok(startedMs !== undefined && endedMs !== undefined, server.output);
    assert.ok(endedMs - startedMs < TAKEN_OVER_WITHIN_MS, `${endedMs - startedMs} ms`);
    const after = await view();
    assert.deepEqual(
      [after.status, after.broadcastId, after.startedAt],
      ['live', before.broadcastId, before.startedAt],
    );
    const metrics = await fetchText(`${server.url}/metrics`);
    assert.equal(metricOf(metrics, 'ingest_takeovers_total'), 1);
    assert.equal(metricOf(metrics, 'hls_broadcasts_started_total'), 1);
    await second.stop();
    await fetchUntil(
      `${server.url}/api/streams/${id}`,
      (_status, body) => JSON.parse(body).status === 'ended',
    );
  });
});
