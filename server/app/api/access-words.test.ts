import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role, Scope } from '../../../contract/index.ts';
import type { Principal } from '../../account/index.ts';
import { whyForbidden } from './access-words.ts';

const token = (role: Role, scopes: readonly Scope[]): Principal => ({
  ...{ kind: 'token', tokenId: 'tok_1', userId: 'usr_1', role, scopes },
});
const user = (role: Role): Principal => ({
  ...{ kind: 'user', userId: 'usr_1', role, sessionHash: '' },
});

test('whyForbidden() names the scope that a token lacks', () => {
  const words = whyForbidden(token('admin', ['keys:write']), 'webhook.write');
  assert.equal(words, 'the token lacks the scope webhooks:write');
  const either = whyForbidden(token('admin', []), 'stream.list');
  assert.equal(either, 'the token lacks the scope streams:read or streams:write');
  const whole = whyForbidden(token('admin', ['streams:read']), 'user.read');
  assert.equal(whole, 'the token lacks the scope admin');
});

test('whyForbidden() names the roles that it takes, not a scope that would not help', () => {
  const wanted = 'your role is viewer, and it takes admin or broadcaster';
  assert.equal(whyForbidden(user('viewer'), 'stream.create'), wanted);
  assert.equal(whyForbidden(token('viewer', ['streams:write']), 'stream.create'), wanted);
});

test('whyForbidden() says what no other token, role or setting would change', () => {
  assert.equal(whyForbidden(user('broadcaster'), 'stream.write'), 'it is somebody else’s');
  const words = whyForbidden(token('admin', ['admin']), 'account.write');
  assert.equal(words, 'no token may; sign in and do it on the page');
  const operator = whyForbidden({ kind: 'operator' }, 'account.read');
  assert.equal(operator, 'it is about the own account of whoever signed in');
});
