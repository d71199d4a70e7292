import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { CODE_CELLS, CODE_HEIGHT_SHARE, decodeFrameCode } from './frame-code.ts';
import type { FrameLedger } from './frame-ledger.ts';
import { FIRST_PICTURE, type Look, type PictureNotes, watchPictures } from './picture-watch.ts';
import { type Spread, spread } from './spread.ts';

/** Enough for percentiles, and it leaves the browser its processor. */
const LOOK_EVERY_MS = 100;
/** After the first picture a player is still settling; what it shows then is in no percentile. */
const SETTLE_MS = 3_000;
const FIRST_PICTURE_TIMEOUT_MS = 30_000;
const SWITCH_TIMEOUT_MS = 20_000;
const SIZE = { width: 1280, height: 800 };

/** What a visit to a page showed. Milliseconds where the name says so. */
export interface VisitReport {
  /** From navigation to the first picture. */
  readonly startupMs: number;
  /** From sending a picture to its being on screen, once settled. */
  readonly latencyMs: Spread;
  /** What the page itself said its latency was at the end; null when it said nothing. */
  readonly pageSaysMs: number | null;
  readonly rebuffers: number;
  readonly stalledMs: number;
  readonly seeks: number;
  readonly longestFreezeMs: number;
  readonly pictures: number;
  readonly droppedPictures: number;
  /** Looks whose strip could not be read; they are in no figure. */
  readonly unreadable: number;
}

/** One picture that was on screen: its number, and how many lines it had. */
export interface ShownPicture {
  readonly frame: number;
  readonly height: number;
}

/** One page in a browser of its own with nothing in its caches. */
export class Visit {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #firstPicture = Promise.withResolvers<number>();

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  /** Opens `url`; whether there is something to see yet is another matter. */
  static async open(url: string): Promise<Visit> {
    const browser = await launchChromium({ after: () => undefined });
    const page = await browser.newPage({ viewport: SIZE });
    const visit = new Visit(browser, page);
    await page.exposeFunction(FIRST_PICTURE, visit.#firstPicture.resolve);
    await page.addInitScript(watchPictures, {
      cells: CODE_CELLS,
      heightShare: CODE_HEIGHT_SHARE,
      everyMs: LOOK_EVERY_MS,
    });
    await page.goto(url, { waitUntil: 'commit' });
    return visit;
  }

  /** Waits until the page stands in a state of the watch page, as its player says. */
  async untilState(state: string): Promise<void> {
    await this.#page.locator(`.player[data-state="${state}"]`).waitFor();
  }

  /** Waits for the first picture; gives when it was on screen, in epoch milliseconds. */
  async untilPicture(): Promise<number> {
    const late = new AbortController();
    const tooLate = wait(FIRST_PICTURE_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`Cannot watch ${this.#page.url()}: it shows no picture`);
    });
    try {
      return await Promise.race([this.#firstPicture.promise, tooLate]);
    } finally {
      late.abort();
    }
  }

  /** Watches on for `seconds` after the first picture and tells what was to be seen. */
  async watch(seconds: number, ledger: FrameLedger): Promise<VisitReport> {
    const beganAtMs = performance.timeOrigin + performance.now();
    const firstAtMs = await this.untilPicture();
    await wait(seconds * 1000);
    const notes = await this.#notes();
    const { looks, firstPictureMs, longestFreezeMs, stalledMs, ...counts } = notes;
    const latencies = looks.flatMap((look) => {
      const latencyMs = latencyOf(look, ledger);
      return latencyMs === undefined ? [] : [{ atMs: look.atMs, latencyMs }];
    });
    const settledAtMs = Math.max(firstAtMs, beganAtMs) + SETTLE_MS;
    const settled = latencies.filter(({ atMs }) => atMs >= settledAtMs);
    return {
      startupMs: Math.round(firstPictureMs ?? Number.NaN),
      latencyMs: spread(settled.map(({ latencyMs }) => latencyMs)),
      pageSaysMs: await this.#pageSaysMs(),
      ...counts,
      stalledMs: Math.round(stalledMs),
      longestFreezeMs: Math.round(longestFreezeMs),
      unreadable: looks.length - latencies.length,
    };
  }

  /** Chooses a quality as a viewer does, by its name in the menu, and waits until it is on screen. */
  async chooseQuality(label: string): Promise<void> {
    await this.#page.locator('select.quality').selectOption({ label });
    const height = Number.parseInt(label, 10);
    const deadline = performance.now() + SWITCH_TIMEOUT_MS;
    for (;;) {
      const notes = await this.#notes();
      if (notes.looks.at(-1)?.height === height) return;
      if (performance.now() > deadline) throw new Error(`Cannot watch ${label}: it never came`);
      await wait(LOOK_EVERY_MS);
    }
  }

  /** The pictures that were looked at so far, in order, and what else was to be seen. */
  async pictures(): Promise<{
    readonly shown: readonly ShownPicture[];
    readonly notes: PictureNotes;
  }> {
    const notes = await this.#notes();
    const shown = notes.looks.flatMap(({ levels, height }) => {
      const frame = decodeFrameCode(levels);
      return frame === undefined ? [] : [{ frame, height }];
    });
    return { shown, notes };
  }

  /** Closes the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
  }

  #notes(): Promise<PictureNotes> {
    return this.#page.evaluate<PictureNotes>('pictureNotes');
  }

  async #pageSaysMs(): Promise<number | null> {
    const player = this.#page.locator('.player');
    if ((await player.count()) === 0) return null;
    const said = await player.getAttribute('data-latency-ms');
    return said === null || said === '' ? null : Number(said);
  }
}

/** Undefined when the strip could not be read. */
function latencyOf({ atMs, levels }: Look, ledger: FrameLedger): number | undefined {
  const frame = decodeFrameCode(levels);
  return frame === undefined ? undefined : atMs - ledger.sentMs(frame, atMs);
}
