import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockText, lengthPhrase, placePhrase, placeText } from './seek-words.ts';

const LIVE = { spanS: 7_200, behindS: 0, playedShare: 1, bufferedShare: 1, isLive: true };
const OVER = { ...LIVE, spanS: 100, isLive: false };

test('clockText() reads like a clock', () => {
  assert.equal(clockText(0), '0:00');
  assert.equal(clockText(9.6), '0:10');
  assert.equal(clockText(83), '1:23');
  assert.equal(clockText(3_599.6), '1:00:00');
  assert.equal(clockText(3_723), '1:02:03');
  assert.equal(clockText(-4), '0:00');
});

test('placeText() tells the distance to live, or the time from the start', () => {
  assert.equal(placeText(83, LIVE), '-1:23');
  assert.equal(placeText(1.4, LIVE), 'Live');
  assert.equal(placeText(40, OVER), '1:00');
});

test('placePhrase() says it in words', () => {
  assert.equal(placePhrase(0, LIVE), 'Live');
  assert.equal(placePhrase(83, LIVE), '1 minute 23 seconds behind live');
  assert.equal(placePhrase(40, OVER), '1 minute of 1 minute 40 seconds');
});

test('lengthPhrase() leaves out what there is none of', () => {
  assert.equal(lengthPhrase(0), '0 seconds');
  assert.equal(lengthPhrase(1), '1 second');
  assert.equal(lengthPhrase(3_600), '1 hour');
  assert.equal(lengthPhrase(7_262), '2 hours 1 minute 2 seconds');
});
