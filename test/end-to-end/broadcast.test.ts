import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { readManifest, readMediaPlaylist } from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

suite('a broadcast from FFmpeg', needs('ffmpeg'), () => {
  let server: ServerProcess;
  let stream: { id: string; streamKey: string };

  before(async () => {
    server = await ServerProcess.start();
    stream = await server.createStream('End to end');
  });
  after(() => server.stop());

  const publish = (seconds: number, more = {}): FfmpegPublisher =>
    new FfmpegPublisher(`rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`, {
      seconds,
      ...more,
    });
  const master = (): string => `${server.url}/live/${stream.id}/master.m3u8`;
  /** Stops an encoder and waits until that has reached the server: else the next test finds this broadcast. */
  const stop = async (publisher: FfmpegPublisher): Promise<void> => {
    await publisher.stop();
    await fetchUntil(master(), (status) => status === 404);
  };
  const view = async () =>
    JSON.parse(await fetchText(`${server.url}/api/streams/${stream.id}`)) as {
      status: string;
      broadcastId: string;
    };

  test('is served as LL-HLS that an independent parser reads and FFmpeg decodes', async () => {
    const publisher = publish(12);
    const urls = await renditionUrls(master());
    assert.equal(urls.length, 2, 'audio and video are renditions of their own');
    assert.equal((await view()).status, 'live');
    for (const url of urls) {
      const text = await fetchUntil(url, (_status, body) => body.includes('s2.m4s'));
      assert.equal(readMediaPlaylist(text).lowLatencyCompatibility?.canBlockReload, true);
      assert.equal(readManifest(text).serverControl?.canBlockReload, true);
      assert.match(text, /#EXT-X-PROGRAM-DATE-TIME:/);
      assertDecodes(await wholeMedia(url, text));
    }
    assert.equal(await publisher.exited, 0, publisher.output);
    for (const url of urls) {
      await fetchUntil(url, (_status, body) => body.includes('#EXT-X-ENDLIST'));
    }
    assert.equal((await view()).status, 'ended');
    assert.equal((await fetch(master())).status, 404);
  });

  test('is answered part by part to blocking reloads, and by hint', async () => {
    const publisher = publish(7);
    const [url = ''] = (await renditionUrls(master())).filter((each) => each.includes('/video/'));
    let playlist = await fetchUntil(url, (_status, body) => body.includes('PRELOAD-HINT'));
    for (let reload = 0; reload < 6; reload += 1) {
      const hint = /TYPE=PART,URI="(p(\d+)\.(\d+)\.m4s)"/.exec(playlist);
      assert.ok(hint !== null, playlist);
      const [part, next] = await Promise.all([
        fetch(new URL(hint[1] ?? '', url)),
        fetchText(`${url}?_HLS_msn=${hint[2]}&_HLS_part=${hint[3]}`),
      ]);
      assert.equal(part.status, 200);
      assert.ok((await part.arrayBuffer()).byteLength > 0);
      assert.ok(next.includes(`URI="${hint[1]}"`), 'the reload lists the part it waited for');
      playlist = next;
    }
    await stop(publisher);
  });

  test('that starts again is another broadcast with other addresses', async () => {
    const first = (await view()).broadcastId;
    const publisher = publish(5);
    const [url = ''] = await renditionUrls(master());
    const second = (await view()).broadcastId;
    assert.notEqual(second, first);
    assert.ok(url.includes(second));
    await stop(publisher);
  });

  test('can be ended over the API while the encoder still sends', async () => {
    const publisher = publish(20);
    const [url = ''] = await renditionUrls(master());
    await fetchUntil(url, (status) => status === 200);
    const ended = await fetch(`${server.url}/api/streams/${stream.id}/end`, { method: 'POST' });
    assert.equal(ended.status, 200);
    await fetchUntil(url, (_status, body) => body.includes('#EXT-X-ENDLIST'));
    assert.notEqual(await publisher.exited, 0, 'the encoder is told to stop');
    const comesBack = publish(5);
    assert.notEqual(await comesBack.exited, 0, 'its key is refused for a while');
    assert.equal((await view()).status, 'ended');
    stream = await server.createStream('Another one');
  });

  test('with B-frames, without audio, or without video plays too', async () => {
    for (const more of [{ bFrames: 2 }, { audio: false }, { video: false }]) {
      const publisher = publish(6, more);
      const urls = await renditionUrls(master());
      assert.equal(urls.length, 'bFrames' in more ? 2 : 1, JSON.stringify(more));
      for (const url of urls) {
        const text = await fetchUntil(url, (_status, body) => body.includes('s1.m4s'));
        assertDecodes(await wholeMedia(url, text));
      }
      await stop(publisher);
    }
  });

  test('with keyframes 20 s apart still gets a legal playlist', async () => {
    const publisher = publish(9, { gop: 600 });
    const [url = ''] = (await renditionUrls(master())).filter((each) => each.includes('/video/'));
    const text = await fetchUntil(url, (_status, body) => body.includes('s2.m4s'));
    for (const [, duration] of text.matchAll(/#EXTINF:([\d.]+)/g)) {
      assert.ok(Math.round(Number(duration)) <= 2, `EXTINF ${duration} over the target`);
    }
    await stop(publisher);
  });

  test('is refused with an unknown key', async () => {
    const url = `rtmp://127.0.0.1:${server.rtmpPort}/live/live_nobody_knows_this`;
    const publisher = new FfmpegPublisher(url, { seconds: 5 });
    assert.notEqual(await publisher.exited, 0);
  });
});
