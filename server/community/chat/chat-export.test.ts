import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { type ChatExport, exportChat } from './chat-export.ts';
import { SqlChatStore } from './chat-store.ts';
import { message } from './room.test-support.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const COUNT = 1_203;
const database = await testDatabase();
const store = new SqlChatStore(database);
const entries = Array.from({ length: COUNT }, (_, index) =>
  message(index + 1, { broadcastId: index < 1_000 ? 'b1' : 'b2' }),
);
await store.write(
  entries.map((entry) => ({ streamId: 's', entry, epoch: 'e', nonce: null })),
  NOW,
);
const removal = { type: 'removal', seq: COUNT + 1, ids: [entries[4]?.id ?? ''] } as const;
await store.write([{ streamId: 's', entry: removal, epoch: 'e', nonce: null }], NOW);

async function linesOf(wanted: Partial<ChatExport> = {}) {
  const pieces: string[] = [];
  for await (const piece of exportChat(database, {
    streamId: 's',
    withRemoved: false,
    ...wanted,
  })) {
    pieces.push(piece);
  }
  const lines = pieces.join('').split('\n').slice(0, -1);
  return { pieces: pieces.length, messages: lines.map((line) => JSON.parse(line)) };
}

test('exportChat() gives each message on a line of its own, a page at a time', async () => {
  const { pieces, messages } = await linesOf();
  assert.equal(pieces, 3);
  assert.deepEqual(
    messages,
    entries.filter(({ seq }) => seq !== 5),
  );
  assert.deepEqual((await linesOf({ streamId: 'other' })).messages, []);
});

test('exportChat() gives one broadcast alone, and what was removed when that is wanted', async () => {
  assert.equal((await linesOf({ broadcastId: 'b2' })).messages.length, COUNT - 1_000);
  const { messages } = await linesOf({ broadcastId: 'b1', withRemoved: true });
  assert.equal(messages.length, 1_000);
  assert.deepEqual(messages[4], { ...entries[4], removedAt: NOW.toISOString() });
  assert.equal(messages.filter((each) => 'removedAt' in each).length, 1);
});

test('exportChat() gives what two servers said apart, each once, in the order of time', async () => {
  const said = (seq: number, posted: number) => {
    const timestamp = new Date(NOW.getTime() + posted * 1_000).toISOString();
    return message(seq, { id: `msg_t${posted}`, timestamp });
  };
  // Both give the numbers 1 to 600, by turns, and the second one is told last.
  const runs = ['a', 'b'].map((epoch, server) =>
    Array.from({ length: 600 }, (_, index) => {
      return { streamId: 'apart', entry: said(index + 1, 2 * index + server), epoch, nonce: null };
    }),
  );
  await store.write(runs.flat(), NOW);
  const { messages } = await linesOf({ streamId: 'apart' });
  assert.deepEqual(
    messages.map(({ id }) => id),
    Array.from({ length: 1_200 }, (_, index) => `msg_t${index}`),
  );
});

test('exportChat() takes what was said in one moment by number, over the end of a page', async () => {
  const unkept = Array.from({ length: 501 }, (_, index) => {
    const entry = message(501 - index, { timestamp: NOW.toISOString() });
    return { streamId: 'moment', entry: { ...entry, id: `msg_m${entry.seq}` }, nonce: null };
  });
  // One number twice, on both sides of the end.
  const twice = { ...message(500, { timestamp: NOW.toISOString() }), id: 'msg_twice' };
  await store.write(
    [...unkept, { streamId: 'moment', entry: twice, nonce: null }].map((each) => {
      return { ...each, epoch: each.entry === twice ? 'z' : 'e' };
    }),
    NOW,
  );
  const { messages } = await linesOf({ streamId: 'moment' });
  assert.deepEqual(
    messages.slice(498).map(({ id }) => id),
    ['msg_m499', 'msg_m500', 'msg_twice', 'msg_m501'],
  );
  assert.equal(messages.length, 502);
});
