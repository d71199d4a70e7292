import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { ChatReplay, type ReplayRange } from './chat-replay.ts';
import { SqlChatStore } from './chat-store.ts';
import { message } from './room.test-support.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const database = await testDatabase();
const replay = new ChatReplay(database);

/** Media time of each message of b1, in seconds: some at the same moment, one of them out of order. */
const TIMES = [0, 1, 1, 1, 2.5, 7, 6, 9];
const entries = TIMES.map((streamTime, index) =>
  message(index + 1, { id: `p${index + 1}`, streamTime, broadcastId: 'b1' }),
);
const elsewhere = [
  message(20, { id: 'p20', streamTime: 1, broadcastId: 'b2' }),
  message(21, { id: 'p21', streamTime: 1, broadcastId: null }),
];
const kept = { epoch: 'e', nonce: null };
await new SqlChatStore(database).write(
  [
    ...[...entries, ...elsewhere].map((entry) => ({ ...kept, streamId: 's', entry })),
    { ...kept, streamId: 's', entry: { type: 'removal', seq: 30, ids: ['p3'] } },
  ],
  NOW,
);

const range = (changes: Partial<ReplayRange>): ReplayRange => ({
  ...{ streamId: 's', broadcastId: 'b1', fromMs: 0, toMs: null },
  ...{ order: 'oldest', beyond: null, limit: 200, ...changes },
});

async function idsOf(changes: Partial<ReplayRange>): Promise<string> {
  const { messages } = await replay.page(range(changes));
  return messages.map(({ id }) => id).join(' ');
}

test('page() gives what was said in a range of media time, but what was taken back', async () => {
  assert.equal(await idsOf({}), 'p1 p2 p4 p5 p7 p6 p8');
  assert.equal(await idsOf({ fromMs: 1_000, toMs: 6_000 }), 'p2 p4 p5', 'from, and not to');
  assert.equal(await idsOf({ fromMs: 1_001, toMs: 6_001 }), 'p5 p7');
  assert.equal(await idsOf({ toMs: 7_000, order: 'newest', limit: 2 }), 'p5 p7', 'oldest first');
  assert.equal(await idsOf({ broadcastId: 'b2' }), 'p20');
  assert.equal(await idsOf({ broadcastId: 'none' }), '');
  assert.equal(await idsOf({ streamId: 'other' }), '', 'a broadcast of another stream');
});

test('page() gives a message as the room has it', async () => {
  const { messages } = await replay.page(range({ limit: 1 }));
  assert.deepEqual(messages, [entries[0]]);
});

test('page() gives each message once, whatever the size of the pages', async () => {
  const whole = await idsOf({});
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('oldest' as const, 'newest' as const),
      async (limit, order) => {
        const pages: string[] = [];
        let beyond: ReplayRange['beyond'] = null;
        do {
          const { messages, next } = await replay.page(range({ order, limit, beyond }));
          pages.push(messages.map(({ id }) => id).join(' '));
          beyond = next;
        } while (beyond !== null);
        assert.equal((order === 'oldest' ? pages : pages.reverse()).join(' '), whole);
      },
    ),
    { numRuns: 18 },
  );
});
