import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHAT_CLOSE, type ChatFrame } from '../../contract/index.ts';
import { message, welcome } from './chat.test-support.ts';
import {
  comeBackMs,
  type LinkEvent,
  type LinkState,
  type LinkStep,
  openLink,
  stepLink,
} from './chat-link.ts';

/** The middle of the jitter: waits are exactly their nominal length. */
const MIDDLE = 0.5;

function after(events: readonly LinkEvent[], guest: string | null = null): LinkStep {
  let step = openLink(guest);
  for (const event of events) step = stepLink(step.state, event, MIDDLE);
  return step;
}

const frame = (came: ChatFrame): LinkEvent => ({ kind: 'frame', frame: came });
const closed = (code: number): LinkEvent => ({ kind: 'closed', code });
const wake: LinkEvent = { kind: 'wake' };
const JOINED = [
  frame(welcome({ epoch: 'e1', guest: 'token' })),
  frame({ type: 'history', seq: 7, entries: [message(7)] }),
];

test('openLink() connects at once, as the guest of an earlier visit', () => {
  const { state, effect } = openLink('mine');
  assert.equal(state.phase, 'connecting');
  assert.deepEqual(effect, { kind: 'connect', resume: null, guest: 'mine', asGuest: false });
});

test('stepLink() comes back to where it was, as who it was', () => {
  const entries = frame({ type: 'entries', seq: 9, skipped: 0, entries: [message(8), message(9)] });
  const { state, effect } = after([...JOINED, entries, closed(1006), wake]);
  assert.equal(state.phase, 'connecting');
  const resume = { epoch: 'e1', seq: 9 };
  assert.deepEqual(effect, { kind: 'connect', resume, guest: 'token', asGuest: false });
});

test('stepLink() asks for history again when it was cut off before any', () => {
  const { effect } = after([frame(welcome({})), closed(1001), wake]);
  assert.ok(effect?.kind === 'connect');
  assert.equal(effect.resume, null);
  const renewed = after([...JOINED, closed(1006), wake, frame(welcome({ epoch: 'e2' }))]);
  assert.equal(renewed.state.seq, null, 'history comes, and has a number of its own');
});

test('stepLink() keeps its place over a resumed welcome', () => {
  const again = frame(welcome({ epoch: 'e2', isResumed: true }));
  const { state } = after([...JOINED, closed(1006), wake, again]);
  assert.deepEqual([state.phase, state.epoch, state.seq, state.failures], ['joined', 'e2', 7, 0]);
});

/** Close codes, and what follows: how long it waits, or that it does not come back. */
const CODES: readonly (readonly [keyof typeof CHAT_CLOSE | number, number | string])[] = [
  [1000, 500],
  [1001, 500],
  [1006, 500],
  [1009, 'outdated'],
  ['join_timeout', 500],
  ['bad_frame', 'outdated'],
  ['bad_ticket', 500],
  ['flood', 5_500],
  ['too_slow', 500],
  ['unavailable', 5_500],
  ['silent', 500],
  ['closed', 'closed'],
  ['signed_out', 500],
];

test('stepLink() comes back by close code: soon, after a rest, or not at all', () => {
  for (const [code, expected] of CODES) {
    const number = typeof code === 'number' ? code : CHAT_CLOSE[code];
    const { state, effect } = after([...JOINED, closed(number)]);
    const shown = effect?.kind === 'wake' ? effect.afterMs : state.stopped;
    assert.equal(shown, expected, String(code));
  }
});

test('stepLink() comes as a guest once its session has ended', () => {
  const { effect } = after([...JOINED, closed(CHAT_CLOSE.signed_out), wake, closed(1006), wake]);
  assert.ok(effect?.kind === 'connect');
  assert.equal(effect.asGuest, true);
});

test('comeBackMs() doubles up to six seconds, and lets chance spread a crowd', () => {
  const waits = [1, 2, 3, 4, 5, 6, 60].map((failures) => comeBackMs(failures, MIDDLE));
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 6_000, 6_000, 6_000]);
  assert.equal(comeBackMs(1, 0), 250);
  assert.equal(comeBackMs(1, 0.999_9), 750);
});

test('stepLink() never strands a visit: it is connecting, joined, due to wake up, or at its end', () => {
  const codes = [1000, 1001, 1006, 1009, ...Object.values(CHAT_CLOSE)];
  const event = fc.oneof(
    fc.constantFrom<LinkEvent>(...JOINED, wake, { kind: 'nudge' }),
    fc.constantFrom(...codes).map(closed),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let { state }: { state: LinkState } = openLink(null);
      let isConnecting = true;
      let isDue = false;
      for (const next of events) {
        // A socket says nothing where there is none, and nothing wakes up that was not asked to.
        if (next.kind === 'wake' ? !isDue : next.kind !== 'nudge' && !isConnecting) continue;
        const step = stepLink(state, next, MIDDLE);
        state = step.state;
        if (next.kind === 'closed') isConnecting = false;
        if (next.kind === 'wake') isDue = false;
        if (step.effect?.kind === 'wake') isDue = true;
        if (step.effect?.kind === 'connect') {
          assert.equal(isConnecting, false, 'two sockets at once');
          isConnecting = true;
          isDue = false;
        }
      }
      assert.ok(isConnecting || isDue || state.phase === 'stopped');
    }),
  );
});
