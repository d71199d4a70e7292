import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatFailover } from '../support/chat-failover.ts';
import { needs } from '../support/component.ts';

const SOCKETS = 200;
/** Generous: other tests run beside it. */
const SLOWEST_MS = 10_000;

test(
  'who read on a server that is killed goes on at another one, without a gap or a repeat',
  needs('postgres', 'redis'),
  async (context) => {
    const result = await chatFailover(context, SOCKETS);
    const { slowestMs, messages, posted, lost, repeated, resyncs, missing } = result;
    assert.deepEqual(
      { lost, repeated, resyncs, missing },
      { lost: 0, repeated: 0, resyncs: 0, missing: 0 },
    );
    assert.ok(slowestMs <= SLOWEST_MS, `the slowest came back after ${slowestMs} ms`);
    assert.ok(messages > 30, `${messages} messages`);
    assert.equal(posted, messages, 'each post is there once');
  },
);
