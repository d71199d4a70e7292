/** Other people's DASH players, in Chromium, on what a publisher sends. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import {
  needsPlayers,
  type Playback,
  type PlayerName,
  type PlayerPage,
  PlayerPages,
} from '../support/player-page.ts';
import { ServerProcess } from '../support/server-process.ts';

const PLAYERS: readonly PlayerName[] = ['dashjs', 'shaka'];
const WATCHED_S = 10;
/** The machine may be busy: far above what is measured, far below a whole segment more. */
const LATENCY_BOUND_S = 5;
const PATIENCE_MS = 40_000;
const need = { ...needs('chromium', 'ffmpeg'), ...needsPlayers() };

suite('DASH', need, () => {
  let server: ServerProcess;
  let browser: Browser;
  let pages: PlayerPages;
  let publisher: FfmpegPublisher;
  let manifest = '';
  const watched = new Map<PlayerName, PlayerPage>();
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    server = await ServerProcess.start();
    const stream = await server.createStream('Evening tide');
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
    pages = await PlayerPages.open();
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${stream.streamKey}`;
    publisher = new FfmpegPublisher(address, { seconds: 300, bFrames: 2 });
    manifest = `${server.url}/live/${stream.id}/manifest.mpd`;
    await until('a manifest', async () => (await fetch(manifest)).status === 200);
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    await pages.close();
    await publisher.stop();
    await server.stop();
  });

  for (const player of PLAYERS) {
    test(`plays live in ${player} without a stall, close behind the encoder`, async () => {
      const page = await pages.play(browser, player, manifest);
      watched.set(player, page);
      const first = await untilPlaying(page);
      await wait(WATCHED_S * 1000);
      const last = await page.playback();
      assert.deepEqual(last.errors, []);
      assert.equal(last.lowLatency, true);
      assert.ok(last.time - first.time > WATCHED_S * 0.9, `${last.time - first.time} s played`);
      assert.ok(last.frames > first.frames + WATCHED_S * 15, `${last.frames} frames`);
      assert.equal(last.stalls, first.stalls);
      assert.ok(last.latency < LATENCY_BOUND_S, `${last.latency} s behind`);
    });
  }

  test('ends in dash.js when the broadcast ends', async () => {
    await publisher.stop();
    const page = watched.get('dashjs');
    assert.ok(page !== undefined);
    await until('the end', async () => (await page.playback()).ended);
    assert.deepEqual((await page.playback()).errors, []);
  });

  for (const player of PLAYERS) {
    test(`plays to its end in ${player} what has just ended`, async () => {
      const page = await pages.play(browser, player, manifest);
      const first = await untilPlaying(page);
      assert.ok(first.duration > 0 && first.duration < Number.POSITIVE_INFINITY);
      await until('the end', async () => (await page.playback()).ended);
      assert.deepEqual((await page.playback()).errors, []);
    });
  }
});

/** What there is to see once a second of it was played. */
async function untilPlaying(page: PlayerPage): Promise<Playback> {
  await until('frames', async () => (await page.playback()).frames > 30);
  return page.playback();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `${what} did not come`);
    await wait(100);
  }
}
