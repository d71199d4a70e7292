import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { base32 } from '../base/index.ts';
import { isStreamKey, StreamKeys, streamIdOf } from './stream-key.ts';

const ID = 'abcdefgh2345';
const pepper = Buffer.alloc(32, 7);
const keys = new StreamKeys(pepper, randomBytes);

test('base32() writes the vectors of RFC 4648 section 10, in lower case without padding', () => {
  const vectors = { f: 'my', fo: 'mzxq', foo: 'mzxw6', foob: 'mzxw6yq', fooba: 'mzxw6ytb' };
  for (const [text, expected] of Object.entries({ ...vectors, foobar: 'mzxw6ytboi', '': '' })) {
    assert.equal(base32(Buffer.from(text)), expected);
  }
});

test('StreamKeys.issue() makes a key of 160 random bits that names its stream', () => {
  const { key, last4 } = keys.issue(ID);
  assert.match(key, /^live_abcdefgh2345_[a-z2-7]{32}$/);
  assert.ok(key.length <= 64);
  assert.equal(streamIdOf(key), ID);
  assert.equal(last4, key.slice(-4));
  assert.notEqual(keys.issue(ID).key, key);
});

test('StreamKeys.issue() gives a hash that hash() gives for the key, and only under its pepper', () => {
  const { key, hash } = keys.issue(ID);
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(keys.hash(key), hash);
  assert.notEqual(new StreamKeys(Buffer.alloc(32, 8), randomBytes).hash(key), hash);
});

test('StreamKeys.equal() compares whole hashes', () => {
  const hash = keys.hash('a');
  assert.ok(keys.equal(hash, keys.hash('a')));
  assert.ok(!keys.equal(hash, keys.hash('b')));
  assert.ok(!keys.equal(hash, hash.slice(2)));
});

test('isStreamKey() takes the form of a key and nothing else', () => {
  const secret = 'a'.repeat(32);
  assert.ok(isStreamKey(`live_${ID}_${secret}`));
  const others = [
    '',
    'live',
    `live_${ID}`,
    `live_${ID}_${secret}a`,
    `live_${ID}_${secret.slice(1)}`,
    `live_${ID}_${secret.slice(1)}1`,
    `LIVE_${ID}_${secret}`,
    ` live_${ID}_${secret}`,
    `live_${ID}_${secret}\n`,
    `live__${secret}`,
  ];
  for (const other of others) assert.ok(!isStreamKey(other), JSON.stringify(other));
});
