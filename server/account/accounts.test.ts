import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import type { Role } from '../../contract/index.ts';
import { ManualClock, silentLog } from '../base/index.ts';
import { clear, testDatabase } from '../store/sql/database.test-support.ts';
import type { Actor } from '../store/sql/index.ts';
import { Accounts, type SignedIn } from './accounts.ts';
import { LoginLimits } from './login-limits.ts';
import type { Principal } from './principal.ts';

const DAY_MS = 86_400_000;
const HERE = { remoteAddress: '192.0.2.7', userAgent: 'Test\u001b[31m browser' };
const OPERATOR: Actor = { kind: 'operator', id: null, remoteAddress: '127.0.0.1' };
const PASSWORD = 'correct horse';

const database = await testDatabase();
beforeEach(() => clear(database));

/** What the slow hash was asked, in order. */
const asked: string[] = [];
const algorithm = {
  hash: async (password: string) => {
    asked.push('hash');
    return `kept ${password}`;
  },
  verify: async (kept: string, password: string) => {
    asked.push('verify');
    return kept === `kept ${password}`;
  },
};

async function open({ operatorToken }: { operatorToken?: string } = {}) {
  const clock = new ManualClock();
  const accounts = await Accounts.open({
    ...{ database, clock, randomBytes, algorithm, log: silentLog },
    ...{ limits: new LoginLimits(), operatorToken },
  });
  return { accounts, clock };
}

function got<T extends object>(answer: T): Exclude<T, { refused: unknown }> {
  assert.ok(!('refused' in answer), JSON.stringify(answer));
  return answer as Exclude<T, { refused: unknown }>;
}

function refusedAs(answer: object | undefined): unknown {
  return answer !== undefined && 'refused' in answer ? answer.refused : 'not refused';
}

async function join(accounts: Accounts, name: string, role: Role): Promise<SignedIn> {
  const { secret } = got(await accounts.invitations.invite(role, OPERATOR));
  return got(await accounts.accept(secret, { name, displayName: name, password: PASSWORD }, HERE));
}

const cookie = (sessionSecret: string) => ({
  ...{ sessionSecret, authorization: undefined, isLocal: false },
});
const bearer = (token: string) => ({
  ...{ authorization: `Bearer ${token}`, sessionSecret: undefined, isLocal: false },
});
const nobody = { authorization: undefined, sessionSecret: undefined, isLocal: false };

function kindOf(answer: Principal | { refused: string }): string {
  return 'refused' in answer ? answer.refused : answer.kind;
}

test('Invitations.openSetup() makes the first administrator once, with the newest link alone', async () => {
  const { accounts, clock } = await open();
  const first = await accounts.invitations.openSetup();
  const second = await accounts.invitations.openSetup();
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(refusedAs(await accounts.invitations.look(first)), 'invitation_not_found');
  const draft = { name: 'anna', displayName: 'Anna', password: PASSWORD };
  clock.advance(DAY_MS);
  assert.equal(refusedAs(await accounts.accept(second, draft, HERE)), 'invitation_not_found');

  const third = (await accounts.invitations.openSetup()) ?? '';
  const { user } = got(await accounts.accept(third, draft, HERE));
  assert.equal(user.role, 'admin');
  const again = { ...draft, name: 'berta' };
  assert.equal(refusedAs(await accounts.accept(third, again, HERE)), 'invitation_not_found');
  assert.equal(await accounts.invitations.openSetup(), undefined);
});

test('Accounts.accept() lets one of many use a link', async () => {
  const { accounts } = await open();
  const secret = (await accounts.invitations.openSetup()) ?? '';
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      accounts.accept(secret, { name: `name${index}`, displayName: 'x', password: PASSWORD }, HERE),
    ),
  );
  assert.equal(answers.filter((each) => !('refused' in each)).length, 1);
  assert.equal((await accounts.users.list({ limit: 100 })).length, 1);
});

test('Accounts.accept() refuses a name that somebody has, and the link stays good', async () => {
  const { accounts } = await open();
  await join(accounts, 'anna', 'admin');
  const { secret } = got(await accounts.invitations.invite('viewer', OPERATOR));
  const draft = { name: 'ANNA', displayName: 'Other', password: PASSWORD };
  assert.equal(refusedAs(await accounts.accept(secret, draft, HERE)), 'name_taken');
  const { user } = got(await accounts.accept(secret, { ...draft, name: 'berta' }, HERE));
  assert.equal(user.role, 'viewer');
});

test('Accounts.principalOf() takes loopback for the operator only before there is an account', async () => {
  const { accounts } = await open();
  const local = { ...nobody, isLocal: true };
  assert.deepEqual(await accounts.principalOf(local), { kind: 'operator', isLocal: true });
  assert.deepEqual(await accounts.principalOf(nobody), { kind: 'anonymous' });
  await join(accounts, 'anna', 'admin');
  assert.deepEqual(await accounts.principalOf(local), { kind: 'anonymous' });

  const { accounts: guarded } = await open({ operatorToken: 'swordfish' });
  assert.deepEqual(await guarded.principalOf(local), { kind: 'anonymous' });
  assert.deepEqual(await guarded.principalOf(bearer('swordfish')), { kind: 'operator' });
  assert.equal(kindOf(await guarded.principalOf(bearer('swordfisc'))), 'unauthorized');
});

test('Accounts.principalOf() refuses what is no bearer token, without asking on', async () => {
  const { accounts } = await open();
  const { sessionSecret } = await join(accounts, 'anna', 'admin');
  for (const authorization of ['', 'Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer \u0000']) {
    const answer = await accounts.principalOf({ authorization, sessionSecret, isLocal: true });
    assert.equal(kindOf(answer), 'unauthorized', authorization);
  }
});

test('Accounts.signIn() opens a session that is kept as a hash', async () => {
  const { accounts } = await open();
  await join(accounts, 'Anna', 'broadcaster');
  const { sessionSecret, user } = got(
    await accounts.signIn({ name: 'anna', password: PASSWORD }, HERE),
  );
  const principal = await accounts.principalOf(cookie(sessionSecret));
  assert.equal(kindOf(principal), 'user');
  const kept = await database.query<{ text: string }>(
    'select row_to_json(sessions)::text as text from sessions',
  );
  assert.equal(kept.length, 2);
  assert.ok(kept.every(({ text }) => !text.includes(sessionSecret)));
  const [latest] = await accounts.sessions.list(user.id);
  assert.equal(latest?.userAgent, 'Test?[31m browser');
});

test('Accounts.signIn() does the same work and says the same, whoever is asked for', async () => {
  const { accounts } = await open();
  await join(accounts, 'anna', 'admin');
  const { user } = await join(accounts, 'berta', 'viewer');
  got(await accounts.users.change(user.id, { isDisabled: true }, OPERATOR));
  const answers = [];
  for (const name of ['anna', 'berta', 'nobody', 'not a name \u0000', '']) {
    asked.length = 0;
    answers.push(await accounts.signIn({ name, password: 'wrong password' }, HERE));
    assert.deepEqual(asked, ['verify'], name);
  }
  assert.deepEqual(new Set(answers.map((each) => JSON.stringify(each))).size, 1);
  assert.equal(refusedAs(answers[0]), 'invalid_credentials');
  const right = await accounts.signIn({ name: 'berta', password: PASSWORD }, HERE);
  assert.equal(refusedAs(right), 'invalid_credentials');
});

test('Accounts.signIn() counts failures of an account, and asks the hash no more after them', async () => {
  const { accounts } = await open();
  await join(accounts, 'anna', 'admin');
  for (let index = 0; index < 10; index += 1) {
    await accounts.signIn({ name: 'anna', password: 'wrong' }, HERE);
  }
  asked.length = 0;
  const answer = await accounts.signIn({ name: 'anna', password: PASSWORD }, HERE);
  assert.equal(refusedAs(answer), 'too_many_requests');
  assert.deepEqual(asked, []);
});

test('Sessions lives while it is used, for 90 days at most', async () => {
  const { accounts, clock } = await open();
  const { sessionSecret } = await join(accounts, 'anna', 'admin');
  for (let day = 10; day < 90; day += 10) {
    clock.advance(10 * DAY_MS);
    assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'user', `day ${day}`);
  }
  clock.advance(10 * DAY_MS);
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
});

test('Sessions ends when it is not used for 14 days', async () => {
  const { accounts, clock } = await open();
  const { sessionSecret } = await join(accounts, 'anna', 'admin');
  clock.advance(14 * DAY_MS);
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
});

test('Sessions ends as well when an answer that stays open is all that it is used for', async () => {
  const { accounts, clock } = await open();
  const { sessionSecret } = await join(accounts, 'anna', 'admin');
  const old = { ...cookie(sessionSecret), isOld: true };
  clock.advance(13 * DAY_MS);
  assert.equal(kindOf(await accounts.principalOf(old)), 'user');
  clock.advance(DAY_MS);
  assert.equal(kindOf(await accounts.principalOf(old)), 'anonymous');
});

test('Sessions.revoke() ends its own at once, and never those of others', async () => {
  const { accounts } = await open();
  const anna = await join(accounts, 'anna', 'admin');
  const berta = await join(accounts, 'berta', 'viewer');
  const [session] = await accounts.sessions.list(anna.user.id);
  const idHash = session?.idHash ?? '';
  const foreign = await accounts.sessions.revoke(berta.user.id, idHash, OPERATOR);
  assert.equal(refusedAs(foreign), 'session_not_found');
  assert.equal(await accounts.sessions.revoke(anna.user.id, idHash, OPERATOR), undefined);
  assert.equal(kindOf(await accounts.principalOf(cookie(anna.sessionSecret))), 'anonymous');
});

test('Sessions keeps 20 of a person, the oldest make room', async () => {
  const { accounts, clock } = await open();
  const { user, sessionSecret } = await join(accounts, 'anna', 'admin');
  for (let index = 0; index < 25; index += 1) {
    clock.advance(1_000);
    got(await accounts.signIn({ name: 'anna', password: PASSWORD }, HERE));
  }
  assert.equal((await accounts.sessions.list(user.id)).length, 20);
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
});

test('Users.change() is effective with the next request', async () => {
  const { accounts } = await open();
  await join(accounts, 'anna', 'admin');
  const { user, sessionSecret } = await join(accounts, 'berta', 'broadcaster');
  const draft = { name: 'ci', scopes: ['admin'] as const, expiresAt: null };
  const { token } = got(await accounts.tokens.create(user.id, draft, OPERATOR));
  got(await accounts.users.change(user.id, { role: 'viewer' }, OPERATOR));
  for (const credentials of [cookie(sessionSecret), bearer(token)]) {
    const principal = await accounts.principalOf(credentials);
    assert.equal('role' in principal && principal.role, 'viewer');
  }
  got(await accounts.users.change(user.id, { isDisabled: true }, OPERATOR));
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
  assert.equal(kindOf(await accounts.principalOf(bearer(token))), 'unauthorized');
  // What was taken away does not come back with the account.
  got(await accounts.users.change(user.id, { isDisabled: false }, OPERATOR));
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
  assert.equal(kindOf(await accounts.principalOf(bearer(token))), 'unauthorized');
});

test('Users.change() keeps the last administrator', async () => {
  const { accounts } = await open();
  const anna = await join(accounts, 'anna', 'admin');
  for (const changes of [{ role: 'viewer' as const }, { isDisabled: true }]) {
    const answer = await accounts.users.change(anna.user.id, changes, OPERATOR);
    assert.equal(refusedAs(answer), 'last_admin');
  }
  const berta = await join(accounts, 'berta', 'admin');
  const both = await Promise.all(
    [anna, berta].map(({ user }) => accounts.users.change(user.id, { role: 'viewer' }, OPERATOR)),
  );
  assert.equal(both.filter((each) => refusedAs(each) === 'last_admin').length, 1);
});

test('ApiTokens shows a token once, and knows it until it expires or is revoked', async () => {
  const { accounts, clock } = await open();
  const { user } = await join(accounts, 'anna', 'admin');
  const draft = { name: 'ci', scopes: ['streams:read'] as const };
  const over = { ...draft, expiresAt: new Date(clock.epochMs()) };
  const ended = await accounts.tokens.create(user.id, over, OPERATOR);
  assert.equal(refusedAs(ended), 'invalid_request');
  const expiresAt = new Date(clock.epochMs() + DAY_MS);
  const short = got(await accounts.tokens.create(user.id, { ...draft, expiresAt }, OPERATOR));
  clock.advance(1);
  const long = got(await accounts.tokens.create(user.id, { ...draft, expiresAt: null }, OPERATOR));
  const principal = await accounts.principalOf(bearer(short.token));
  assert.deepEqual(principal, {
    ...{ kind: 'token', tokenId: short.kept.id, userId: user.id, role: 'admin' },
    scopes: ['streams:read'],
  });
  const kept = await database.query<{ text: string }>(
    'select row_to_json(api_tokens)::text as text from api_tokens',
  );
  assert.ok(kept.every(({ text }) => !text.includes(short.token.slice(4))));
  const [second, first] = await accounts.tokens.list(user.id);
  assert.deepEqual(first?.lastUsedAt, new Date(clock.epochMs()));
  assert.equal(second?.lastUsedAt, null);

  clock.advance(DAY_MS);
  assert.equal(kindOf(await accounts.principalOf(bearer(short.token))), 'unauthorized');
  const { user: berta } = await join(accounts, 'berta', 'viewer');
  const foreign = await accounts.tokens.revoke(berta.id, long.kept.id, OPERATOR);
  assert.equal(refusedAs(foreign), 'token_not_found');
  assert.equal(await accounts.tokens.revoke(user.id, long.kept.id, OPERATOR), undefined);
  assert.equal(kindOf(await accounts.principalOf(bearer(long.token))), 'unauthorized');
});

test('ApiTokens.create() stops at 50 of a person', async () => {
  const { accounts } = await open();
  const { user } = await join(accounts, 'anna', 'admin');
  const draft = { name: 'ci', scopes: ['admin'] as const, expiresAt: null };
  for (let index = 0; index < 50; index += 1) {
    got(await accounts.tokens.create(user.id, draft, OPERATOR));
  }
  const answer = await accounts.tokens.create(user.id, draft, OPERATOR);
  assert.equal(refusedAs(answer), 'too_many_tokens');
});

test('Invitations.resetPassword() replaces the password once and ends every session', async () => {
  const { accounts } = await open();
  const { user, sessionSecret } = await join(accounts, 'anna', 'admin');
  const old = got(await accounts.invitations.resetPassword(user.id, OPERATOR));
  const { secret, invitation } = got(await accounts.invitations.resetPassword(user.id, OPERATOR));
  assert.equal(invitation.name, 'anna');
  // A name in the answer to a link for a password changes nobody's name.
  const acceptance = { name: 'mallory', displayName: 'M', password: 'another horse' };
  const late = await accounts.accept(old.secret, acceptance, HERE);
  assert.equal(refusedAs(late), 'invitation_not_found');
  const accepted = got(await accounts.accept(secret, acceptance, HERE));
  assert.equal(accepted.user.name, 'anna');
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
  const before = await accounts.signIn({ name: 'anna', password: PASSWORD }, HERE);
  assert.equal(refusedAs(before), 'invalid_credentials');
  got(await accounts.signIn({ name: 'anna', password: 'another horse' }, HERE));
});

test('Users.change() leaves none of the links good that a former administrator made (A25)', async () => {
  for (const changes of [{ role: 'viewer' as const }, { isDisabled: true }]) {
    await clear(database);
    const { accounts } = await open();
    const anna = await join(accounts, 'anna', 'admin');
    const berta = await join(accounts, 'berta', 'admin');
    const draft = { name: 'ci', scopes: ['admin'] as const, expiresAt: null };
    const { kept } = got(await accounts.tokens.create(berta.user.id, draft, OPERATOR));
    const by = { kind: 'user', id: berta.user.id, remoteAddress: null } as const;
    const hers = [
      await accounts.invitations.invite('admin', by),
      await accounts.invitations.invite('admin', { ...by, kind: 'token', id: kept.id }),
      await accounts.invitations.resetPassword(anna.user.id, by),
    ].map((made) => got(made).secret);
    const other = got(await accounts.invitations.invite('viewer', OPERATOR)).secret;
    got(await accounts.users.change(berta.user.id, changes, OPERATOR));
    for (const secret of hers) {
      assert.equal(refusedAs(await accounts.invitations.look(secret)), 'invitation_not_found');
    }
    got(await accounts.invitations.look(other));
  }
});

test('Invitations.withdraw() takes a link back', async () => {
  const { accounts } = await open();
  await join(accounts, 'anna', 'admin');
  const { secret } = got(await accounts.invitations.invite('moderator', OPERATOR));
  const [open1] = await accounts.invitations.list();
  assert.equal(open1?.role, 'moderator');
  assert.equal(await accounts.invitations.withdraw(open1?.idHash ?? '', OPERATOR), undefined);
  assert.equal(refusedAs(await accounts.invitations.look(secret)), 'invitation_not_found');
  const again = await accounts.invitations.withdraw(open1?.idHash ?? '', OPERATOR);
  assert.equal(refusedAs(again), 'invitation_not_found');
});

test('Accounts.changePassword() asks for the old one, and signs in anew', async () => {
  const { accounts } = await open();
  const { user, sessionSecret } = await join(accounts, 'anna', 'admin');
  const next = 'another horse';
  const link = got(await accounts.invitations.resetPassword(user.id, OPERATOR));
  const wrong = await accounts.changePassword(user.id, { current: 'wrong', next }, HERE);
  assert.match('detail' in wrong ? wrong.detail : '', /the present password is wrong/);
  assert.equal(refusedAs(wrong), 'invalid_credentials');
  const fresh = got(await accounts.changePassword(user.id, { current: PASSWORD, next }, HERE));
  assert.equal(kindOf(await accounts.principalOf(cookie(sessionSecret))), 'anonymous');
  assert.equal(kindOf(await accounts.principalOf(cookie(fresh.sessionSecret))), 'user');
  assert.equal(refusedAs(await accounts.invitations.look(link.secret)), 'invitation_not_found');
});

test('Accounts writes who did what to the audit log, and no secret', async () => {
  const { accounts } = await open();
  const { user } = await join(accounts, 'zoe', 'admin');
  const entries = await database.query<{ action: string; actor: string; text: string }>(
    `select action, actor_kind as actor, row_to_json(audit_log)::text as text from audit_log
     where object_id = $1 order by position`,
    [user.id],
  );
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['user.create', 'session.create'],
  );
  assert.ok(entries.every(({ actor }) => actor === 'user'));
  assert.ok(entries.every(({ text }) => !text.includes(PASSWORD)));
});
