import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  openWatch,
  stepWatch,
  type WatchEvent,
  type WatchPhase,
  type WatchState,
} from './watch-state.ts';

/** The middle of the jitter: waits are exactly their nominal length. */
const MIDDLE = 0.5;

const EVENTS: Readonly<Record<string, WatchEvent>> = {
  picture: { kind: 'picture' },
  steady: { kind: 'steady' },
  stalled: { kind: 'stalled' },
  failed: { kind: 'failed' },
  tooEarly: { kind: 'tooEarly' },
  mediaFailed: { kind: 'mediaFailed' },
  notLive: { kind: 'notLive' },
  playlistEnded: { kind: 'playlistEnded' },
  sameBroadcast: { kind: 'status', air: 'live', broadcastId: 'b1' },
  newBroadcast: { kind: 'status', air: 'live', broadcastId: 'b2' },
  offAir: { kind: 'status', air: 'off', broadcastId: 'b1' },
  neverLive: { kind: 'status', air: 'off', broadcastId: null },
  interrupted: { kind: 'status', air: 'interrupted', broadcastId: 'b1' },
  returning: { kind: 'status', air: 'returning', broadcastId: 'b1' },
  unknownStream: { kind: 'unknownStream' },
  statusFailed: { kind: 'statusFailed' },
  wake: { kind: 'wake' },
  unsupported: { kind: 'unsupported' },
};

/** Each phase as a visit reaches it: b1 is the broadcast known, and closed once it has ended. */
const STATES: Readonly<Record<WatchPhase, WatchState>> = {
  starting: at('starting', 'b1', null),
  live: at('live', 'b1', null),
  reconnecting: { ...at('reconnecting', 'b1', null), failures: 3 },
  interrupted: at('interrupted', 'b1', null),
  closing: at('closing', 'b1', 'b1'),
  away: at('away', 'b1', 'b1'),
  waiting: at('waiting', null, null),
  ended: at('ended', 'b1', 'b1'),
  missing: { ...at('missing', null, null), failures: 1 },
  unsupported: at('unsupported', 'b1', null),
};

/** One row an event, one column a phase: "phase after: effects". A dot: nothing happens. */
const TABLE = `
event         | starting                 | live                     | reconnecting               | interrupted              | closing                  | away                     | waiting                  | ended                    | missing                   | unsupported
picture       | live:                    | .                        | live:                      | .                        | .                        | .                        | .                        | .                        | .                         | .
steady        | .                        | .                        | .                          | .                        | .                        | .                        | .                        | .                        | .                         | .
stalled       | .                        | live: poll               | .                          | .                        | .                        | .                        | .                        | .                        | .                         | .
failed        | starting: wake500        | reconnecting: wake500    | reconnecting: wake4000     | .                        | .                        | .                        | .                        | .                        | .                         | .
tooEarly      | starting: wake300        | live: wake300            | reconnecting: wake300      | .                        | .                        | .                        | .                        | .                        | .                         | .
mediaFailed   | starting: recoverMedia   | live: recoverMedia       | reconnecting: recoverMedia | .                        | .                        | .                        | .                        | .                        | .                         | .
notLive       | starting: wake500        | ended: unload wake800    | ended: unload wake800      | ended: unload wake800    | .                        | .                        | .                        | .                        | .                         | .
playlistEnded | closing: poll            | closing: poll            | closing: poll              | closing: poll            | .                        | .                        | .                        | .                        | .                         | .
sameBroadcast | .                        | .                        | .                          | starting: load           | closing: wake800         | away: wake800            | starting: load           | ended: wake800           | starting: load            | .
newBroadcast  | .                        | starting: load           | .                          | starting: load           | starting: load           | starting: load           | starting: load           | starting: load           | starting: load            | .
offAir        | ended: unload wake800    | .                        | ended: unload wake800      | ended: unload wake800    | ended: unload wake800    | ended: wake800           | ended: wake800           | ended: wake800           | ended: wake800            | .
neverLive     | waiting: unload wake800  | .                        | waiting: unload wake800    | waiting: unload wake800  | waiting: unload wake800  | waiting: wake800         | waiting: wake800         | waiting: wake800         | waiting: wake800          | .
interrupted   | interrupted: wake800     | interrupted: wake800     | interrupted: wake800       | interrupted: wake800     | interrupted: wake800     | interrupted: wake800     | interrupted: wake800     | interrupted: wake800     | interrupted: wake800      | .
returning     | away: unload wake800     | .                        | away: unload wake800       | away: unload wake800     | away: unload wake800     | away: wake800            | away: wake800            | away: wake800            | away: wake800             | .
unknownStream | missing: unload wake5000 | missing: unload wake5000 | missing: unload wake5000   | missing: unload wake5000 | missing: unload wake5000 | missing: unload wake5000 | missing: unload wake5000 | missing: unload wake5000 | missing: unload wake10000 | .
statusFailed  | .                        | .                        | .                          | interrupted: wake500     | away: unload wake500     | away: wake500            | waiting: wake500         | ended: wake500           | missing: wake1000         | .
wake          | starting: load poll      | .                        | reconnecting: load poll    | interrupted: poll        | closing: poll            | away: poll               | waiting: poll            | ended: poll              | missing: poll             | .
unsupported   | unsupported: unload      | unsupported: unload      | unsupported: unload        | unsupported: unload      | unsupported: unload      | unsupported: unload      | unsupported: unload      | unsupported: unload      | unsupported: unload       | .
`;

test('stepWatch() follows the whole transition table', () => {
  const [head, ...rows] = TABLE.trim().split('\n').map(cells);
  const phases = (head ?? []).slice(1);
  assert.deepEqual(phases.toSorted(), Object.keys(STATES).toSorted(), 'a column for every phase');
  assert.deepEqual(
    rows.map(([event]) => event),
    Object.keys(EVENTS),
    'a row for every event',
  );
  for (const [name, ...expected] of rows) {
    for (const [column, phase] of phases.entries()) {
      const actual = outcome(STATES[phase as WatchPhase], EVENTS[name ?? ''] ?? assert.fail());
      assert.equal(actual, expected[column], `${name} while ${phase}`);
    }
  }
});

test('openWatch() asks for the playlist and the status at once', () => {
  const { state, effects } = openWatch(true);
  assert.equal(state.phase, 'starting');
  assert.deepEqual(effects, [{ kind: 'load' }, { kind: 'poll' }]);
});

test('openWatch() asks for the status alone when nothing is on air', () => {
  const { state, effects } = openWatch(false);
  assert.equal(state.phase, 'waiting');
  assert.deepEqual(effects, [{ kind: 'poll' }]);
  const live = stepWatch(state, { kind: 'status', air: 'live', broadcastId: 'b1' }, MIDDLE);
  assert.deepEqual([live.state.phase, live.effects], ['starting', [{ kind: 'load' }]]);
});

test('stepWatch() waits 0.5, 1, 2, 4 and then always 4 s between failures, until a picture comes', () => {
  let state = STATES.live;
  const waits: number[] = [];
  for (let failure = 0; failure < 6; failure += 1) {
    const step = stepWatch(state, { kind: 'failed' }, MIDDLE);
    for (const effect of step.effects) if (effect.kind === 'wake') waits.push(effect.afterMs);
    state = step.state;
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  const again = stepWatch(
    stepWatch(state, { kind: 'picture' }, MIDDLE).state,
    { kind: 'failed' },
    0,
  );
  assert.deepEqual(again.effects, [{ kind: 'wake', afterMs: 375 }]);
});

test('stepWatch() calls a start a reconnection only from the third failure', () => {
  const phases: WatchPhase[] = [];
  let state = STATES.starting;
  for (let failure = 0; failure < 3; failure += 1) {
    state = stepWatch(state, { kind: 'failed' }, MIDDLE).state;
    phases.push(state.phase);
  }
  assert.deepEqual(phases, ['starting', 'starting', 'reconnecting']);
});

test('stepWatch() rejoins when the decoder fails a second time without steady playback between', () => {
  const recovered = stepWatch(STATES.live, { kind: 'mediaFailed' }, MIDDLE).state;
  const twice = stepWatch(recovered, { kind: 'mediaFailed' }, MIDDLE);
  assert.equal(twice.state.phase, 'reconnecting');
  const steady = stepWatch(recovered, { kind: 'steady' }, MIDDLE).state;
  const later = stepWatch(steady, { kind: 'mediaFailed' }, MIDDLE);
  assert.deepEqual(later.effects, [{ kind: 'recoverMedia' }]);
});

test('stepWatch() never strands a visit: whatever happens, a player is loaded or a wake-up is due', () => {
  const event = fc.constantFrom(...Object.values(EVENTS).filter((e) => e.kind !== 'unsupported'));
  fc.assert(
    fc.property(fc.boolean(), fc.array(event, { maxLength: 60 }), (isOnAir, events) => {
      // What the page holds while it waits: a player, a pending wake-up, or a question under way.
      const opening = openWatch(isOnAir);
      const pending = new Set<string>(opening.effects.map(({ kind }) => kind));
      let { state } = opening;
      for (const next of events) {
        if (!canHappen(next, pending)) continue;
        if (next.kind === 'wake') pending.delete('wake');
        if (['status', 'unknownStream', 'statusFailed'].includes(next.kind)) pending.delete('poll');
        const step = stepWatch(state, next, MIDDLE);
        for (const effect of step.effects) {
          if (effect.kind === 'load') pending.delete('wake');
          if (effect.kind === 'unload') pending.delete('load');
          else pending.add(effect.kind);
        }
        state = step.state;
        assert.ok(pending.size > 0, `stranded ${state.phase} after ${next.kind}`);
      }
    }),
  );
});

function canHappen(event: WatchEvent, pending: ReadonlySet<string>): boolean {
  if (event.kind === 'wake') return pending.has('wake');
  if (['status', 'unknownStream', 'statusFailed'].includes(event.kind)) return pending.has('poll');
  return pending.has('load');
}

function outcome(state: WatchState, event: WatchEvent): string {
  const step = stepWatch(state, event, MIDDLE);
  const effects = step.effects.map((effect) =>
    effect.kind === 'wake' ? `wake${effect.afterMs}` : effect.kind,
  );
  if (step.state.phase === state.phase && effects.length === 0) return '.';
  return `${step.state.phase}: ${effects.join(' ')}`.trim();
}

function cells(line: string): string[] {
  return line.split('|').map((cell) => cell.trim());
}

function at(
  phase: WatchPhase,
  broadcastId: string | null,
  finishedBroadcastId: string | null,
): WatchState {
  return { phase, failures: 0, mediaRecovered: false, broadcastId, finishedBroadcastId };
}
