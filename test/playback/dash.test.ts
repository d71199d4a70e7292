/** Other people's DASH players, in Chromium, on what a publisher sends. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { encodeLadder, MultitrackPublisher } from '../support/multitrack-publisher.ts';
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
/** Measured are 2.2 s (dash.js) and up to 3.6 s (Shaka): a whole segment more does not pass. */
const LATENCY_BOUNDS_S: Readonly<Record<PlayerName, number>> = { dashjs: 4, shaka: 5 };
/** Between the first bytes of a segment of 2 s and its last, when it is sent while it is made. */
const LEAST_SPREAD_MS = 700;
/** When an encoder sends no sound, in its own time. */
const SILENCE = { fromMs: 10_000, toMs: 14_000 };
const AUDIO_MESSAGE = 8;
/** How long an encoder is lost: longer than the window of 12 s that manifests list. */
const LOST_MS = 16_000;
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
      assert.ok(last.latency < LATENCY_BOUNDS_S[player], `${last.latency} s behind`);
    });
  }

  test('sends a segment while it is made', async () => {
    const read = async (): Promise<string> => (await fetch(manifest)).text();
    const text = await read();
    const newest = newestOf(text) + 1;
    await until('a segment', async () => newestOf(await read()) === newest);
    const media = /media="([^"]+)"/.exec(text)?.[1] ?? '';
    const response = await fetch(new URL(media.replace('$Number$', String(newest)), manifest));
    assert.equal(response.status, 200);
    const arrivalsMs: number[] = [];
    for await (const _bytes of response.body ?? []) arrivalsMs.push(performance.now());
    const spreadMs = (arrivalsMs.at(-1) ?? 0) - (arrivalsMs[0] ?? 0);
    assert.ok(spreadMs > LEAST_SPREAD_MS, `first and last bytes ${spreadMs} ms apart`);
  });

  test('plays on in both players behind seconds without sound', async () => {
    const { id, streamKey } = await server.createStream('Bell that paused');
    const ladder = { qualities: [{ size: '320x180', bFrames: 0 }], seconds: 40 };
    const tags = encodeLadder({ ...ladder, keyframeIntervalS: 2 }, 'OneTrack');
    const encoder = new MultitrackPublisher(server.rtmpPort);
    const { fromMs, toMs } = SILENCE;
    const isHeard = (tag: (typeof tags)[number]): boolean =>
      tag.typeId !== AUDIO_MESSAGE || tag.stampMs < fromMs || tag.stampMs >= toMs;
    const sent = encoder.publish(streamKey, tags.filter(isHeard));
    const silenced = `${server.url}/live/${id}/manifest.mpd`;
    const text = async (): Promise<string> => (await fetch(silenced)).text();
    // Shaka is confused when it begins at 0 and the window moves on.
    await until('segments', async () => newestOf(await text()) > 2);
    const playing = await Promise.all(
      PLAYERS.map((player) => pages.play(browser, player, silenced)),
    );
    await until('another period', async () => (await text()).split('<Period').length > 2);
    for (const page of playing) {
      await until('what follows', async () => (await page.playback()).time > toMs / 1000);
      const { frames } = await page.playback();
      await until('frames', async () => (await page.playback()).frames > frames + 60);
      assert.deepEqual((await page.playback()).errors, []);
      await page.page.close();
    }
    await encoder.stop();
    await sent;
  });

  test('plays on in both players when an encoder comes back after longer than the window', async () => {
    const { id, streamKey } = await server.createStream('Boat behind the island');
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
    const lost = new FfmpegPublisher(address, { seconds: 120 });
    const interrupted = `${server.url}/live/${id}/manifest.mpd`;
    const text = async (): Promise<string> => (await fetch(interrupted)).text();
    await until('segments', async () => newestOf(await text()) > 2);
    const playing = await Promise.all(
      PLAYERS.map(
        async (player) => [player, await pages.play(browser, player, interrupted)] as const,
      ),
    );
    for (const [, page] of playing) await untilPlaying(page);
    await lost.lose();
    await wait(LOST_MS);
    const back = new FfmpegPublisher(address, { seconds: 120 });
    try {
      await until('another period', async () => (await text()).split('<Period').length > 2);
      const fromS = Number(/.*<Period [^>]*start="PT([\d.]+)S"/s.exec(await text())?.[1]);
      for (const [player, page] of playing) {
        await until(`what follows in ${player}`, async () => (await page.playback()).time > fromS);
        const { frames } = await page.playback();
        await until('frames', async () => (await page.playback()).frames > frames + 60);
        const { latency, errors } = await page.playback();
        // Shaka may stay as far behind as it stood still, and reports each request that timed out.
        const stoodS = player === 'dashjs' ? 0 : LOST_MS / 1000;
        const boundS = LATENCY_BOUNDS_S[player] + stoodS;
        assert.ok(latency < boundS, `${latency} s behind in ${player}`);
        if (player === 'dashjs') assert.deepEqual(errors, []);
        await page.page.close();
      }
    } finally {
      await back.stop();
    }
  });

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

/** Number of the newest segment of the first representation in the last period; 0 before one. */
function newestOf(manifest: string): number {
  const [row = ''] = manifest.split('<Period').at(-1)?.split('</SegmentTimeline>') ?? [];
  let count = 0;
  for (const [, repeats] of row.matchAll(/<S [^>]*?(?:r="(\d+)")?\/>/g)) {
    count += 1 + Number(repeats ?? 0);
  }
  return Number(/startNumber="(\d+)"/.exec(row)?.[1] ?? 1) + count - 1;
}

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
