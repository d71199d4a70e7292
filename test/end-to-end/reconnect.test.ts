import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, metricOf, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { readManifest } from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

const PATIENCE_MS = 30_000;
/** How long nobody sends anything, at least. */
const SILENCE_MS = 5_000;
/** A player that came back by jumping, or not at all, is further behind. */
const NEAR_LIVE_MS = 4_000;
const JOINT = /#EXT-X-DISCONTINUITY\n[\s\S]*#EXTINF[\s\S]*#EXTINF/;

suite('a broadcast whose encoder is lost', needs('ffmpeg', 'chromium'), () => {
  let server: ServerProcess;
  let browser: Browser;
  const cleanings: (() => Promise<void> | void)[] = [];
  const publishers: FfmpegPublisher[] = [];
  const faults: string[] = [];

  before(async () => {
    server = await ServerProcess.start({
      env: { TRANSCODE: 'full', LADDER: '90p=160x90@100k', RECONNECT_WINDOW: '20' },
    });
    browser = await launchChromium({ after: (task) => void cleanings.push(task) });
  });
  after(async () => {
    for (const clean of cleanings) await clean();
    for (const publisher of publishers) await publisher.stop();
    await server.stop();
  });

  function publish(streamKey: string): FfmpegPublisher {
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
    const publisher = new FfmpegPublisher(address, { seconds: 90 });
    publishers.push(publisher);
    return publisher;
  }

  const view = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse(await fetchText(`${server.url}/api/streams/${id}`));

  const becomes = (id: string, status: string) =>
    fetchUntil(
      `${server.url}/api/streams/${id}`,
      (_status, body) => JSON.parse(body).status === status,
    );

  async function watch(id: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 640, height: 360 } });
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${server.url}/watch/${id}`);
    return page;
  }

  const shows = (page: Page, state: string) =>
    page.waitForSelector(`#player[data-state="${state}"]`, { timeout: PATIENCE_MS });

  test('goes on when it comes back, for whoever watches and in every rendition', async () => {
    const { id, streamKey } = await server.createStream('Shaky line');
    const first = publish(streamKey);
    const master = `${server.url}/live/${id}/master.m3u8`;
    // The rung is listed when its encoder has sent something.
    await fetchUntil(master, (_status, body) => body.includes('90p/playlist.m3u8'));
    const urls = await renditionUrls(master);
    assert.equal(urls.length, 3, 'video, its rung, audio');
    const page = await watch(id);
    await shows(page, 'live');
    for (const url of urls) await fetchUntil(url, (_status, body) => body.includes('s2.m4s'));
    const before = await view(id);

    await first.lose();
    await becomes(id, 'reconnecting');
    await shows(page, 'interrupted');
    await page.getByText('The broadcaster lost the connection').waitFor();
    const late = await watch(id);
    await shows(late, 'interrupted');

    // Long enough for every player to have played all that it had.
    await wait(SILENCE_MS);
    const second = publish(streamKey);
    for (const each of [page, late]) {
      await shows(each, 'live');
      await isNearLive(each);
    }
    for (const url of urls) {
      const text = await fetchUntil(url, (_status, body) => JOINT.test(body));
      assertOneJoint(text);
      assertDecodes(await wholeMedia(url, text));
    }
    const after = await view(id);
    assert.deepEqual(
      [after.status, after.broadcastId, after.startedAt],
      ['live', before.broadcastId, before.startedAt],
    );
    const metrics = await fetchText(`${server.url}/metrics`);
    assert.equal(metricOf(metrics, 'hls_broadcasts_started_total'), 1);

    await second.stop();
    await becomes(id, 'ended');
    await shows(page, 'ended');
    assert.deepEqual(faults, []);
  });
});

/** Resolves when the page says that it is close behind the encoder. */
async function isNearLive(page: Page): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const latencyMs = Number(await page.getAttribute('#player', 'data-latency-ms'));
    if (latencyMs > 0 && latencyMs < NEAR_LIVE_MS) return;
    assert.ok(performance.now() < deadline, `${latencyMs} ms behind`);
    await wait(100);
  }
}

/** Numbers go on; one segment begins behind a discontinuity, dated when it really was. */
function assertOneJoint(text: string): void {
  const { segments, mediaSequence = 0, endList } = readManifest(text);
  assert.equal(endList, undefined);
  assert.doesNotMatch(text, /#EXT-X-GAP/);
  assert.deepEqual(
    segments.map(({ uri }) => uri),
    segments.map((_, index) => `s${mediaSequence + index}.m4s`),
  );
  const joints = segments.flatMap(({ discontinuity }, index) => (discontinuity ? [index] : []));
  assert.equal(joints.length, 1);
  const [joint = 0] = joints;
  const ends = segments.map(
    ({ dateTimeObject, duration }) => (dateTimeObject?.getTime() ?? Number.NaN) + duration * 1000,
  );
  const silenceMs = (segments[joint]?.dateTimeObject?.getTime() ?? 0) - (ends[joint - 1] ?? 0);
  assert.ok(silenceMs > 1_000 && silenceMs < PATIENCE_MS, `${silenceMs} ms of silence`);
}
