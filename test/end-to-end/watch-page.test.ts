import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { StreamView } from '../../contract/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { ServerProcess } from '../support/server-process.ts';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };
/** Frames that prove that the picture moves: two seconds of them. */
const FRAMES = 60;
/** Far above what is measured, below what a viewer would call delayed. */
const LATENCY_BOUND_MS = 4000;
const PATIENCE_MS = 30_000;
/** What the API says of a stream that the server cut off a moment ago. */
const BACK_SOON = { cutOff: true, returning: true };
/** Keeps every state that the player shows from now on. */
const RECORD_STATES = `{
  const player = document.querySelector('#player');
  globalThis.seenStates = [];
  const note = () => globalThis.seenStates.push(player.dataset.state);
  new MutationObserver(note).observe(player, { attributeFilter: ['data-state'] });
}`;

suite('the page', needs('chromium', 'ffmpeg'), () => {
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let stream: { id: string; streamKey: string };
  let publisher: FfmpegPublisher | undefined;
  const faults: string[] = [];
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    server = await ServerProcess.start();
    stream = await server.createStream('Evening tide');
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
    page = await open(DESK, `/watch/${stream.id}`);
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    await publisher?.stop();
    await server.stop();
  });

  async function open(viewport: typeof DESK, path: string): Promise<Page> {
    const opened = await browser.newPage({ viewport });
    opened.on('pageerror', (error) => faults.push(error.message));
    await opened.goto(server.url + path);
    return opened;
  }

  function publish(): void {
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    publisher = new FfmpegPublisher(address, { seconds: 120 });
  }

  test('of a stream that is not live says that it waits', async () => {
    await page.waitForSelector('#player[data-state="waiting"]');
    await page.getByText('Not live yet').waitFor();
    assert.deepEqual(await page.locator('.watch-line .badge').allTextContents(), ['Off air']);
    await page.evaluate('globalThis.openedOnce = true');
  });

  test('plays by itself when the encoder begins, close behind it', async () => {
    publish();
    await page.waitForSelector('#player[data-state="live"]', { timeout: PATIENCE_MS });
    await until(
      'frames',
      () => framesOf(page),
      (frames) => frames > FRAMES,
    );
    await page.locator('.watch-line .badge').getByText('Live', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Evening tide' }).waitFor();
    const latencyMs = await until(
      'latency',
      async () => Number(await page.getAttribute('#player', 'data-latency-ms')),
      (latency) => latency > 0,
    );
    assert.ok(latencyMs < LATENCY_BOUND_MS, `${latencyMs} ms behind the encoder`);
    assert.equal(await page.evaluate("document.querySelector('video').paused"), false);
  });

  test('of everybody who is live lists the stream and leads to it', async () => {
    const home = await open(DESK, '/');
    const card = home.getByRole('link', { name: 'Evening tide' });
    await card.waitFor();
    await card.click();
    await home.waitForURL(`${server.url}/watch/${stream.id}`);
    await home.waitForSelector('#player[data-state="live"]', { timeout: PATIENCE_MS });
    await home.close();
  });

  test('fits a phone without scrolling sideways', async () => {
    for (const path of ['/', `/watch/${stream.id}`]) {
      const phone = await open(PHONE, path);
      const ready = path === '/' ? 'a.card' : '#player[data-state="live"]';
      await phone.waitForSelector(ready, { timeout: PATIENCE_MS });
      const width = await phone.evaluate('document.documentElement.scrollWidth');
      assert.equal(width, PHONE.width, path);
      await phone.close();
    }
  });

  test('comes back by itself after kill -9 and a new start', async () => {
    await server.kill('SIGKILL');
    await publisher?.exited;
    await page.waitForSelector('#player:not([data-state="live"])', { timeout: PATIENCE_MS });
    server = await server.restart();
    publish();
    await page.waitForSelector('#player[data-state="live"]', { timeout: PATIENCE_MS });
    const before = await framesOf(page);
    await until(
      'frames',
      () => framesOf(page),
      (frames) => frames > before + FRAMES,
    );
    assert.equal(await page.evaluate('globalThis.openedOnce'), true, 'nobody loaded it anew');
  });

  test('says that the server went away while that restarts, and not that the show is over', async () => {
    await page.evaluate(RECORD_STATES);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    await publisher?.exited;
    await page.waitForSelector('#player[data-state="away"]', { timeout: PATIENCE_MS });
    await page.getByText('The server went away').waitFor();
    server = await server.restart();
    const answer = await fetch(`${server.url}/api/streams/${stream.id}`);
    const { status, cutOff, returning } = (await answer.json()) as StreamView;
    assert.deepEqual({ status, cutOff, returning }, { status: 'ended', ...BACK_SOON });
    publish();
    await page.waitForSelector('#player[data-state="live"]', { timeout: PATIENCE_MS });
    const seen = await page.evaluate<string[]>('globalThis.seenStates');
    assert.equal(seen.includes('ended'), false, seen.join());
    assert.equal(await page.evaluate('globalThis.openedOnce'), true, 'nobody loaded it anew');
  });

  test('never throws', () => assert.deepEqual(faults, []));
});

function framesOf(page: Page): Promise<number> {
  return page.evaluate(
    "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames",
  );
}

/** Looks ten times a second, since the page's policy forbids the evaluation of waiting scripts. */
async function until(
  what: string,
  look: () => Promise<number>,
  accepts: (value: number) => boolean,
): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await look();
    if (accepts(value)) return value;
    assert.ok(performance.now() < deadline, `${what}: still ${value}`);
    await wait(100);
  }
}
