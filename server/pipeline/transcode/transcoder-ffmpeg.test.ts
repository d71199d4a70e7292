// The transcoder with the real FFmpeg, fed as a publisher feeds it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { begin, logOf, loop, play } from './encode-live.test-support.ts';
import { encodeSource, NEEDS_FFMPEG } from './encode-run.test-support.ts';

const TICKS = 90_000;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test(
  'Transcoder makes two rungs of a live source, keyframe by keyframe',
  NEEDS_FFMPEG,
  async (context) => {
    const source = loop();
    const { feed, run, logs, transcoder } = begin(context, source);
    const published = await play(feed, source, (elapsedS) => elapsedS > 10);
    feed.close();
    await run;
    for (const name of ['480p', '360p']) {
      const { samples, tracks, discontinuities } = logOf(logs, name);
      const expected = [...published].filter(([, { keyframe }]) => keyframe);
      assert.deepEqual(
        samples.map(({ sample }) => sample.pts),
        [...published.keys()],
        'each frame at its own time',
      );
      assert.deepEqual(
        samples.filter(({ sample }) => sample.keyframe).map(({ sample }) => sample.pts),
        expected.map(([pts]) => pts),
      );
      assert.deepEqual(discontinuities, []);
      assert.equal(tracks.length, 1);
      assert.equal(tracks[0]?.timescale, TICKS);
      assert.equal(tracks[0]?.height, Number.parseInt(name, 10));
      const lags = samples.map(
        ({ atMs, sample }) => atMs - (published.get(sample.pts)?.atMs ?? Number.NaN),
      );
      context.diagnostic(`${name}: median ${median(lags).toFixed(0)} ms behind the source`);
    }
    assert.equal(transcoder.reading.droppedSamples, 0);
    assert.deepEqual(transcoder.reading.restarts, new Map());
  },
);

test(
  'Transcoder goes on within two seconds of a kill, with a keyframe and without a hole',
  NEEDS_FFMPEG,
  async (context) => {
    const source = loop();
    const { feed, logs, transcoder } = begin(context, source);
    const log = logOf(logs, '360p');
    let killedMs = 0;
    let before = 0;
    const published = await play(feed, source, (elapsedS) => {
      if (elapsedS > 2.5 && killedMs === 0) {
        assert.ok(transcoder.reading.encoderPid !== undefined);
        process.kill(transcoder.reading.encoderPid, 'SIGKILL');
        killedMs = performance.now();
        before = log.samples.length;
      }
      return elapsedS > 20 || (killedMs > 0 && log.samples.length > before + 90);
    });
    await delay(0);
    assert.ok(before > 30 && log.samples.length > before + 90);
    // A keyframe where the source has none: what was in the pipe came before it.
    const back = log.samples.find(
      ({ sample }) => sample.keyframe && published.get(sample.pts)?.keyframe === false,
    );
    assert.ok(back !== undefined);
    const awayMs = back.atMs - killedMs;
    context.diagnostic(`back after ${awayMs.toFixed(0)} ms`);
    assert.ok(awayMs < 2_000, `${awayMs} ms`);
    const stamps = log.samples.map(({ sample }) => sample.pts);
    assert.ok(
      stamps.every((pts, i) => i === 0 || pts - (stamps[i - 1] ?? 0) === TICKS / 30),
      'no frame is missing',
    );
    assert.deepEqual(log.discontinuities, []);
    assert.equal(transcoder.reading.restarts.get('crash'), 1);
    assert.equal(log.tracks.length, 1, 'the same configuration is not told twice');
  },
);

test(
  'Transcoder hands over on a grid of its own in the middle of a long GOP with B-frames',
  NEEDS_FFMPEG,
  async (context) => {
    const coding = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-pix_fmt', 'yuv420p'];
    const source = encodeSource('testsrc2=size=1280x720:rate=30:duration=8', [
      ...coding,
      ...['-g', '240', '-keyint_min', '240', '-sc_threshold', '0'],
    ]);
    const { feed, logs, transcoder, run, job } = begin(context, source);
    let first: number | undefined;
    const published = await play(feed, source, (elapsedS) => {
      if (elapsedS > 2.5 && first === undefined) {
        first = transcoder.reading.encoderPid;
        job.keyframes = { everyS: 1 };
        transcoder.renew();
      }
      return elapsedS > 7;
    });
    assert.notEqual(transcoder.reading.encoderPid, first);
    feed.close();
    await run;
    for (const name of ['480p', '360p']) {
      const { samples, discontinuities } = logOf(logs, name);
      assert.deepEqual(
        samples.map(({ sample }) => sample.pts),
        [...published.keys()].toSorted((a, b) => a - b),
        'each frame once, in order',
      );
      assert.deepEqual(discontinuities, []);
      const origin = source.frames[0]?.pts ?? 0;
      const keyframesS = samples
        .filter(({ sample }) => sample.keyframe)
        .map(({ sample }) => sample.pts / TICKS);
      assert.equal(keyframesS[0], origin / TICKS);
      const slots = keyframesS.slice(1).map((s) => Math.floor(s));
      assert.deepEqual(
        slots,
        slots.map((_, index) => (slots[0] ?? 0) + index),
        'one in each second',
      );
      assert.ok(slots.length >= 3);
    }
  },
);

test('Transcoder replaces an encoder that hangs', NEEDS_FFMPEG, async (context) => {
  const source = loop();
  const { feed, logs, transcoder } = begin(context, source);
  const log = logOf(logs, '480p');
  let stopped: number | undefined;
  let stoppedMs = 0;
  await play(feed, source, (elapsedS) => {
    if (elapsedS > 2 && stopped === undefined) {
      stopped = transcoder.reading.encoderPid;
      assert.ok(stopped !== undefined);
      process.kill(stopped, 'SIGSTOP');
      stoppedMs = performance.now();
    }
    return elapsedS > 30 || log.discontinuities.length > 0;
  });
  context.diagnostic(`back after ${(performance.now() - stoppedMs).toFixed(0)} ms`);
  assert.equal(transcoder.reading.restarts.get('hang'), 1);
  assert.deepEqual(log.discontinuities, ['encoder_ended']);
  const pid = stopped ?? 0;
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
