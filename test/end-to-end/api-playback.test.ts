import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchUntil, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { ServerProcess } from '../support/server-process.ts';

suite('playback by the addresses of the API', needs('ffmpeg'), () => {
  let server: ServerProcess;
  let stream: { id: string; streamKey: string };

  before(async () => {
    server = await ServerProcess.start({ env: { RECONNECT_WINDOW: '0' } });
    stream = await server.createStream('By the API');
  });
  after(() => server.stop());

  const master = (): string => `${server.url}/api/streams/${stream.id}/master.m3u8`;

  test('is not found before the stream is live', async () => {
    for (const url of [master(), new URL('video/playlist.m3u8', master()).href]) {
      const answer = await fetch(url);
      assert.equal(answer.status, 404);
      assert.equal(((await answer.json()) as { code: string }).code, 'not_live');
    }
  });

  test('gives every playlist and all media, and the API says in which qualities', async () => {
    const publisher = new FfmpegPublisher(
      `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`,
      { seconds: 10 },
    );
    const urls = await renditionUrls(master());
    assert.equal(urls.length, 2);
    for (const url of urls) {
      assert.ok(url.startsWith(`${server.url}/api/streams/${stream.id}/`), url);
      const [name = ''] = url.split('/').slice(-2);
      const short = `${server.url}/api/streams/${stream.id}/${name}/playlist.m3u8`;
      await fetchUntil(short, (_status, body) => body.includes('#EXT-X-TARGETDURATION'));
    }
    const view = await fetchUntil(
      `${server.url}/api/v1/live/streams/${stream.id}`,
      (_status, body) => JSON.parse(body).qualities.length > 0,
    );
    const { qualities } = JSON.parse(view) as { qualities: { resolution: string }[] };
    assert.equal(qualities[0]?.resolution, '320x180');
    // Media and its playlists outlast the broadcast, unlike what was asked for above.
    for (const url of urls) {
      const text = await fetchUntil(url, (_status, body) => body.includes('s2.m4s'));
      assertDecodes(await wholeMedia(url, text));
    }
    assert.equal(await publisher.exited, 0, publisher.output);
    await fetchUntil(master(), (status) => status === 404);
  });
});
