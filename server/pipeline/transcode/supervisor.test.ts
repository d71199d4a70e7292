import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  CRASH_WINDOW_MS,
  FIRST_GIVE_BACK_MS,
  HEALTHY_RUN_MS,
  LONGEST_BACKOFF_MS,
  MAX_CRASHES,
  Supervisor,
  type SupervisorAction,
  type SupervisorState,
} from './supervisor.ts';

const TARGET_DURATION = 2;
const LADDER = ['720p', '480p', '360p'];
const TICK_MS = 500;

type Event = 'ladder' | 'began' | 'stop' | 'input' | 'output' | 'exit' | 'tick' | 'reset';

/** A supervisor with a clock and an encoder that does what it is told. */
class Bench {
  readonly supervisor = new Supervisor(TARGET_DURATION);
  nowMs = 0;
  mediaS = 0;
  readonly actions: SupervisorAction[] = [];

  do(actions: readonly SupervisorAction[]): readonly SupervisorAction[] {
    this.actions.push(...actions);
    return actions;
  }

  start(): this {
    this.do(this.supervisor.start(this.nowMs, LADDER));
    return this;
  }

  /** Time passes with an encoder that is `lagS(elapsedS)` behind, or says nothing. */
  run(seconds: number, lagS?: (elapsedS: number) => number): readonly SupervisorAction[] {
    const startedMs = this.nowMs;
    for (let left = seconds * 1_000; left > 0; left -= TICK_MS) {
      this.nowMs += TICK_MS;
      this.mediaS += TICK_MS / 1_000;
      this.supervisor.input(this.nowMs, this.mediaS);
      if (lagS !== undefined) {
        const outputS = this.mediaS - lagS((this.nowMs - startedMs) / 1_000);
        for (const rung of this.supervisor.rungs) this.supervisor.output(rung, outputS);
      }
      const actions = this.do(this.supervisor.tick(this.nowMs));
      if (actions.length > 0) return actions;
    }
    return [];
  }

  crash(): readonly SupervisorAction[] {
    return this.do(this.supervisor.exit(this.nowMs));
  }
}

function inTime(): number {
  return 0.1;
}

/** Becomes too slow: lag grows by a tenth of the time. */
function tooSlow(elapsedS: number): number {
  return 0.1 + elapsedS * 0.1;
}

/** A bench in each state. */
const IN: Readonly<Record<SupervisorState, () => Bench>> = {
  stopped: () => new Bench(),
  running: () => new Bench().start(),
  waiting: () => {
    const bench = new Bench().start();
    bench.crash();
    bench.crash();
    return bench;
  },
  resting: () => {
    const bench = new Bench().start();
    for (const _ of LADDER) bench.run(30, tooSlow);
    return bench;
  },
  passthrough: () => {
    const bench = new Bench().start();
    for (let i = 0; i <= MAX_CRASHES; i++) {
      bench.crash();
      bench.nowMs += LONGEST_BACKOFF_MS;
      bench.do(bench.supervisor.tick(bench.nowMs));
    }
    return bench;
  },
};

const DO: Readonly<Record<Event, (bench: Bench) => readonly SupervisorAction[] | undefined>> = {
  ladder: ({ supervisor, nowMs }) => supervisor.ladder(nowMs, ['240p']),
  began: ({ supervisor, nowMs }) => void supervisor.began(nowMs),
  stop: ({ supervisor }) => void supervisor.stop(),
  input: ({ supervisor, nowMs }) => void supervisor.input(nowMs, 1),
  output: ({ supervisor }) => void supervisor.output('360p', 1),
  exit: ({ supervisor, nowMs }) => supervisor.exit(nowMs),
  tick: ({ supervisor, nowMs }) => supervisor.tick(nowMs),
  reset: ({ supervisor }) => void supervisor.reset(),
};

type Expected = readonly [SupervisorState, ...SupervisorAction['type'][]];

const TABLE: Readonly<Record<SupervisorState, Readonly<Record<Event, Expected>>>> = {
  stopped: {
    ladder: ['stopped'],
    began: ['stopped'],
    stop: ['stopped'],
    input: ['stopped'],
    output: ['stopped'],
    exit: ['stopped'],
    tick: ['stopped'],
    reset: ['stopped'],
  },
  running: {
    ladder: ['running'],
    began: ['running'],
    stop: ['stopped'],
    input: ['running'],
    output: ['running'],
    exit: ['running', 'launch'],
    tick: ['running'],
    reset: ['running'],
  },
  waiting: {
    ladder: ['waiting'],
    began: ['waiting'],
    stop: ['stopped'],
    input: ['waiting'],
    output: ['waiting'],
    exit: ['waiting'],
    tick: ['waiting'],
    reset: ['waiting'],
  },
  resting: {
    ladder: ['running', 'launch'],
    began: ['resting'],
    stop: ['stopped'],
    input: ['resting'],
    output: ['resting'],
    exit: ['resting'],
    tick: ['resting'],
    reset: ['resting'],
  },
  passthrough: {
    ladder: ['passthrough'],
    began: ['passthrough'],
    stop: ['stopped'],
    input: ['passthrough'],
    output: ['passthrough'],
    exit: ['passthrough'],
    tick: ['passthrough'],
    reset: ['waiting'],
  },
};

describe('Supervisor', () => {
  for (const [state, row] of Object.entries(TABLE) as [
    SupervisorState,
    (typeof TABLE)[SupervisorState],
  ][]) {
    for (const [event, [next, ...actions]] of Object.entries(row) as [Event, Expected][]) {
      test(`${event}() while ${state} gives ${[...actions, next].join(', ')}`, () => {
        const bench = IN[state]();
        assert.equal(bench.supervisor.state, state);
        const done = DO[event](bench) ?? [];
        assert.deepEqual(
          done.map(({ type }) => type),
          actions,
        );
        assert.equal(bench.supervisor.state, next);
      });
    }
  }

  test('start() launches the whole ladder', () => {
    const bench = new Bench().start();
    assert.deepEqual(bench.actions, [{ type: 'launch', rungs: LADDER }]);
  });

  test('exit() restarts at once, then after 1, 2, 4 and 8 s, and then gives up', () => {
    const bench = new Bench().start();
    const waitsMs: number[] = [];
    for (let i = 0; i < MAX_CRASHES; i++) {
      const crashedMs = bench.nowMs;
      let launch = bench.crash();
      while (launch.length === 0) {
        bench.nowMs += 100;
        launch = bench.do(bench.supervisor.tick(bench.nowMs));
      }
      assert.deepEqual(launch, [{ type: 'launch', rungs: LADDER }]);
      waitsMs.push(bench.nowMs - crashedMs);
    }
    assert.deepEqual(waitsMs, [0, 1_000, 2_000, 4_000, 8_000]);
    assert.deepEqual(bench.crash(), [{ type: 'give_up' }]);
    assert.equal(bench.supervisor.restarts.get('crash'), MAX_CRASHES + 1);
  });

  test('exit() after a healthy run restarts at once again', () => {
    const bench = new Bench().start();
    bench.crash();
    assert.deepEqual(bench.crash(), []);
    bench.run(2);
    bench.run(HEALTHY_RUN_MS / 1_000, inTime);
    assert.equal(bench.crash()[0]?.type, 'launch');
  });

  test('exit() forgets crashes that are ten minutes old', () => {
    const bench = new Bench().start();
    for (let i = 0; i < 3 * MAX_CRASHES; i++) {
      assert.equal(bench.crash()[0]?.type, 'launch');
      bench.run(CRASH_WINDOW_MS / 1_000 / MAX_CRASHES, inTime);
    }
    assert.equal(bench.supervisor.state, 'running');
  });

  test('tick() kills an encoder that says nothing for two target durations', () => {
    const bench = new Bench().start();
    bench.run(10, inTime);
    const silentMs = bench.nowMs;
    assert.deepEqual(bench.run(60), [{ type: 'kill' }]);
    const tookMs = bench.nowMs - silentMs;
    // The clock runs from the first input that stays without an answer, and is looked at each tick.
    assert.ok(tookMs >= 4_000 && tookMs <= 4_000 + 2 * TICK_MS, `${tookMs} ms`);
    assert.deepEqual(bench.run(10), [], 'killed once');
    assert.equal(bench.crash()[0]?.type, 'launch');
    assert.deepEqual([...bench.supervisor.restarts], [['hang', 1]]);
  });

  test('tick() gives an encoder eight seconds to its first output', () => {
    const bench = new Bench().start();
    assert.deepEqual(bench.run(60), [{ type: 'kill' }]);
    assert.ok(bench.nowMs >= 8_000 && bench.nowMs <= 8_000 + 2 * TICK_MS, `${bench.nowMs} ms`);
  });

  test('tick() does not take a silent source for a hang', () => {
    const bench = new Bench().start();
    bench.run(10, inTime);
    bench.supervisor.input(bench.nowMs, bench.mediaS + 1 / 30);
    for (let i = 0; i < 100; i++) {
      bench.nowMs += TICK_MS;
      assert.deepEqual(bench.supervisor.tick(bench.nowMs), []);
    }
  });

  test('tick() does not take a source slower than time for a slow encoder', () => {
    const bench = new Bench().start();
    for (let i = 0; i < 200; i++) {
      bench.nowMs += TICK_MS;
      bench.mediaS += TICK_MS / 2_000;
      bench.supervisor.input(bench.nowMs, bench.mediaS);
      for (const rung of LADDER) bench.supervisor.output(rung, bench.mediaS - 0.6);
      assert.deepEqual(bench.supervisor.tick(bench.nowMs), []);
    }
  });

  test('tick() sheds the costliest rung after ten seconds of a speed below 0.98', () => {
    const bench = new Bench().start();
    const [action] = bench.run(30, (elapsedS) => 0.3 + elapsedS * 0.03);
    assert.deepEqual(action, { type: 'replace', rungs: ['480p', '360p'], reason: 'shed' });
    assert.ok(bench.nowMs >= 10_000 && bench.nowMs <= 12_000, `${bench.nowMs} ms`);
    assert.deepEqual(bench.supervisor.shed, ['720p']);
  });

  test('tick() sheds at once when the lag passes 1.5 s and grows', () => {
    const bench = new Bench().start();
    const [action] = bench.run(30, (elapsedS) => elapsedS * 0.5);
    assert.equal(action?.type, 'replace');
    assert.ok(bench.nowMs <= 4_500, `${bench.nowMs} ms`);
  });

  test('tick() leaves an encoder alone that stood still for a moment', () => {
    const bench = new Bench().start();
    bench.run(15, inTime);
    bench.run(1);
    assert.deepEqual(
      bench.run(60, (elapsedS) => Math.max(0.1, 1 - elapsedS / 2)),
      [],
    );
  });

  test('output() of a rung that was shed says nothing of the others', () => {
    const bench = new Bench().start();
    bench.run(60, tooSlow);
    bench.supervisor.output('720p', 0);
    assert.deepEqual(bench.run(30, inTime), []);
    assert.equal(bench.supervisor.reading(bench.nowMs).speed, 1);
  });

  test('tick() leaves an encoder alone that catches up from a late start', () => {
    const bench = new Bench().start();
    assert.deepEqual(
      bench.run(60, (elapsedS) => Math.max(0.1, 3 - elapsedS)),
      [],
    );
  });

  test('tick() gives a shed rung back after a minute with room, and twice as late if it was in vain', () => {
    const bench = new Bench().start();
    const waitsMs: number[] = [];
    for (let i = 0; i < 3; i++) {
      assert.equal(bench.run(60, tooSlow)[0]?.type, 'replace');
      const shedMs = bench.nowMs;
      const back = bench.run(3_600, inTime);
      assert.deepEqual(back, [{ type: 'replace', rungs: LADDER, reason: 'give_back' }]);
      waitsMs.push(bench.nowMs - shedMs);
    }
    const nominalMs = [1, 2, 4].map((factor) => factor * FIRST_GIVE_BACK_MS);
    for (const [i, waitMs] of waitsMs.entries()) {
      const lateMs = waitMs - (nominalMs[i] ?? 0);
      assert.ok(lateMs >= 0 && lateMs <= 2 * TICK_MS, `${waitsMs}`);
    }
  });

  test('tick() gives nothing back while the rest has no room', () => {
    const bench = new Bench().start();
    bench.run(60, tooSlow);
    assert.deepEqual(
      bench.run(600, () => 0.45),
      [],
    );
  });

  test('tick() rests when even the cheapest rung is too much, and tries that one first', () => {
    const bench = IN.resting();
    const rungs = bench.actions.map((action) => ('rungs' in action ? action.rungs.length : -1));
    assert.deepEqual(rungs, [3, 2, 1, 0]);
    assert.deepEqual(bench.run(120), [{ type: 'launch', rungs: ['360p'], reason: 'give_back' }]);
    assert.equal(bench.supervisor.state, 'running');
  });

  test('ladder() takes nothing of the former ladder over', () => {
    const bench = new Bench().start();
    bench.run(60, tooSlow);
    bench.do(bench.supervisor.ladder(bench.nowMs, ['240p']));
    assert.deepEqual(bench.supervisor.rungs, ['240p']);
    assert.deepEqual(bench.supervisor.shed, []);
  });

  test('keeps I1 to I3 whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('time' as const), s: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('slow' as const), s: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('silence' as const), s: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('crash' as const), s: fc.constant(0) }),
      fc.record({ kind: fc.constant('reset' as const), s: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new Bench().start();
        let launches: number[] = [0];
        let isRunning = true;
        let seen = bench.actions.length;
        const check = (): void => {
          for (const action of bench.actions.slice(seen)) {
            if (action.type === 'launch') {
              assert.ok(!isRunning, 'I1');
              isRunning = true;
              launches.push(bench.nowMs);
              launches = launches.filter((atMs) => bench.nowMs - atMs < CRASH_WINDOW_MS);
            } else if (action.type !== 'give_up') assert.ok(isRunning, 'I1');
            if (action.type === 'replace' && action.rungs.length === 0) isRunning = false;
            if ('rungs' in action) {
              assert.deepEqual(action.rungs, LADDER.slice(LADDER.length - action.rungs.length));
            }
          }
          seen = bench.actions.length;
          assert.equal(isRunning, bench.supervisor.state === 'running');
        };
        for (const { kind, s } of steps) {
          if (kind === 'crash' && isRunning) {
            isRunning = false;
            bench.crash();
          } else if (kind === 'reset') {
            launches = [];
            bench.supervisor.reset();
            bench.do(bench.supervisor.tick(bench.nowMs));
          } else if (kind === 'time') bench.run(s, inTime);
          else if (kind === 'slow') bench.run(s, tooSlow);
          else if (kind === 'silence') bench.run(s);
          check();
          // One more than restarts after crashes: the first launch; and those after a rest.
          const rests = bench.actions.filter(
            (action) => action.type === 'replace' && action.rungs.length === 0,
          );
          assert.ok(launches.length <= MAX_CRASHES + 1 + rests.length, 'I2');
        }
      }),
      { numRuns: 300 },
    );
  });
});
