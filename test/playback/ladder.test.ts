import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { needs, pathOf, tempFolder } from '../support/component.ts';
import { fetchText, fetchUntil, renditionUrls } from '../support/fetching.ts';
import { readMultivariantPlaylist, segmentNames } from '../support/playlist-reader.ts';
import { childrenOf } from '../support/process-tree.ts';
import { PublisherSwarm } from '../support/publisher-swarm.ts';
import { ServerProcess } from '../support/server-process.ts';
import { encodeTestPicture } from '../support/test-picture.ts';
import { Visit } from '../support/visit.ts';

const LADDER = '480p=854x480@1200k,360p=640x360@600k';
const LOOP_S = 64;
/** How long each quality is watched. */
const DWELL_MS = 3_000;
const PATIENCE_MS = 30_000;
/** A picture that stays longer than this is a stall to whoever watches; none is seen on a quiet machine. */
const FREEZE_BOUND_MS = 1_000;
/** All waiting for media together, on a machine that has other tests to run. */
const STALLED_BOUND_MS = 500;
/** The longest time without a new picture when the encoder hangs; 0.2 to 0.4 s on a quiet machine. */
const STANDSTILL_BOUND_MS = 1_500;

suite('a broadcast in several qualities', needs('chromium', 'ffmpeg'), () => {
  let server: ServerProcess;
  let swarm: PublisherSwarm;
  let stream: { id: string; streamKey: string };

  before(async () => {
    server = await ServerProcess.start({ env: { TRANSCODE: 'full', LADDER } });
    stream = await server.createStream('Ladder');
    swarm = new PublisherSwarm(encodeTestPicture(LOOP_S));
    await swarm.add(server.rtmpPort, stream.streamKey);
  });
  after(async () => {
    swarm.stop();
    await server.stop();
  });

  test('lists every rung with its size, exact codecs and audio', async () => {
    const { variants } = readMultivariantPlaylist(await master());
    assert.deepEqual(
      variants.map(({ uri, resolution }) => [uri.split('/').at(-2), resolution?.height]),
      [
        ['480p', 480],
        ['video', 720],
        ['360p', 360],
        ['audio', undefined],
      ],
    );
    for (const { codecs, bandwidth, averageBandwidth, frameRate, resolution } of variants) {
      assert.match(codecs ?? '', resolution === undefined ? /^mp4a/ : /^avc1\.[0-9a-f]{6},mp4a/);
      assert.ok((averageBandwidth ?? 0) > 0 && (averageBandwidth ?? 0) <= bandwidth);
      if (resolution !== undefined) assert.equal(frameRate, 30);
    }
  });

  test('has the same keyframes at the same times in every rung, as ffprobe reads them', async () => {
    await master();
    const urls = (await renditionUrls(`${server.url}/live/${stream.id}/master.m3u8`)).filter(
      (url) => !url.includes('/audio/'),
    );
    assert.equal(urls.length, 3);
    const keyframes: string[][] = [];
    const text = await fetchUntil(urls[0] ?? '', (_, body) => segmentNames(body).length >= 4);
    const names = segmentNames(text).slice(-3);
    for (const url of urls) {
      await fetchUntil(url, (_, body) => names.every((name) => body.includes(name)));
      keyframes.push(keyframeTimes(await mediaOf(url, names)));
    }
    assert.equal(keyframes[0]?.length, names.length);
    for (const times of keyframes) assert.deepEqual(times, keyframes[0]);
  });

  test('is switched up and down without a stall and without a picture out of order', async (context) => {
    const visit = await Visit.open(`${server.url}/watch/${stream.id}`);
    try {
      await visit.untilPicture();
      for (const quality of ['360p', '720p', '480p', '720p', '360p']) {
        await visit.chooseQuality(quality);
        await wait(DWELL_MS);
      }
      const { shown, notes } = await visit.pictures();
      context.diagnostic(
        `rebuffers ${notes.rebuffers}, longest freeze ${notes.longestFreezeMs} ms`,
      );
      assert.ok(notes.stalledMs < STALLED_BOUND_MS, `${notes.stalledMs} ms stalled`);
      assert.ok(notes.longestFreezeMs < FREEZE_BOUND_MS, `${notes.longestFreezeMs} ms`);
      assert.deepEqual([...new Set(shown.map(({ height }) => height))].toSorted(), [360, 480, 720]);
      const backwards = shown.filter(({ frame }, i) => isBefore(frame, shown[i - 1]?.frame));
      assert.deepEqual(backwards, []);
    } finally {
      await visit.close();
    }
  });

  test('is left for another quality when its encoder hangs, and hardly stands still', async (context) => {
    const visit = await Visit.open(`${server.url}/watch/${stream.id}`);
    try {
      await visit.untilPicture();
      await visit.chooseQuality('480p');
      await wait(DWELL_MS);
      const hungAtMs = performance.timeOrigin + performance.now();
      for (const pid of childrenOf(server.pid)) process.kill(pid, 'SIGSTOP');
      await wait(2 * DWELL_MS);
      const { looks } = (await visit.pictures()).notes;
      const from = looks.findLastIndex(({ atMs }) => atMs < hungAtMs);
      const after = looks.slice(from);
      const between = after.slice(1).map(({ atMs }, i) => atMs - (after[i]?.atMs ?? atMs));
      const longestMs = Math.round(Math.max(...between));
      context.diagnostic(`stood still for ${longestMs} ms at most`);
      assert.notEqual(after.at(-1)?.height, 480);
      assert.ok(longestMs < STANDSTILL_BOUND_MS, `${longestMs} ms`);
    } finally {
      await visit.close();
    }
  });

  async function master(): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await fetch(`${server.url}/live/${stream.id}/master.m3u8`);
      if (answer.status === 200) return answer.text();
      assert.ok(performance.now() < deadline, `${answer.status}: ${await answer.text()}`);
      await wait(100);
    }
  }
});

/** The init segment in use and these segments, one after another. */
async function mediaOf(url: string, names: readonly string[]): Promise<Buffer> {
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(await fetchText(url))?.[1] ?? '';
  const bodies = [init, ...names].map(async (name) => {
    const response = await fetch(new URL(name, url));
    assert.equal(response.status, 200, name);
    return Buffer.from(await response.arrayBuffer());
  });
  return Buffer.concat(await Promise.all(bodies));
}

/** When ffprobe says that each keyframe is shown, in ticks. */
function keyframeTimes(media: Buffer): string[] {
  const file = join(tempFolder(), 'media.mp4');
  writeFileSync(file, media);
  const args = ['-v', 'error', '-show_entries', 'packet=pts,flags', '-of', 'csv=p=0', file];
  const probed = spawnSync(ffprobePath(), args, { encoding: 'utf8' });
  assert.equal(probed.status, 0, probed.stderr);
  return probed.stdout.split('\n').flatMap((line) => {
    const [pts = '', flags = ''] = line.split(',');
    return flags.startsWith('K') ? [pts] : [];
  });
}

/** It comes with FFmpeg and lies beside it. */
function ffprobePath(): string {
  return join(dirname(pathOf('ffmpeg')), 'ffprobe');
}

/** Whether `frame` was sent before `last`, in a loop that begins anew once. */
function isBefore(frame: number, last = frame): boolean {
  return frame < last && last - frame < (LOOP_S * 30) / 2;
}
