import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Problem } from '../../contract/index.ts';
import type { ApiDocument } from '../../server/app/api/document.ts';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { untilTitle } from '../support/page-looks.ts';
import { ServerProcess } from '../support/server-process.ts';

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 740 };
/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE_MS = 30_000;
const PASSWORD = 'water over stone';
const TITLE = 'Evening stream from the mill';
/** A day and an hour, so that a countdown shows both. */
const AHEAD_MS = 25 * 3_600_000;

suite('the studio', needs('chromium', 'ffmpeg'), () => {
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let streamKey = '';
  let watchPath = '';
  let publisher: FfmpegPublisher | undefined;
  const complaints: string[] = [];
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    server = await ServerProcess.start({ env: { LOG_FORMAT: 'text', LOG_LEVEL: 'info' } });
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
    page = await open(DESK);
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    await publisher?.stop();
    await server.stop();
  });

  async function open(viewport: typeof DESK): Promise<Page> {
    const opened = await browser.newPage({ viewport });
    opened.setDefaultTimeout(PATIENCE_MS);
    opened.on('pageerror', (error) => complaints.push(error.message));
    opened.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
    return opened;
  }

  /** Whether the page stays within a phone's width. */
  async function assertFits(): Promise<void> {
    await page.setViewportSize(PHONE);
    const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.setViewportSize(DESK);
    assert.equal(beyond, 0);
  }

  const badge = (words: string) => page.locator('.stand .badge', { hasText: words }).waitFor();

  test('of a new server is open to whoever sits at it, until it has an account', async () => {
    await page.goto(`${server.url}/studio`);
    await page.getByRole('link', { name: 'My stream' }).waitFor();
    await server.setupSecret();
    const address = /http:\/\/\S+(\/setup#\w+)/.exec(server.output)?.[1];
    assert.ok(address !== undefined, server.output);
    const [, secret = ''] = address.split('#');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url(), request.headers().referer ?? ''));
    await page.goto(`${server.url}/setup#${'a'.repeat(32)}`);
    await page.getByText('This link does not work').waitFor();
    // The right one into the same tab: no page is loaded for it.
    await page.goto(server.url + address);
    await page.getByLabel('Name', { exact: true }).fill('miller');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Make account' }).click();
    await page.waitForURL(`${server.url}/studio`);
    await page.getByRole('link', { name: 'miller' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    assert.ok(asked.some((each) => each.endsWith('/api/invitations/accept')));
    assert.deepEqual(
      asked.filter((each) => each.split('#')[0]?.includes(secret)),
      [],
    );
    await page.getByRole('heading', { name: 'Live now' }).waitFor();
    await page.goto(`${server.url}/studio`);
    await page.getByText('as a broadcaster to make streams').waitFor();
  });

  test('makes a stream for who signed in, and shows its key once', async () => {
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name').fill('miller');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${server.url}/studio`);
    await page.getByRole('button', { name: 'New stream' }).click();
    await page.getByLabel('Title').fill(TITLE);
    await page.getByLabel('Description').fill('Two hours of water.');
    await page.getByLabel('Category').fill('Rivers');
    const zoneMs = new Date().getTimezoneOffset() * 60_000;
    const start = new Date(Date.now() + AHEAD_MS - zoneMs).toISOString().slice(0, 16);
    await page.getByLabel('Announced start').fill(start);
    await page.getByRole('button', { name: 'Make stream' }).click();
    await page.getByRole('heading', { name: `“${TITLE}” is ready` }).waitFor();
    streamKey = (await page.locator('.secret').textContent()) ?? '';
    const address = await page.locator('.encoder code').first().textContent();
    assert.equal(address, `rtmp://127.0.0.1:${server.rtmpPort}/live`);
    watchPath =
      (await page.getByRole('link', { name: 'Its watch page' }).getAttribute('href')) ?? '';
    await assertFits();
    await page.getByRole('link', { name: 'Manage it' }).click();
    await badge('Scheduled');
    assert.ok(!(await page.content()).includes(streamKey));
    await assertFits();
  });

  test('has the watch page count down to an announced start', async () => {
    const viewer = await open(PHONE);
    // Nor does it ask for what is not there while nothing is live.
    viewer.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await viewer.goto(server.url + watchPath);
    const count = viewer.locator('.curtain-count', { hasText: /^1 day 00:5\d:\d\d$/ });
    await count.waitFor();
    const shown = (await count.textContent()) ?? '';
    await viewer.locator('.curtain-count').filter({ hasNotText: shown }).waitFor();
    await viewer.getByText('Two hours of water.').waitFor();
    await viewer.getByText('Rivers', { exact: true }).waitFor();
    await viewer.close();
  });

  test('shows that a stream is live, and ends it', async () => {
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
    publisher = new FfmpegPublisher(address, { seconds: 120 });
    await badge('Live');
    await page.getByText('What is on air has to be ended first').waitFor();
    await page.getByRole('button', { name: 'End broadcast' }).click();
    await page.getByRole('button', { name: 'End it' }).click();
    await badge('Off air');
    await publisher.exited;
  });

  test('issues and revokes guests’ keys, rotates its own, edits and deletes', async () => {
    await page.getByLabel('Who it is for').fill('Anna');
    await page.getByLabel('Works until').fill('2099-01-01T12:00');
    await page.getByRole('button', { name: 'Make guest key' }).click();
    await page.getByText('The key for Anna').waitFor();
    await page.getByText(/until .*2099.*never used/).waitFor();
    await page.getByRole('button', { name: 'Revoke Anna' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByRole('button', { name: 'Revoke Anna' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByText('The key in your encoder works on until').waitFor();
    await page.getByRole('button', { name: 'Keep the old one' }).click();
    await page.getByLabel('After a new key').selectOption({ label: 'is refused at once' });
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByText('The key in your encoder stops working at once').waitFor();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    await page.getByText('The old one is refused.').waitFor();
    const rotated = await page.locator('.encoder .secret').textContent();
    assert.notEqual(rotated, streamKey);
    await page.getByLabel('Title').fill('Morning stream');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Morning stream' }).waitFor();
    await page.getByRole('button', { name: 'Delete stream' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByRole('link', { name: 'My stream' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Morning stream' }).count(), 0);
  });

  test('an address without a page leads home, and is a problem to programs', async () => {
    const answer = await page.goto(`${server.url}/nope`);
    assert.equal(answer?.status(), 404);
    await page.getByRole('heading', { name: 'There is no page here' }).waitFor();
    await untilTitle(page, 'No page here · Millrace');
    await page.getByRole('link', { name: 'Who is live' }).click();
    await page.getByRole('heading', { name: 'Live now' }).waitFor();
    for (const [path, accept] of [
      ['/nope', '*/*'],
      ['/api/nope', 'text/html'],
      ['/streams/nope', 'text/html'],
    ] as const) {
      const { status, headers } = await fetch(server.url + path, { headers: { accept } });
      assert.deepEqual([status, headers.get('content-type')], [404, 'application/problem+json']);
    }
  });

  test('the page of the API shows every route, and finds them', async () => {
    const answer = await fetch(`${server.url}/api/openapi.json`);
    const { paths } = (await answer.json()) as ApiDocument;
    const count = Object.values(paths).flatMap((methods) => Object.keys(methods)).length;
    await page.goto(`${server.url}/api/docs`);
    await page.locator('.route').first().waitFor();
    assert.equal(await page.locator('.route').count(), count);
    await page.getByLabel('Search the API').fill('key_not_found');
    await page.getByText('1 route', { exact: true }).waitFor();
    await page.locator('.route summary').click();
    await page.getByText('A token needs the scope keys:write').waitFor();
    await page.getByText(`curl -X DELETE ${server.url}/api/streams/ID/keys/KEY_ID`).waitFor();
    await assertFits();
    assert.deepEqual(complaints, []);
  });

  test('a refusal names the address of what it means', async () => {
    const refused = await fetch(`${server.url}/api/streams/nope`);
    const { type } = (await refused.json()) as Problem;
    await page.goto(server.url + type);
    const named = page.locator('.errors > [data-named="true"]');
    await named.getByText('stream_not_found').waitFor();
    await page.getByRole('link', { name: 'slow_mode' }).click();
    await named.getByText('wait for Retry-After').waitFor();
    await assertFits();
    assert.deepEqual(complaints, []);
  });
});
