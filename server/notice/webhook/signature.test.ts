import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { secretOf, signatureOf } from './signature.ts';

/** As a receiver reads the specification; shares nothing with the code under test. */
function verifies(
  field: string,
  secret: string,
  [id, at, body]: [string, number, string],
): boolean {
  const key = Buffer.from(secret.split('_')[1] ?? '', 'base64');
  const wanted = createHmac('sha256', key).update(Buffer.from(`${id}.${at}.${body}`, 'utf8'));
  const expected = `v1,${wanted.digest('base64')}`;
  return field.split(' ').includes(expected);
}

test('signatureOf() gives the reference vector of the specification', () => {
  assert.equal(
    signatureOf(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: '{"test": 2432232314}',
    }),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('signatureOf() is verified by whoever has one of the secrets, and by nobody else', () => {
  const root = Buffer.alloc(32, 7);
  const [old, present] = [secretOf(root, 'whk_a', 1), secretOf(root, 'whk_a', 2)];
  const foreign = secretOf(root, 'whk_b', 1);
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.string(), (id, timestampS, body) => {
      const field = signatureOf([present, old], { id, timestampS, body });
      assert.equal(field.split(' ').length, 2);
      assert.ok(verifies(field, old, [id, timestampS, body]));
      assert.ok(verifies(field, present, [id, timestampS, body]));
      assert.ok(!verifies(field, foreign, [id, timestampS, body]));
      assert.ok(!verifies(field, present, [id, timestampS + 1, body]));
      assert.ok(!verifies(field, present, [`${id}x`, timestampS, body]));
      assert.ok(!verifies(field, present, [id, timestampS, `${body} `]));
    }),
  );
});

test('secretOf() gives 32 bytes behind its prefix, others for each webhook, version and server', () => {
  const root = Buffer.alloc(32, 1);
  const secret = secretOf(root, 'whk_a', 1);
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(secretOf(root, 'whk_a', 1), secret);
  assert.notEqual(secretOf(root, 'whk_a', 2), secret);
  assert.notEqual(secretOf(root, 'whk_b', 1), secret);
  assert.notEqual(secretOf(Buffer.alloc(32, 2), 'whk_a', 1), secret);
  assert.throws(() => secretOf(new Uint8Array(0), 'whk_a', 1), /the root is too short/);
});
