import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { launchChromium } from '../support/chromium.ts';
import { needs, tempFolder } from '../support/component.ts';
import { until, untilTitle } from '../support/page-looks.ts';
import { INGEST_URL, PagesServer, prepareMedia, streamView } from './pages-server.ts';

const DESKTOP = { width: 1280, height: 800 };
const NARROWEST = { width: 360, height: 640 };
/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE = { timeout: 20_000 };
const NEEDS = needs('chromium', 'ffmpeg');

let pages = '';
let media = '';

before(async () => {
  if (NEEDS.skip !== undefined) return;
  pages = tempFolder();
  media = tempFolder();
  prepareMedia(media);
  const configFile = join(import.meta.dirname, '../../web/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: pages } });
});

/** A server and a page, with everything the browser complained about. */
interface Visit {
  readonly server: PagesServer;
  readonly page: Page;
  readonly complaints: string[];
}

async function visit(context: TestContext, viewport = DESKTOP): Promise<Visit> {
  const server = await PagesServer.open(pages, media);
  context.after(() => server.close());
  const browser: Browser = await launchChromium(context);
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(PATIENCE.timeout);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text());
  });
  return { server, page, complaints };
}

async function untilState(page: Page, state: string): Promise<void> {
  await page.locator(`.player[data-state="${state}"]`).waitFor(PATIENCE);
}

/** Pixels by which the page is wider than its window. */
async function overflow(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

test('the home page says how to go live while nobody is', NEEDS, async (context) => {
  const { server, page, complaints } = await visit(context, NARROWEST);
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Nobody is live at the moment' }).waitFor();
  await page.getByText(INGEST_URL, { exact: true }).waitFor();
  assert.equal(await overflow(page), 0);
  assert.deepEqual(complaints, []);
});

test('the home page shows who goes live and who stops, by itself', NEEDS, async (context) => {
  const { server, page } = await visit(context, NARROWEST);
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Nobody is live at the moment' }).waitFor();
  const hostile = '<img src=x onerror=alert(1)> a title that is longer than any phone is wide';
  server.streams = [streamView({ title: hostile })];
  const link = page.getByRole('link', { name: hostile });
  await link.waitFor();
  assert.equal(await link.getAttribute('href'), '/watch/one');
  assert.equal(await overflow(page), 0);
  server.streams = [];
  await page.getByRole('heading', { name: 'Nobody is live at the moment' }).waitFor();
});

test(
  'the home page shows posters of what is live, and water without one',
  NEEDS,
  async (context) => {
    const { server, page, complaints } = await visit(context);
    const posterUrl = '/live/one/poster.jpg';
    server.streams = [
      streamView({ posterUrl }),
      streamView({ id: 'two', title: 'No picture yet' }),
    ];
    await page.goto(server.url);
    await page.locator('.card-poster[data-shown="true"]').waitFor();
    assert.equal(await page.locator('.card').count(), 2);
    assert.equal(await page.locator('.card-poster').count(), 1);
    assert.equal(await page.evaluate('document.querySelector(".card-poster").naturalWidth'), 320);
    assert.deepEqual(complaints, []);
  },
);

test('the watch page shows the poster until the picture is there', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  server.goLive('b1');
  server.streams = server.streams.map((one) => ({ ...one, posterUrl: '/live/one/poster.jpg' }));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/*.m4s', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${server.url}/watch/one`);
  await page.locator('.player[data-state="starting"] .curtain-poster').waitFor();
  release();
  await untilState(page, 'live');
});

test('the home page keeps its list and says so when the server is gone', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  server.streams = [streamView()];
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Evening stream' }).waitFor();
  server.broken = true;
  await page.getByText('The server does not answer').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Evening stream' }).count(), 1);
});

test('the watch page of an unknown stream says so', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  await page.goto(`${server.url}/watch/nobody`);
  await untilState(page, 'missing');
  await page.getByText('No stream at this address').waitFor();
});

test('the watch page starts, ends and starts again by itself', NEEDS, async (context) => {
  const { server, page, complaints } = await visit(context);
  server.streams = [streamView({ status: 'idle', broadcastId: null, startedAt: null })];
  await page.goto(`${server.url}/watch/one`);
  await untilState(page, 'waiting');
  await untilTitle(page, 'Evening stream from the mill · Millrace');
  server.goLive('b1');
  await untilState(page, 'live');
  await page.getByText(/^\d+(\.\d)? s behind the encoder$/).waitFor();
  server.end();
  await untilState(page, 'ended');
  server.goLive('b2');
  await untilState(page, 'live');
  assert.deepEqual(complaints, []);
});

test('the watch page measures how far the picture is behind capture', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  server.goLive('b1');
  await page.goto(`${server.url}/watch/one`);
  await page.locator('.player[data-latency-ms]:not([data-latency-ms=""])').waitFor();
  const shownMs = Number(await page.locator('.player').getAttribute('data-latency-ms'));
  // Three target durations of hold-back, and up to one segment that is being recorded.
  assert.ok(shownMs > 2_000 && shownMs < 6_000, `${shownMs} ms`);
});

test('the watch page comes back after the server was gone', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  server.goLive('b1');
  await page.goto(`${server.url}/watch/one`);
  await untilState(page, 'live');
  server.broken = true;
  await untilState(page, 'reconnecting');
  server.goLive('b2');
  server.broken = false;
  await untilState(page, 'live');
});

test('the watch page plays without sound where it must, and offers it', NEEDS, async (context) => {
  const { server, page } = await visit(context);
  // Browsers refuse sound before a gesture by rules of their own; this is the refusal as they give it.
  await page.addInitScript(`
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
      if (this.muted) return play.call(this);
      return Promise.reject(new DOMException('gesture needed', 'NotAllowedError'));
    };`);
  server.goLive('b1');
  await page.goto(`${server.url}/watch/one`);
  await untilState(page, 'live');
  const unmute = page.getByRole('button', { name: 'Tap to unmute' });
  await unmute.click();
  await unmute.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate('document.querySelector("video").muted'), false);
});

test('the watch page fits a narrow phone and leads back to live', NEEDS, async (context) => {
  const { server, page } = await visit(context, NARROWEST);
  server.goLive('b1');
  await page.goto(`${server.url}/watch/one`);
  await untilState(page, 'live');
  assert.equal(await overflow(page), 0);
  await page.evaluate('document.querySelector("video").pause()');
  await page.getByRole('button', { name: 'Go live' }).last().click();
  await until('it plays on', async () =>
    page.evaluate<boolean>('!document.querySelector("video").paused'),
  );
});
