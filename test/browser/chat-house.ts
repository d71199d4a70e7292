/** A server with one stream, and people who look at its chat in browsers. */
import assert from 'node:assert/strict';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import type { Cleaning } from '../support/place.ts';
import { ServerProcess } from '../support/server-process.ts';

/** The sizes at which pages are looked at, in pixels. */
export const VIEWPORTS = {
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE_MS = 30_000;
const TOKEN = 'a-token-of-the-tests-alone';

/** Keeps back what the server sends to a page's chat, so that what is on its way stays so. */
export class FrameHold {
  #kept: (() => void)[] = [];
  #isHolding = false;

  /** Stands between a page and its server; before the page is opened. */
  async take(page: Page): Promise<void> {
    await page.routeWebSocket(/\/chat\/ws$/, (socket) => {
      socket.connectToServer().onMessage((frame) => {
        if (this.#isHolding) this.#kept.push(() => socket.send(frame));
        else socket.send(frame);
      });
    });
  }

  /** Keeps back what comes from now on. */
  begin(): void {
    this.#isHolding = true;
  }

  /** Hands on what was kept back. */
  end(): void {
    this.#isHolding = false;
    for (const send of this.#kept.splice(0)) send();
  }
}

/** See the top of the file. */
export class ChatHouse {
  readonly streamId: string;
  readonly #server: ServerProcess;
  readonly #browser: Browser;

  private constructor(server: ServerProcess, browser: Browser, streamId: string) {
    this.#server = server;
    this.#browser = browser;
    this.streamId = streamId;
  }

  /** Everything is closed when the tests are over. */
  static async open(context: Cleaning): Promise<ChatHouse> {
    const server = await ServerProcess.start({ env: { API_TOKEN: TOKEN } });
    context.after(async () => void (await server.stop()));
    const browser = await launchChromium(context);
    const draft = { broadcasterId: 'anna', title: 'Show' };
    const { id } = await askOf(server, ['POST', '/api/streams'], draft);
    await askOf(server, ['PATCH', `/api/streams/${id}/chat/settings`], { slowModeS: 0 });
    return new ChatHouse(server, browser, id);
  }

  /** Says something in somebody's name. */
  async say(name: string, content: string): Promise<void> {
    const words = { userId: name, username: name, content };
    await askOf(this.#server, ['POST', `/api/streams/${this.streamId}/chat`], words);
  }

  /** Somebody's browser at the stream's page; the operator's, when told so, moderates. */
  async visit({
    viewport,
    isOperator = false,
    hold,
  }: {
    readonly viewport: keyof typeof VIEWPORTS;
    readonly isOperator?: boolean;
    readonly hold?: FrameHold;
  }): Promise<Page> {
    const extraHTTPHeaders = isOperator ? { authorization: `Bearer ${TOKEN}` } : {};
    const context = await this.#browser.newContext({
      ...{ viewport: VIEWPORTS[viewport], extraHTTPHeaders },
      hasTouch: viewport === 'phone',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    if (hold !== undefined) await hold.take(page);
    await page.goto(`${this.#server.url}/watch/${this.streamId}`);
    await page.locator('.chat[data-link="joined"]').waitFor();
    return page;
  }
}

/** The line of a message that everybody sees. */
export function lineOf(page: Page, text: string): Locator {
  return page.locator('.chat-line:not(.chat-pending)').filter({ hasText: text });
}

/** Writes into the chat, and sends it. */
export async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

async function askOf(
  server: ServerProcess,
  [method, path]: readonly [method: string, path: string],
  body: object,
) {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${text}`);
  return JSON.parse(text);
}
