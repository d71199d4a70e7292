import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamStatus } from '../../contract/index.ts';
import type { StreamRecord } from '../store/streams/index.ts';
import { beginBroadcast, endBroadcast, statusOf } from './stream.ts';

const idle: StreamRecord = {
  id: 's1',
  broadcasterId: 'anna',
  title: 'Show',
  createdAtMs: 1,
  keyHash: 'ab'.repeat(32),
  keyLast4: 'wxyz',
  broadcast: null,
};
const live: StreamRecord = { ...idle, broadcast: { id: 'b1', startedAtMs: 10, endedAtMs: null } };
const ended: StreamRecord = { ...idle, broadcast: { id: 'b1', startedAtMs: 10, endedAtMs: 20 } };
const NOW = 30;

const events = {
  begin: (record: StreamRecord) => beginBroadcast(record, { id: 'b2', nowMs: NOW }),
  end: (record: StreamRecord) => endBroadcast(record, { id: 'b1', nowMs: NOW }),
  'end of another': (record: StreamRecord) => endBroadcast(record, { id: 'b0', nowMs: NOW }),
};

const begun = { id: 'b2', startedAtMs: NOW, endedAtMs: null };
const transitions: Record<
  'idle' | 'live' | 'ended',
  Record<keyof typeof events, readonly [StreamStatus, StreamRecord['broadcast']]>
> = {
  idle: { begin: ['live', begun], end: ['idle', null], 'end of another': ['idle', null] },
  live: {
    begin: ['live', begun],
    end: ['ended', { id: 'b1', startedAtMs: 10, endedAtMs: NOW }],
    'end of another': ['live', live.broadcast],
  },
  ended: {
    begin: ['live', begun],
    end: ['ended', ended.broadcast],
    'end of another': ['ended', ended.broadcast],
  },
};

for (const [status, record] of Object.entries({ idle, live, ended })) {
  for (const [name, apply] of Object.entries(events)) {
    test(`a stream that is ${status} goes on right after ${name}`, () => {
      const row = transitions[status as keyof typeof transitions];
      const [expectedStatus, expectedBroadcast] = row[name as keyof typeof events];
      assert.equal(statusOf(record.broadcast), status);
      const after = apply(record);
      assert.equal(statusOf(after.broadcast), expectedStatus);
      assert.deepEqual(after, { ...record, broadcast: expectedBroadcast });
    });
  }
}

test('endBroadcast() of a clock set back ends when it began, not before', () => {
  const after = endBroadcast(live, { id: 'b1', nowMs: 4 });
  assert.deepEqual(after.broadcast, { id: 'b1', startedAtMs: 10, endedAtMs: 10 });
});
