import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STREAM_STATUSES, type StreamStatus } from '../../contract/index.ts';
import {
  ACTION_TARGET,
  type BroadcastEffect,
  LIFECYCLE,
  refuseTransition,
  type StreamAction,
} from './lifecycle.ts';

const NO = 'invalid_transition';

/** Written out once more, cell by cell: the two must agree. */
const expected: Record<StreamAction, Record<StreamStatus, BroadcastEffect | typeof NO>> = {
  schedule: { scheduled: 'none', idle: 'none', live: NO, reconnecting: NO, ended: 'none' },
  unschedule: { scheduled: 'none', idle: NO, live: NO, reconnecting: NO, ended: NO },
  connect: {
    scheduled: 'begins',
    idle: 'begins',
    live: 'begins',
    reconnecting: 'begins',
    ended: 'begins',
  },
  start: { scheduled: 'begins', idle: 'begins', live: NO, reconnecting: NO, ended: 'begins' },
  join: { scheduled: NO, idle: NO, live: 'goes on', reconnecting: NO, ended: NO },
  lose: { scheduled: NO, idle: NO, live: 'goes on', reconnecting: NO, ended: NO },
  resume: { scheduled: NO, idle: NO, live: NO, reconnecting: 'goes on', ended: NO },
  expire: { scheduled: NO, idle: NO, live: 'ends', reconnecting: 'ends', ended: NO },
  end: { scheduled: NO, idle: NO, live: 'ends', reconnecting: 'ends', ended: NO },
};

for (const [name, row] of Object.entries(expected)) {
  const action = name as StreamAction;
  for (const status of STREAM_STATUSES) {
    const effect = row[status];
    test(`LIFECYCLE of ${status} on ${action} says ${effect}`, () => {
      assert.equal(LIFECYCLE[status][action] ?? NO, effect);
      const refusal = refuseTransition({ id: 's1', status }, action);
      if (effect !== NO) {
        assert.equal(refusal, undefined);
        return;
      }
      assert.equal(refusal?.refused, NO);
      for (const state of [status, ACTION_TARGET[action]]) {
        assert.ok(refusal?.detail.includes(state), `${refusal?.detail} names ${state}`);
      }
    });
  }
}

test('LIFECYCLE has a broadcast on air exactly while a stream is live or reconnecting', () => {
  const isOnAir = (status: StreamStatus) => status === 'live' || status === 'reconnecting';
  for (const status of STREAM_STATUSES) {
    for (const [name, effect] of Object.entries(LIFECYCLE[status])) {
      if (effect === null) continue;
      const after = isOnAir(ACTION_TARGET[name as StreamAction]);
      assert.equal(after, effect === 'begins' || effect === 'goes on', `${status} ${name}`);
      if (effect === 'goes on' || effect === 'ends') assert.ok(isOnAir(status));
    }
  }
});

test('refuseTransition() says why in one sentence', () => {
  const words = (status: StreamStatus, action: StreamAction) =>
    refuseTransition({ id: 'abc', status }, action)?.detail;
  assert.equal(words('live', 'start'), 'Cannot start stream abc: it is live already');
  assert.equal(
    words('idle', 'end'),
    'Cannot end stream abc: a stream that is idle cannot become ended',
  );
});
