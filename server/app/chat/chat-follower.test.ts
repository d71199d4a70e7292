import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import { ManualClock, silentLog } from '../../base/index.ts';
import type { Bearer } from '../../community/chat/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { type Attendant, ChatFollower } from './chat-follower.ts';

const ROUND_MS = 3_000;

/** A chat with one stream and what became of who is in it. */
async function start(context: TestContext, { operatorToken }: { operatorToken?: string } = {}) {
  const clock = new ManualClock();
  const accounts = await emptyAccounts({ clock, operatorToken });
  const database = await testDatabase();
  const now = new Date(clock.epochMs());
  const later = new Date(now.getTime() + 3_600_000);
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ('s1', 'usr_a', 'Title', 'idle', $1, $1)`,
    [now],
  );
  await database.query(
    `insert into users (id, name, display_name, role, created_at)
     values ('usr_a', 'anna', 'Anna', 'broadcaster', $1), ('usr_b', 'bob', 'Bob', 'viewer', $1)`,
    [now],
  );
  await database.query(
    `insert into sessions (id_hash, user_id, created_at, last_seen_at, expires_at)
     values ('ha', 'usr_a', $1, $1, $2), ('hb', 'usr_b', $1, $1, $2)`,
    [now, later],
  );
  await database.query(
    `insert into api_tokens (id, user_id, name, secret_hash, last4, scopes, created_at)
     values ('tok_b', 'usr_b', 'bot', 'x', '1234', '{chat:write}', $1)`,
    [now],
  );
  const told: string[] = [];
  const open = new Set(['s1']);
  const attendantOf = (name: string, bearer: Bearer | undefined): Attendant => ({
    ...{ bearer, streamId: 's1' },
    signOut: () => told.push(`${name} signed out`),
    restate: ({ id, role }, ownerId) => told.push(`${name} is ${id} ${role} of ${ownerId}`),
    sendAway: () => told.push(`${name} sent away`),
  });
  const present = [
    attendantOf('anna', { kind: 'session', idHash: 'ha', userId: 'usr_a' }),
    attendantOf('bob', { kind: 'session', idHash: 'hb', userId: 'usr_b' }),
    attendantOf('bot', { kind: 'token', id: 'tok_b' }),
    attendantOf('operator', { kind: 'operator' }),
    attendantOf('guest', undefined),
  ];
  let rounds = 0;
  const finished = Promise.withResolvers<void>();
  let waiting = finished;
  const follower = new ChatFollower({
    ...{ database, accounts, log: silentLog },
    clock: {
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs(),
      after: (delayMs, task) => {
        rounds += 1;
        if (rounds > 1) waiting.resolve();
        return clock.after(delayMs, task);
      },
    },
    chat: { streams: open, end: (id) => void (open.delete(id) && told.push(`${id} ended`)) },
    attendants: () => present,
  });
  context.after(() => follower.close());
  /** What is told in the next round. */
  const round = async (): Promise<readonly string[]> => {
    told.length = 0;
    waiting = Promise.withResolvers();
    clock.advance(ROUND_MS);
    await waiting.promise;
    return [...told];
  };
  return { accounts, database, round };
}

const BY = { kind: 'operator', id: null, remoteAddress: null } as const;
const ANNA = 'anna is usr_a broadcaster of usr_a';
const BOT = 'bot is usr_b viewer of usr_a';

test('ChatFollower signs out whose session or token ended, and tells others what they are', async (context) => {
  const { accounts, round } = await start(context, { operatorToken: 'a-secret' });
  assert.deepEqual(await round(), [ANNA, 'bob is usr_b viewer of usr_a', BOT]);
  assert.equal(await accounts.sessions.revoke('usr_b', 'hb', BY), undefined);
  assert.deepEqual(await round(), [ANNA, 'bob signed out', BOT]);
  assert.equal(await accounts.tokens.revoke('usr_b', 'tok_b', BY), undefined);
  assert.deepEqual(await round(), [ANNA, 'bob signed out', 'bot signed out']);
});

test('ChatFollower tells a changed role, and signs out who was disabled', async (context) => {
  const { database, round } = await start(context, { operatorToken: 'a-secret' });
  await database.query(`update users set role = 'moderator' where id = 'usr_b'`);
  const moderates = 'usr_b moderator of usr_a';
  assert.deepEqual(await round(), [ANNA, `bob is ${moderates}`, `bot is ${moderates}`]);
  await database.query(`update users set disabled_at = now() where id = 'usr_b'`);
  assert.deepEqual(await round(), [ANNA, 'bob signed out', 'bot signed out']);
});

test('ChatFollower signs out who was the operator by sitting at a machine without accounts', async (context) => {
  const { round } = await start(context);
  assert.ok((await round()).includes('operator signed out'));
});

test('ChatFollower ends a chat that is switched off, and that of a deleted stream', async (context) => {
  for (const statement of [
    `update streams set chat_enabled = false where id = 's1'`,
    `delete from streams where id = 's1'`,
  ]) {
    const { database, round } = await start(context, { operatorToken: 'a-secret' });
    await database.query(statement);
    const [ended, ...others] = await round();
    assert.equal(ended, 's1 ended');
    assert.deepEqual(
      others.filter((each) => each.endsWith('sent away')),
      ['anna', 'bob', 'bot', 'operator', 'guest'].map((name) => `${name} sent away`),
    );
  }
});
