// The transcoder with the real FFmpeg on a processor that is not fast enough for all of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { begin, logOf, loop, play } from './encode-live.test-support.ts';
import { NEEDS_FFMPEG } from './encode-run.test-support.ts';

const TICKS = 90_000;
/** Seconds in which it is measured what both rungs take, once the encoder has started. */
const MEASURE_FROM_S = 2;
const MEASURE_TO_S = 5;
/** Of that: too little for both rungs, and enough for the lower one. */
const SHARE = 0.75;
const CHECK_MS = 20;
const GIVE_UP_S = 40;
/** How long the rest is looked at once a rung has been shed. */
const AFTER_S = 6;

/** Processor seconds that `pid` has used; undefined when it is gone. */
function cpuSecondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** Holds each encoder to so many cores, as a limit of the system would. */
class Governor {
  readonly #begun = new Map<number, { readonly sinceMs: number; readonly usedS: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(cores: number, pidOf: () => number | undefined) {
    this.#timer = setInterval(() => {
      const pid = pidOf();
      const usedS = pid === undefined ? undefined : cpuSecondsOf(pid);
      if (pid !== undefined && usedS !== undefined && !this.#begun.has(pid)) {
        this.#begun.set(pid, { sinceMs: performance.now(), usedS });
      }
      for (const each of this.#begun.keys()) {
        // One that another has taken over from has to finish in its time.
        if (each === pid) this.#hold(each, cores);
        else signal(each, 'SIGCONT');
      }
    }, CHECK_MS);
  }

  #hold(pid: number, cores: number): void {
    const begun = this.#begun.get(pid);
    const usedS = cpuSecondsOf(pid);
    if (begun === undefined || usedS === undefined) return;
    const allowedS = ((performance.now() - begun.sinceMs) / 1000) * cores;
    signal(pid, usedS - begun.usedS > allowedS ? 'SIGSTOP' : 'SIGCONT');
  }

  end(): void {
    clearInterval(this.#timer);
    for (const pid of this.#begun.keys()) signal(pid, 'SIGCONT');
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  // It may have ended meanwhile.
  if (cpuSecondsOf(pid) !== undefined) process.kill(pid, name);
}

test('Transcoder sheds the costlier rung of an encoder that is too slow, and the other goes on whole', {
  ...NEEDS_FFMPEG,
  timeout: 90_000,
}, async (context) => {
  const source = loop();
  const { feed, transcoder, logs, run } = begin(context, source);
  let measured: number | undefined;
  let governor: Governor | undefined;
  let shedS: number | undefined;
  await play(feed, source, (elapsedS) => {
    const pid = transcoder.reading.encoderPid;
    if (elapsedS > MEASURE_FROM_S && pid !== undefined) measured ??= cpuSecondsOf(pid);
    if (elapsedS > MEASURE_TO_S && governor === undefined && measured !== undefined) {
      const used = (cpuSecondsOf(pid ?? 0) ?? 0) - measured;
      const cores = (SHARE * used) / (MEASURE_TO_S - MEASURE_FROM_S);
      governor = new Governor(cores, () => transcoder.reading.encoderPid);
    }
    if (transcoder.reading.shedRungs.length > 0) shedS ??= elapsedS;
    return elapsedS > GIVE_UP_S || (shedS !== undefined && elapsedS > shedS + AFTER_S);
  });
  governor?.end();
  context.diagnostic(`shed ${((shedS ?? Number.NaN) - MEASURE_TO_S).toFixed(1)} s after the limit`);
  assert.deepEqual(transcoder.reading.shedRungs, ['480p']);
  assert.ok(transcoder.reading.lagS < 1, `${transcoder.reading.lagS} s behind`);
  feed.close();
  await run;
  const { samples, discontinuities } = logOf(logs, '360p');
  assert.deepEqual(discontinuities, []);
  const stamps = samples.map(({ sample }) => sample.pts);
  assert.ok(stamps.every((pts, i) => i === 0 || pts - (stamps[i - 1] ?? 0) === TICKS / 30));
});
