import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { DEFAULT_SETTINGS, SqlChatStore } from './chat-store.ts';
import { message } from './room.test-support.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const database = await testDatabase();
const store = new SqlChatStore(database);

test('write() keeps messages as they were, once, and load() gives them back', async () => {
  const rich = message(1, {
    streamTime: 12.345,
    broadcastId: 'b1',
    author: { id: 'u', name: "O'Neil \\ {x}", roles: ['moderator', 'vip'] },
    fragments: [
      { type: 'text', text: 'a "b" \\u0000 {1,2} ' },
      { type: 'link', text: 'http://a', url: 'http://a/' },
    ],
    isPaid: true,
  });
  const batch = [rich, message(2), message(3, { replyTo: rich.id })].map((entry) => {
    return { streamId: 's', entry, epoch: 'e1', nonce: entry.seq === 2 ? 'mine' : null };
  });
  await store.write(batch.slice(0, 2), NOW);
  await store.write(batch, NOW);
  const { settings, lastSeq, recent } = await store.load('s', 10);
  assert.deepEqual(settings, DEFAULT_SETTINGS);
  assert.equal(lastSeq, 3);
  assert.deepEqual(
    recent,
    batch.map(({ streamId: _, ...numbered }) => numbered),
  );
  assert.deepEqual(
    (await store.load('s', 1)).recent.map(({ entry }) => entry.seq),
    [3],
  );
});

test('write() takes removed messages out of what is loaded, but not out of the count', async () => {
  const batch = [1, 2].map((seq) => ({
    ...{ streamId: 'r', epoch: 'e', nonce: null },
    entry: message(seq, { id: `r${seq}` }),
  }));
  const removal = { type: 'removal', seq: 3, ids: ['r2', 'of another'] } as const;
  await store.write(
    [...batch, { ...batch[0], streamId: 'r', epoch: 'e', nonce: null, entry: removal }],
    NOW,
  );
  const { lastSeq, recent } = await store.load('r', 10);
  assert.equal(lastSeq, 2);
  assert.deepEqual(
    recent.map(({ entry }) => entry.id),
    ['r1'],
  );
});

test('write() hides what an author wrote before a purge, and all before a clear', async () => {
  const context = { streamId: 'p', epoch: 'e', nonce: null };
  const said = (seq: number, author: string) => ({
    ...context,
    entry: message(seq, { id: `p${seq}`, author: { id: author, name: author, roles: [] } }),
  });
  const shown = async () => (await store.load('p', 10)).recent.map(({ entry }) => entry.seq);
  const purge = { type: 'purge', seq: 3, authorId: 'a', authorName: 'A', durationS: 60 } as const;
  await store.write([said(1, 'a'), said(2, 'b'), { ...context, entry: purge }, said(4, 'a')], NOW);
  assert.deepEqual(await shown(), [2, 4]);
  assert.deepEqual(await store.hidden('p', ['p1', 'p2', 'p9']), ['p1']);
  await store.write([{ ...context, entry: { type: 'clear', seq: 5 } }, said(6, 'b')], NOW);
  assert.deepEqual(await shown(), [6]);
});

test('write() hides what an author wrote before a ban that was told first', async () => {
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ('h', 'usr_ada', 'Title', 'idle', now(), now())`,
  );
  await database.query(
    `insert into chat_bans (stream_id, author_id, author_name, created_at)
     values ('h', 'a', 'A', '2026-01-01T00:00:10Z')`,
  );
  const said = (seq: number, author: string, timestamp: string) => ({
    ...{ streamId: 'h', epoch: 'e', nonce: null },
    entry: message(seq, {
      ...{ id: `h${seq}`, timestamp, author: { id: author, name: author, roles: [] } },
    }),
  });
  const before = '2026-01-01T00:00:09Z';
  await store.write(
    [said(1, 'a', before), said(2, 'b', before), said(3, 'a', '2026-01-01T00:00:11Z')],
    NOW,
  );
  assert.deepEqual(await store.hidden('h', ['h1', 'h2', 'h3']), ['h1']);
});

test('changeSettings() keeps what was said last, and what nobody spoke of', async () => {
  const last = {
    ...{ slowModeS: 0, guestsMayPost: false, subscribersOnly: true, followersOnlyMinutes: 0 },
    ...{ emoteOnly: true, uniqueChat: true, shield: true },
  };
  const { slowModeS, ...others } = last;
  assert.deepEqual(await store.settings('t'), DEFAULT_SETTINGS);
  assert.deepEqual(await store.changeSettings('t', { slowModeS }, NOW), {
    ...{ ...DEFAULT_SETTINGS, slowModeS },
  });
  assert.deepEqual(await store.changeSettings('t', others, NOW), last);
  const { settings } = await store.load('t', 1);
  assert.deepEqual(settings, last);
});
