import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { memberOf } from './presence.test-support.ts';
import { ViewerHashes } from './viewer-hashes.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function start(root = 'root') {
  const clock = new ManualClock();
  const secret = (purpose: string): string => memberOf(`${root} ${purpose}`);
  return { clock, hashes: new ViewerHashes({ clock, digest: memberOf, secret }) };
}

test('ViewerHashes.device() is the same within a day, and another the day after', () => {
  const { clock, hashes } = start();
  const today = hashes.device('192.0.2.7', 'VLC');
  clock.advance(DAY_MS - 1);
  assert.equal(hashes.device('192.0.2.7', 'VLC'), today);
  assert.notEqual(hashes.device('192.0.2.7', 'Safari'), today);
  assert.notEqual(hashes.device('192.0.2.8', 'VLC'), today);
  clock.advance(1);
  assert.notEqual(hashes.device('192.0.2.7', 'VLC'), today);
});

test('ViewerHashes.isSettling is so for 25 s after the salt has changed', () => {
  const { clock, hashes } = start();
  assert.equal(hashes.isSettling, true);
  clock.advance(25_000);
  assert.equal(hashes.isSettling, false);
  clock.advance(DAY_MS - 25_000);
  assert.equal(hashes.isSettling, true);
});

test('ViewerHashes.session() lasts for days, and cannot be told without the secret', () => {
  const { clock, hashes } = start();
  const session = hashes.session('abcdefgh');
  clock.advance(3 * DAY_MS);
  assert.equal(hashes.session('abcdefgh'), session);
  assert.notEqual(start('other').hashes.session('abcdefgh'), session);
});
