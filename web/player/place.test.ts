import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGone, type Place, positionBy } from './place.ts';

/** A window whose oldest segment begins at 100 s. */
const PLACE: Place = {
  positionS: 110,
  bufferedToS: 112,
  earliestS: 102,
  latestS: 130,
  stepS: 2,
  rate: 1,
  isLive: true,
};

test('isGone() says when nothing that is buffered leads to what is still listed', () => {
  assert.equal(isGone(PLACE), false);
  assert.equal(isGone({ ...PLACE, positionS: 101, bufferedToS: 101 }), false, 'just listed');
  assert.equal(isGone({ ...PLACE, positionS: 100, bufferedToS: 100 }), true, 'about to leave');
  assert.equal(isGone({ ...PLACE, positionS: 90, bufferedToS: 108 }), false, 'buffered on');
  assert.equal(isGone({ ...PLACE, positionS: 60, bufferedToS: 80 }), true, 'a hole comes');
  assert.equal(isGone({ ...PLACE, positionS: 60, bufferedToS: 80, isLive: false }), false);
});

test('positionBy() goes as far as is listed', () => {
  assert.equal(positionBy(-5, PLACE), 105);
  assert.equal(positionBy(-10, PLACE), 102);
  assert.equal(positionBy(10, PLACE), 120);
  assert.equal(positionBy(60, PLACE), 130);
});

test('positionBy() never leads forward who wants to go back', () => {
  const left = { ...PLACE, positionS: 90, bufferedToS: 108 };
  assert.equal(positionBy(-5, left), 90);
  assert.equal(positionBy(5, left), 102);
});
