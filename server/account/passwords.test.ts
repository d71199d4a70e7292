import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argon2id, Passwords } from './passwords.ts';

test('Passwords keeps argon2id and recognises what it kept', async () => {
  const passwords = await Passwords.create(argon2id, 'nobody knows this');
  const kept = await passwords.hash('correct horse é');
  assert.match(String(kept), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await passwords.verify(String(kept), 'correct horse é'), true);
  // The same letter as another keyboard writes it.
  assert.equal(await passwords.verify(String(kept), 'correct horse e\u0301'), true);
  assert.equal(await passwords.verify(String(kept), 'correct horse e'), false);
});

test('Passwords.verify() is false without an account, even for the decoy itself', async () => {
  const passwords = await Passwords.create(argon2id, 'nobody knows this');
  assert.equal(await passwords.verify(null, 'nobody knows this'), false);
});

test('Passwords hashes two at a time, lets some wait, and sends the rest away', async () => {
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const passwords = await Passwords.create(
    {
      hash: async () => 'kept',
      verify: async () => {
        running += 1;
        most = Math.max(most, running);
        await gate.promise;
        running -= 1;
        return true;
      },
    },
    'unknown',
  );
  const asked = Array.from({ length: 100 }, () => passwords.verify('kept', 'word'));
  gate.resolve();
  const answers = await Promise.all(asked);
  assert.equal(most, 2);
  assert.equal(answers.filter((each) => each === true).length, 2 + 64);
  const refused = answers.filter((each) => typeof each === 'object').map((each) => each.refused);
  assert.deepEqual(new Set(refused), new Set(['sign_in_unavailable']));
  assert.equal(await passwords.verify('kept', 'word'), true);
});
