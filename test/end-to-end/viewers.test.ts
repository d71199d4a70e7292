import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ViewersView } from '../../contract/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { ServerProcess } from '../support/server-process.ts';

const PATIENCE_MS = 45_000;
/** Sooner than who says nothing is given up. */
const FAREWELL_MS = 15_000;
/** In which a page that is only just counted would be counted twice. */
const OBSERVED_MS = 4_000;

/** A player that knows nothing of us: waits for the next segment again and again. */
function nativePlayer(context: TestContext, playlistUrl: string, userAgent: string): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const read = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers: { 'user-agent': userAgent } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      }).on('error', reject);
    });
  let isPlaying = true;
  const play = async (): Promise<void> => {
    let playlist = await read(playlistUrl);
    while (isPlaying) {
      const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1]);
      const next = first + (playlist.match(/#EXTINF/g)?.length ?? 0);
      playlist = await read(`${playlistUrl}?_HLS_msn=${next}`);
    }
  };
  const playing = play().catch(() => {});
  const stop = (): void => {
    isPlaying = false;
    agent.destroy();
  };
  context.after(async () => {
    stop();
    await playing;
  });
  return stop;
}

test(
  'a page and players without one are counted once each, and nobody after they have gone',
  needs('chromium', 'ffmpeg'),
  async (context) => {
    const server = await ServerProcess.start();
    context.after(() => server.stop());
    const stream = await server.createStream('Evening tide');
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    const publisher = new FfmpegPublisher(address, { seconds: 180 });
    context.after(() => publisher.stop());
    const viewers = async (): Promise<ViewersView> =>
      (await fetch(`${server.url}/api/streams/${stream.id}/viewers`)).json() as never;
    const until = async (count: number, patienceMs = PATIENCE_MS): Promise<void> => {
      const deadline = performance.now() + patienceMs;
      for (let now = await viewers(); now.count !== count; now = await viewers()) {
        assert.ok(performance.now() < deadline, `${now.count} viewers for ${count}`);
        await wait(200);
      }
    };
    const browser = await launchChromium(context);
    const page = await browser.newPage();
    await page.goto(`${server.url}/watch/${stream.id}`);
    await page.waitForSelector('#player[data-state="live"]', { timeout: PATIENCE_MS });
    await until(1);
    // Its player waits for playlists all the time.
    const deadline = performance.now() + OBSERVED_MS;
    while (performance.now() < deadline) {
      assert.equal((await viewers()).count, 1);
      await wait(200);
    }
    await page.locator('.viewers').getByText('1 viewer').waitFor();

    const master = await (await fetch(`${server.url}/live/${stream.id}/master.m3u8`)).text();
    const [rendition = ''] = master.split('\n').filter((line) => line.endsWith('playlist.m3u8'));
    const playlistUrl = `${server.url}/live/${stream.id}/${rendition}`;
    const stopTv = nativePlayer(context, playlistUrl, 'Television/1');
    const stopVlc = nativePlayer(context, playlistUrl, 'VLC/3');
    await until(3);
    const shown = await (await fetch(`${server.url}/api/streams/${stream.id}`)).json();
    assert.equal((shown as { viewerCount: number }).viewerCount, 3);

    await page.goto('about:blank');
    await until(2, FAREWELL_MS);
    // Counted by what its player fetches, one without a picture yet takes its leave as well.
    await page.addInitScript('SourceBuffer.prototype.appendBuffer = () => {};');
    await page.goto(`${server.url}/watch/${stream.id}`);
    await until(3);
    await page.goto('about:blank');
    await until(2, FAREWELL_MS);
    stopTv();
    stopVlc();
    await until(0);
    const { broadcast } = await viewers();
    assert.deepEqual([broadcast?.peak, broadcast?.unique, broadcast?.isUniqueExact], [3, 4, true]);
  },
);
