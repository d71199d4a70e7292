import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROLES, type Role, SCOPES, type Scope } from '../../contract/index.ts';
import { ACTIONS, type Action, mayDo, type Verdict } from './permissions.ts';
import type { Principal } from './principal.ts';

const OWN = 'usr_one';
const FOREIGN = 'usr_two';

/** Verdicts for admin, broadcaster, moderator and viewer: on their own, then on somebody else's. */
const EXPECTED: Readonly<Record<Action, readonly [own: string, foreign: string]>> = {
  'stream.list': ['AAAF', 'AAAF'],
  'stream.create': ['AAFF', 'AFFF'],
  'stream.write': ['AAFF', 'AFFF'],
  'stream.inspect': ['AAAF', 'AFAF'],
  'key.read': ['AAFF', 'AFFF'],
  'key.write': ['AAFF', 'AFFF'],
  'event.read': ['AAFF', 'AHFF'],
  'webhook.read': ['AAFF', 'AHFF'],
  'webhook.write': ['AAFF', 'AHFF'],
  'chat.post': ['AAAA', 'AAAA'],
  'chat.speak': ['AAFF', 'AFFF'],
  'chat.speak.known': ['AFFF', 'AFFF'],
  'chat.export': ['AAFF', 'AFFF'],
  'stream.follow': ['AAAA', 'AAAA'],
  'audit.read': ['AFFF', 'AFFF'],
  'settings.write': ['AFFF', 'AFFF'],
  'user.read': ['AFFF', 'AFFF'],
  'user.write': ['AFFF', 'AFFF'],
  'account.read': ['AAAA', 'HHHH'],
  'account.write': ['AAAA', 'HHHH'],
};
const LETTERS: Readonly<Record<Verdict, string>> = {
  allowed: 'A',
  unauthorized: 'U',
  forbidden: 'F',
  hidden: 'H',
};

function user(role: Role): Principal {
  return { kind: 'user', userId: OWN, role, sessionHash: 'hash' };
}

function token(role: Role, scopes: readonly Scope[]): Principal {
  return { kind: 'token', tokenId: 'tok_one', userId: OWN, role, scopes };
}

test('mayDo() answers every action for every role as the table says', () => {
  for (const action of ACTIONS) {
    const row = [OWN, FOREIGN].map((owner) =>
      ROLES.map((role) => LETTERS[mayDo(user(role), action, owner)]).join(''),
    );
    assert.deepEqual(row, EXPECTED[action], action);
  }
});

test('mayDo() sends whoever is unknown to sign in, whatever it is', () => {
  for (const action of ACTIONS) {
    assert.equal(mayDo({ kind: 'anonymous' }, action, OWN), 'unauthorized', action);
  }
});

test('mayDo() gives a token nothing beyond its role and its scopes', () => {
  for (const action of ACTIONS) {
    for (const role of ROLES) {
      assert.equal(mayDo(token(role, []), action, OWN), 'forbidden', `${action} without scope`);
      for (const scope of SCOPES) {
        for (const owner of [OWN, FOREIGN]) {
          if (mayDo(token(role, [scope]), action, owner) !== 'allowed') continue;
          assert.equal(mayDo(user(role), action, owner), 'allowed', `${role} ${scope} ${action}`);
        }
      }
    }
  }
  assert.equal(mayDo(token('broadcaster', ['streams:write']), 'stream.write', OWN), 'allowed');
  assert.equal(mayDo(token('broadcaster', ['streams:read']), 'stream.write', OWN), 'forbidden');
  assert.equal(mayDo(token('admin', ['admin']), 'user.read'), 'allowed');
});

test('mayDo() lets no token make another token, or change people, whatever its scope', () => {
  assert.equal(mayDo(token('admin', ['admin']), 'account.write', OWN), 'forbidden');
  assert.equal(mayDo(token('admin', ['admin']), 'user.write'), 'forbidden');
});

test('mayDo() lets the operator do all but what is personal, and loopback nothing to people', () => {
  for (const action of ACTIONS) {
    const isPersonal = action.startsWith('account.') || action === 'stream.follow';
    assert.equal(mayDo({ kind: 'operator' }, action), isPersonal ? 'forbidden' : 'allowed', action);
  }
  const local: Principal = { kind: 'operator', isLocal: true };
  assert.equal(mayDo(local, 'stream.write', 'anybody'), 'allowed');
  for (const action of ['user.read', 'user.write', 'audit.read', 'settings.write'] as const) {
    assert.equal(mayDo(local, action), 'unauthorized', action);
  }
});
