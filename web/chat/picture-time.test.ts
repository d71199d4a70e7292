import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureTime } from './picture-time.ts';

const NOW_MS = 1_000_000;

function sight() {
  const seen = { pictureMs: (NOW_MS - 1_000) as number | null, isAway: false };
  const time = new PictureTime({ pictureMs: () => seen.pictureMs, isAway: () => seen.isAway });
  return { seen, time };
}

test('PictureTime shows all that is there to who is live, and what belongs to the picture to who went back', () => {
  const { seen, time } = sight();
  assert.equal(time.look(false, NOW_MS), null);
  Object.assign(seen, { isAway: true, pictureMs: NOW_MS - 60_000 });
  assert.equal(time.look(false, NOW_MS), NOW_MS - 60_000);
  seen.pictureMs = NOW_MS - 59_000;
  assert.equal(time.look(false, NOW_MS + 1_000), NOW_MS - 59_000, 'and goes on with it');
  Object.assign(seen, { isAway: false, pictureMs: NOW_MS + 1_000 });
  assert.equal(time.look(false, NOW_MS + 2_000), null, 'live again');
});

test('PictureTime takes nothing away from who pauses', () => {
  const { seen, time } = sight();
  time.look(false, NOW_MS);
  seen.isAway = true;
  assert.equal(time.look(false, NOW_MS), NOW_MS);
  assert.equal(time.look(false, NOW_MS + 5_000), NOW_MS, 'what is said later waits');
});

test('PictureTime shows the newest to who asks for it, until they are live again', () => {
  const { seen, time } = sight();
  Object.assign(seen, { isAway: true, pictureMs: NOW_MS - 60_000 });
  time.look(false, NOW_MS);
  time.choose(false);
  assert.equal(time.look(false, NOW_MS), null);
  seen.isAway = false;
  time.look(false, NOW_MS);
  seen.isAway = true;
  assert.equal(time.look(false, NOW_MS), NOW_MS - 60_000, 'the next time is another one');
});

test('PictureTime keeps in step with a live picture for who likes it so', () => {
  const { seen, time } = sight();
  assert.equal(time.look(true, NOW_MS), NOW_MS - 1_000);
  seen.pictureMs = null;
  assert.equal(time.look(true, NOW_MS), null, 'without a picture there is nothing to wait for');
});
