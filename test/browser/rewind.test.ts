/** The watch page's seek bar, in a browser, against a real broadcast: back, paused, live again, and over. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Locator, Page, Route } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { until } from '../support/page-looks.ts';
import { ServerProcess } from '../support/server-process.ts';

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE_MS = 30_000;
/** Between two messages, so that there is a moment between them to go to. */
const APART_MS = 14_000;
/** A finger is not to miss. */
const TOUCHED_PX = 44;

suite('the seek bar', needs('chromium', 'ffmpeg'), () => {
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let stream: { id: string; streamKey: string };
  let publisher: FfmpegPublisher;
  /** When the first message was written. */
  let firstMs = 0;
  const faults: string[] = [];
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    server = await ServerProcess.start({ env: { SLIDING_WINDOW_SIZE: '60' } });
    stream = await server.createStream('Evening tide');
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    publisher = new FfmpegPublisher(address, { seconds: 600 });
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
    page = await open(DESK);
    firstMs = await say('Una', 'early bird');
    await wait(APART_MS);
    await say('Una', 'late owl');
    await line('late owl').waitFor();
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    await publisher.stop();
    await server.stop();
  });

  async function open(viewport: typeof DESK, hasTouch = false): Promise<Page> {
    const context = await browser.newContext({ viewport, hasTouch, isMobile: hasTouch });
    const opened = await context.newPage();
    opened.setDefaultTimeout(PATIENCE_MS);
    opened.on('pageerror', (error) => faults.push(error.message));
    await opened.goto(`${server.url}/watch/${stream.id}`);
    await opened.locator('#player[data-state="live"]:not([data-latency-ms=""])').waitFor();
    await opened.locator('.chat[data-link="joined"]').waitFor();
    return opened;
  }

  async function say(username: string, content: string): Promise<number> {
    const response = await fetch(`${server.url}/api/streams/${stream.id}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: username, username, content }),
    });
    const { timestamp } = (await response.json()) as { timestamp: string };
    return Date.parse(timestamp);
  }

  const line = (text: string): Locator =>
    page.locator('.chat-line:not(.chat-pending)').filter({ hasText: text });
  const atLive = (on: Page) => on.locator('.live-button[data-behind="false"]').waitFor();
  const spanOf = async (on: Page) =>
    -Number(await on.locator('.seek').getAttribute('aria-valuemin'));
  /** Seconds behind live, as the bar says. */
  const behindOf = async (on: Page) =>
    -Number(await on.locator('.seek').getAttribute('aria-valuenow'));
  const timeOf = (on: Page) => on.evaluate<number>('document.querySelector("video").currentTime');
  const isPaused = () => page.evaluate<boolean>('document.querySelector("video").paused');

  /** Where on the screen the bar means so many seconds behind live. */
  async function pointAt(on: Page, behindS: number): Promise<readonly [number, number]> {
    await until('the window is long enough', async () => (await spanOf(on)) > behindS + 1);
    const box = await on.locator('.seek').boundingBox();
    assert.ok(box !== null);
    return [box.x + box.width * (1 - behindS / (await spanOf(on))), box.y + box.height / 2];
  }

  test('leads back by the pointer, to what was said then, and live again', async () => {
    await atLive(page);
    assert.equal(await page.locator('.seek').getAttribute('aria-valuetext'), 'Live');
    const latencyMs = Number(await page.locator('#player').getAttribute('data-latency-ms'));
    const backS = (Date.now() - latencyMs - firstMs) / 1_000 - 5;
    const [x, y] = await pointAt(page, backS);
    await page.mouse.move(x, y);
    assert.match((await page.locator('.seek-preview').textContent()) ?? '', /^-\d+:\d\d$/);
    await page.mouse.down();
    await page.mouse.up();
    await page.locator('.live-button[data-behind="true"] .live-distance').waitFor();
    await line('late owl').waitFor({ state: 'detached' });
    await line('early bird').waitFor();
    const behindS = await behindOf(page);
    assert.ok(Math.abs(behindS - backS) < 6, `${behindS} s behind, ${backS} s meant`);
    // What comes later comes with its picture; nobody is pulled to live meanwhile.
    await line('late owl').waitFor();
    const laterS = await behindOf(page);
    assert.ok(laterS >= behindS - 1, `${laterS} s behind after ${behindS} s`);
    await page.locator('.back-button').click();
    await until('it goes further back', async () => (await behindOf(page)) > laterS + 3);
    await page.getByRole('button', { name: 'Go live' }).click();
    await atLive(page);
    await page.locator('.seek[aria-valuetext="Live"]').waitFor();
    await line('late owl').waitFor();
    for (const text of ['early bird', 'late owl']) assert.equal(await line(text).count(), 1, text);
  });

  test('plays on from where it was paused, and says how far behind that is', async () => {
    await page.locator('.player video').hover();
    await page.keyboard.press('k');
    assert.equal(await isPaused(), true);
    const pausedS = await timeOf(page);
    // The chat looks at the picture now and then: what is said meanwhile is still shown.
    await wait(1_500);
    await say('Una', 'while you were away');
    // That it is held back is said at once, and not only when the picture is far behind.
    await page.locator('.chat-behind', { hasText: /With the picture, [0-7] s ago/ }).waitFor();
    await wait(3_500);
    assert.ok((await behindOf(page)) >= 3, 'the distance grows');
    assert.equal(await line('while you were away').count(), 0);
    await page.keyboard.press(' ');
    await page.locator('.live-button[data-behind="true"] .live-distance').waitFor();
    await line('while you were away').waitFor();
    const behindS = await behindOf(page);
    assert.ok(behindS >= 3, `${behindS} s behind`);
    assert.ok((await timeOf(page)) > pausedS);
    await page.keyboard.press('End');
    await atLive(page);
    await line('while you were away').waitFor();
    assert.equal(await line('while you were away').count(), 1);
  });

  test('takes keys, but none of who writes', async () => {
    await page.getByLabel('Message', { exact: true }).click();
    await page.keyboard.type('jkm f');
    assert.equal(await isPaused(), false);
    assert.equal(await page.evaluate('document.querySelector("video").muted'), false);
    await atLive(page);
    await page.getByLabel('Message', { exact: true }).fill('');
    await page.locator('.seek').focus();
    await page.keyboard.press('Home');
    await page.locator('.live-button[data-behind="true"]').waitFor();
    const behindS = await behindOf(page);
    assert.ok(behindS > (await spanOf(page)) - 6, `${behindS} s behind`);
    const oldestS = await timeOf(page);
    await until('it plays from there', async () => (await timeOf(page)) > oldestS + 0.5);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('l');
    await until('it went forward', async () => (await behindOf(page)) < behindS - 10);
    await page.locator('.live-button').click();
    await atLive(page);
  });

  test('works by touch, with room for a finger', async () => {
    const phone = await open(PHONE, true);
    await phone.locator('.player video').tap();
    for (const control of ['media-play-button', '.back-button', '.live-button', '.seek']) {
      const box = await phone.locator(control).boundingBox();
      assert.ok(box !== null && box.height >= TOUCHED_PX && box.width >= TOUCHED_PX, control);
    }
    assert.equal(await phone.evaluate('document.documentElement.scrollWidth'), PHONE.width);
    const point = await pointAt(phone, 10);
    await until('a finger leads back', async () => {
      // Controls that have hidden themselves are not pressed, but called back.
      const isHidden = (await phone.locator('media-controller[userinactive]').count()) > 0;
      if (isHidden) await phone.locator('.player video').tap();
      else await phone.touchscreen.tap(...point);
      return (await behindOf(phone)) > 0;
    });
    await phone.locator('.live-button[data-behind="true"] .live-distance').waitFor();
    assert.ok(Math.abs((await behindOf(phone)) - 10) < 6);
    // By now the controls may have hidden themselves.
    await phone.locator('.live-button').dispatchEvent('click');
    await atLive(phone);
    await phone.context().close();
  });

  test('lets who is behind see the end of what is over', async () => {
    // A player that ran dry asks how the stream is. The answer comes when it is over already.
    const asked = Promise.withResolvers<Route>();
    const hold = (route: Route) => asked.resolve(route);
    await page.route(`**/api/streams/${stream.id}`, hold, { times: 1 });
    await page.evaluate('document.querySelector("video").dispatchEvent(new Event("waiting"))');
    const question = await asked.promise;
    await page.locator('.player video').hover();
    await page.locator('.back-button').click();
    await page.locator('.live-button[data-behind="true"]').waitFor();
    await publisher.stop();
    await question.continue();
    await page.locator('.player-clock').waitFor();
    assert.match(
      (await page.locator('.seek').getAttribute('aria-valuetext')) ?? '',
      /^\d+ .* of \d+ /,
    );
    assert.equal(await page.locator('.live-button').count(), 0);
    await page.locator('#player[data-state="ended"]').waitFor();
  });

  test('never throws', () => assert.deepEqual(faults, []));
});
