import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf } from './secrets.ts';

const NONE = { API_TOKEN: undefined, DATABASE_URL: undefined, REDIS_URL: undefined };

test('secretsOf() gives a password in each form in which it may be printed', () => {
  const url = 'postgres://me:pa%22ss%2Fword@db.example/x?password=other-one';
  const secrets = secretsOf({ ...NONE, API_TOKEN: 'a-token-of-this-test', DATABASE_URL: url });
  assert.deepEqual(
    [...new Set(secrets)],
    [...['a-token-of-this-test', url, 'pa%22ss%2Fword', 'pa"ss/word', 'other-one'], 'pa\\"ss/word'],
  );
});

test('secretsOf() takes a password that is no percent-encoding, and leaves short ones to their address', () => {
  const of = (url: string) => secretsOf({ ...NONE, DATABASE_URL: url });
  assert.ok(of('postgres://me:50%zzz@db/x').includes('50%zzz'));
  assert.deepEqual(of('postgres://me:a@db/x'), ['postgres://me:a@db/x']);
  assert.ok(secretsOf({ ...NONE, REDIS_URL: 'rediss://:of-redis@r/0' }).includes('of-redis'));
  assert.deepEqual(secretsOf(NONE), []);
});
