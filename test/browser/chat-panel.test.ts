/** The chat panel of the watch page, in a browser, against a real server. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { until } from '../support/page-looks.ts';
import { ServerProcess } from '../support/server-process.ts';

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE_MS = 30_000;
const TOKEN = 'a-token-of-the-tests-alone';
/** Lines that the panel may have in its document. */
const MOST_SHOWN = 200;
/** What a message says when somebody tries to be markup. */
const MARKUP = '<img src=x onerror="document.title=1"><b>bold</b>';

suite('the chat panel', needs('chromium', 'ffmpeg'), () => {
  let server: ServerProcess;
  let browser: Browser;
  let stream: { id: string; streamKey: string };
  const complaints: string[] = [];
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    server = await ServerProcess.start({ env: { API_TOKEN: TOKEN, SLIDING_WINDOW_SIZE: '30' } });
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
    stream = await make();
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    await server.stop();
  });

  async function ask(method: string, path: string, body?: object) {
    const response = await fetch(server.url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  async function make(): Promise<{ id: string; streamKey: string }> {
    const made = await ask('POST', '/api/streams', { broadcasterId: 'anna', title: 'Show' });
    await ask('PATCH', `/api/streams/${made.id}/chat/settings`, { slowModeS: 0 });
    return made;
  }

  const say = (name: string, content: string, more = {}) =>
    ask('POST', `/api/streams/${stream.id}/chat`, {
      userId: name,
      username: name,
      content,
      ...more,
    });

  /** Somebody's browser; the operator's, when told so, moderates. */
  async function open({ viewport = DESK, isOperator = false } = {}): Promise<Page> {
    const extraHTTPHeaders = isOperator ? { authorization: `Bearer ${TOKEN}` } : {};
    const context = await browser.newContext({ viewport, extraHTTPHeaders });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
    await page.goto(`${server.url}/watch/${stream.id}`);
    await page.locator('.chat[data-link="joined"]').waitFor();
    return page;
  }

  const line = (page: Page, text: string): Locator =>
    page.locator('.chat-line:not(.chat-pending)').filter({ hasText: text });

  async function write(page: Page, text: string): Promise<void> {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  }

  test('carries what one writes to the others, as text and nothing else', async () => {
    const [anna, bob] = [await open(), await open({ viewport: PHONE })];
    await write(anna, `hello ${MARKUP}`);
    await line(bob, MARKUP).waitFor();
    await line(anna, MARKUP).waitFor();
    assert.equal(await anna.locator('.chat-pending').count(), 0, 'it is shown once');
    assert.equal(await bob.locator('.chat-log img, .chat-log b').count(), 0);
    assert.notEqual(await bob.title(), '1');
    await say('Una', 'see https://example.org/a and javascript:alert(1)');
    const link = bob.locator('.chat-log a');
    await link.waitFor();
    assert.equal(await link.count(), 1);
    assert.equal(await link.getAttribute('href'), 'https://example.org/a');
    assert.match((await link.getAttribute('rel')) ?? '', /noopener/);
    const beyond = await bob.evaluate('document.documentElement.scrollWidth - innerWidth');
    assert.equal(beyond, 0, 'it fits a phone');
    await bob.context().close();
    await anna.context().close();
  });

  test('answers, and shows who is meant', async () => {
    const [anna, bob] = [await open(), await open()];
    const called = (await anna.locator('.chat-as').textContent()) ?? '';
    await write(anna, 'who turns the wheel?');
    await line(bob, 'who turns the wheel?').hover();
    await line(bob, 'who turns the wheel?').locator('.chat-more').click();
    await bob.getByRole('button', { name: 'Reply' }).click();
    await write(bob, 'the water');
    const answer = line(anna, 'the water');
    await answer.locator('.chat-quote', { hasText: `Answers ${called}: who turns` }).waitFor();
    assert.equal(await answer.getAttribute('data-to-you'), 'true');
    await say('Una', `@${called} and you?`);
    assert.equal(await line(anna, 'and you?').getAttribute('data-to-you'), 'true');
    assert.equal(await line(bob, 'and you?').getAttribute('data-to-you'), 'false');
    await anna.context().close();
    await bob.context().close();
  });

  test('counts down in slow mode, and gives back what was refused', async () => {
    const page = await open();
    await ask('PATCH', `/api/streams/${stream.id}/chat/settings`, { slowModeS: 600 });
    await page.getByText('Slow mode: 10 min').waitFor();
    await write(page, 'first of mine');
    await line(page, 'first of mine').waitFor();
    const send = page.locator('.chat-send');
    await send.getByText('10 min').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('second of mine');
    assert.equal(await send.isDisabled(), true);
    // Another visit of the same guest does not know that it has to wait.
    await page.reload();
    await page.locator('.chat[data-link="joined"]').waitFor();
    await write(page, 'second of mine');
    await page.getByText(/^One message in 600 s; wait \d+ s\.$/).waitFor();
    const field = page.getByLabel('Message', { exact: true });
    await until('it is given back', async () => (await field.inputValue()) === 'second of mine');
    await page.getByLabel('Message', { exact: true }).fill('another of mine');
    await page.getByText(/^One message in 600 s/).waitFor({ state: 'detached' });
    await ask('PATCH', `/api/streams/${stream.id}/chat/settings`, {
      slowModeS: 0,
      guestsMayPost: false,
    });
    await page
      .getByText('Only who has an account may write here')
      .or(page.getByRole('link', { name: 'Sign in' }).last())
      .first()
      .waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).count(), 0);
    await ask('PATCH', `/api/streams/${stream.id}/chat/settings`, { guestsMayPost: true });
    await page.getByLabel('Message', { exact: true }).waitFor();
    await ask('PATCH', `/api/streams/${stream.id}/chat/settings`, { followersOnlyMinutes: 10 });
    await page.locator('.chat-closed', { hasText: 'Followers only, after 10 min' }).waitFor();
    await ask('PATCH', `/api/streams/${stream.id}/chat/settings`, { followersOnlyMinutes: null });
    await page.getByLabel('Message', { exact: true }).waitFor();
    await page.context().close();
  });

  test('lets a moderator set the chat and complete commands', async () => {
    const [page, guest] = [await open({ isOperator: true }), await open()];
    await page.locator('.chat-options summary').click();
    await page.getByLabel('Slow mode').selectOption('30 s');
    await guest.getByText('Slow mode: 30 s').waitFor();
    await page.getByLabel('Emotes only').check();
    await guest.getByText('Emotes only').waitFor();
    await page.keyboard.press('Escape');
    const field = page.getByLabel('Message', { exact: true });
    await field.fill('/emoteo');
    await page.locator('.chat-commands').waitFor();
    await page.keyboard.press('Tab');
    assert.match(await field.inputValue(), /^\/emoteonly /);
    await write(page, '/emoteonly off');
    await guest.getByText('Emotes only').waitFor({ state: 'detached' });
    await write(page, '/slow 0');
    await guest.getByText('Slow mode').waitFor({ state: 'detached' });
    // What a command takes is said once commands are known.
    await guest.getByLabel('Message', { exact: true }).fill('/slow ');
    await guest.locator('.chat-note', { hasText: '/slow' }).waitFor();
    await guest.getByLabel('Message', { exact: true }).fill('/slow');
    await guest.locator('.chat-options summary').click();
    assert.equal(await guest.getByLabel('Slow mode').count(), 0, 'a guest has no such choice');
    assert.equal(await guest.locator('.chat-commands').count(), 0);
    await page.context().close();
    await guest.context().close();
  });

  test('lets a moderator pin and end from the panel, and leaves room for what is said', async () => {
    const [page, guest] = [await open({ isOperator: true }), await open({ viewport: PHONE })];
    await say('Una', 'worth a pin');
    await line(page, 'worth a pin').hover();
    await line(page, 'worth a pin').locator('.chat-more').click();
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    const pinned = guest.getByLabel('Pinned message');
    await pinned.getByText('worth a pin').waitFor();
    const choices = Array.from({ length: 10 }, (_, index) => `choice ${index}`).join(' | ');
    await write(page, `/poll 600 Which? | ${choices}`);
    await guest.getByText('to vote').or(guest.getByText('may vote')).first().waitFor();
    await line(guest, 'worth a pin').scrollIntoViewIfNeeded();
    const heightOf = async (selector: string) =>
      (await guest.locator(selector).boundingBox())?.height ?? 0;
    assert.ok((await heightOf('.chat-log')) > 80, 'messages have room');
    const [panel, field] = await Promise.all(
      ['.chat', '.chat-composer'].map((selector) => guest.locator(selector).boundingBox()),
    );
    assert.ok(panel && field && field.y + field.height <= panel.y + panel.height + 1);
    await page.getByRole('button', { name: 'Vote for choice 1' }).click();
    await page.getByText('Your vote', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Vote for' }).count(), 0);
    await page.getByRole('button', { name: 'End poll' }).click();
    await guest.getByText('Poll, ended').waitFor();
    await guest.getByLabel('Poll', { exact: true }).getByRole('button', { name: 'Hide' }).click();
    assert.equal(await guest.getByText('Poll, ended').count(), 0);
    await page.getByRole('button', { name: 'Unpin' }).click();
    await pinned.waitFor({ state: 'detached' });
    await page.context().close();
    await guest.context().close();
  });

  test('lets a moderator time out, and let again, from the panel', async () => {
    const [page, guest] = [await open({ isOperator: true }), await open()];
    await write(guest, 'what a guest wrote');
    await line(page, 'what a guest wrote').hover();
    await line(page, 'what a guest wrote').locator('.chat-more').click();
    await page.getByRole('button', { name: /out for 10 min/ }).click();
    await line(page, 'what a guest wrote').waitFor({ state: 'detached' });
    await guest.getByText('You may write again in').waitFor();
    await page.locator('.chat-options summary').click();
    await page.getByRole('button', { name: /write again/ }).click();
    await page.getByText('May not write', { exact: true }).waitFor({ state: 'detached' });
    await guest.getByLabel('Message', { exact: true }).waitFor();
    await page.context().close();
    await guest.context().close();
  });

  test('stays where somebody reads back, and keeps its document small in a storm', async () => {
    const page = await open();
    /** The last one alone: who is shown that has been told all of them. */
    const swarm = async (from: number, count: number): Promise<void> => {
      const drops = Array.from({ length: count }, (_, index) => `drop ${from + index}.`);
      const last = drops.pop() ?? '';
      while (drops.length > 0) {
        await Promise.all(drops.splice(0, 20).map((drop) => say('Swarm', drop)));
      }
      await say('Swarm', last);
    };
    await swarm(0, 300);
    await line(page, 'drop 299.').waitFor();
    assert.ok((await page.locator('.chat-line').count()) <= MOST_SHOWN);
    const scroll = (to = '') => page.evaluate(`document.querySelector('.chat-log').scrollTop${to}`);
    await scroll(' = 100');
    const newer = page.locator('.chat-newer');
    await newer.waitFor();
    await swarm(300, 40);
    await newer.getByText('40 new messages').waitFor();
    assert.equal(await scroll(), 100, 'it stays where it is');
    assert.equal(await line(page, 'drop 320.').count(), 0);
    await newer.click();
    await line(page, 'drop 339.').waitFor();
    const focused = await page.evaluate('document.activeElement.className');
    assert.equal(focused, 'chat-log', 'the keyboard goes on from the messages');
    const left =
      'const log = document.querySelector(".chat-log"); log.scrollHeight - log.clientHeight - log.scrollTop';
    assert.ok(
      Number(await page.evaluate(`(() => { ${left.replace('; log.', '; return log.')} })()`)) < 2,
    );
    await page.context().close();
  });

  test('comes back after kill -9 with what was missed, once, and after a stop', async () => {
    const page = await open();
    await say('Una', 'before the break');
    await line(page, 'before the break').waitFor();
    await server.kill('SIGKILL');
    await page.locator('.chat:not([data-link="joined"])').waitFor();
    server = await server.restart();
    await say('Una', 'during the break');
    await page.locator('.chat[data-link="joined"]').waitFor();
    await line(page, 'during the break').waitFor();
    await write(page, 'after the break');
    await line(page, 'after the break').waitFor();
    for (const text of ['before', 'during', 'after']) {
      assert.equal(await line(page, `${text} the break`).count(), 1, text);
    }
    // A stop is told of, and with it that a raid cannot take place.
    const { id: target, streamKey } = await make();
    await ask('POST', `/api/streams/${target}/start`, { streamKey });
    await ask('POST', `/api/streams/${stream.id}/chat/raid`, { streamId: target });
    await page.getByText('Everybody goes on to').waitFor();
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    await page.getByText('The raid to Show is called off: the server went away.').waitFor();
    server = await server.restart();
    await page.locator('.chat[data-link="joined"]').waitFor();
    await page.context().close();
  });

  test('shows messages with their picture, also for who goes back', async () => {
    stream = await make();
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    const publisher = new FfmpegPublisher(address, { seconds: 120 });
    cleanings.push(() => publisher.stop());
    const page = await open();
    await page.locator('#player[data-state="live"]').waitFor();
    await say('Una', 'early bird');
    await line(page, 'early bird').waitFor();
    await page.locator('.chat-options summary').click();
    await page.getByLabel('With the picture').check();
    const shown = await say('Una', 'with its picture');
    await line(page, 'with its picture').waitFor();
    const behindMs = Date.now() - Date.parse(shown.timestamp);
    const latencyMs = Number(await page.locator('#player').getAttribute('data-latency-ms'));
    assert.ok(
      behindMs > latencyMs - 500,
      `${behindMs} ms after it was written, ${latencyMs} ms behind`,
    );
    // More than the socket tells a page that is opened now, so that it has to ask.
    await wait(6_000);
    const first = await say('Swarm', 'late 0.');
    await Promise.all(Array.from({ length: 59 }, (_, index) => say('Swarm', `late ${index + 1}.`)));
    await line(page, 'late 59.').waitFor();
    await page.reload();
    await line(page, 'late 59.').waitFor();
    await page.locator('#player[data-state="live"]').waitFor();
    // A player that has only just begun would still move to its place.
    await page.locator('#player:not([data-latency-ms=""])').waitFor();
    // The picture is behind the present, so this leads to a while before the first of them.
    const backS = (Date.now() - Date.parse(first.timestamp)) / 1_000 + 1;
    await page.evaluate(`(() => {
      const video = document.querySelector('video');
      video.pause();
      video.currentTime -= ${backS};
    })()`);
    await line(page, 'late').first().waitFor({ state: 'detached' });
    await line(page, 'early bird').waitFor();
    // Who plays on from there is left to it, and told the rest when its picture comes.
    await page.evaluate('document.querySelector("video").play()');
    await line(page, 'late 59.').waitFor();
    await page.locator('#player:not([data-latency-ms=""])').waitFor();
    const stayedMs = Number(await page.locator('#player').getAttribute('data-latency-ms'));
    assert.ok(stayedMs > backS * 900, `${stayedMs} ms behind after going back ${backS} s`);
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.locator('.live-button[data-behind="false"]').waitFor();
    await line(page, 'late 59.').waitFor();
    await publisher.stop();
    await page.context().close();
  });

  test('tells the page how many watch, sooner than it would ask', async () => {
    stream = await make();
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    const publisher = new FfmpegPublisher(address, { seconds: 120 });
    cleanings.push(() => publisher.stop());
    const context = await browser.newContext({ viewport: DESK });
    // It never asks again.
    await context.route('**/viewers/join', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), heartbeatS: 3_600 } });
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${server.url}/watch/${stream.id}`);
    await page.getByText('1 viewer', { exact: true }).waitFor();
    const other = await open({ viewport: PHONE });
    await page.getByText('2 viewers', { exact: true }).waitFor();
    await other.goto('about:blank');
    // A slow browser takes a page away before that has said goodbye; the server gives it up after 30 s.
    const patience = { timeout: 2 * PATIENCE_MS };
    await page.getByText('1 viewer', { exact: true }).waitFor(patience);
    await Promise.all([other.context().close(), context.close(), publisher.stop()]);
  });

  test('shows on the whole page that one has signed out elsewhere', async () => {
    const context = await browser.newContext({ viewport: DESK });
    const [account, page] = [await context.newPage(), await context.newPage()];
    for (const one of [account, page]) one.setDefaultTimeout(PATIENCE_MS);
    await account.goto(`${server.url}/setup#${await server.setupSecret()}`);
    await account.getByLabel('Name', { exact: true }).fill('miller');
    await account.getByLabel('Password').fill('water over stone');
    await account.getByRole('button', { name: 'Make account' }).click();
    await account.getByRole('link', { name: 'miller' }).click();
    const signOut = account.getByRole('button', { name: 'Sign out' });
    await signOut.waitFor();
    await page.goto(`${server.url}/watch/${stream.id}`);
    await page.locator('.chat-as', { hasText: /^miller$/ }).waitFor();
    await signOut.click();
    await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).waitFor();
    await page.locator('.chat-as', { hasNotText: /^miller$/ }).waitFor();
    await context.close();
  });

  test('never throws', () => assert.deepEqual(complaints, []));
});
