import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureTime } from './picture-time.ts';

const NOW_MS = 1_000_000;

function sight() {
  const seen = { pictureMs: (NOW_MS - 1_000) as number | null, isAway: false };
  let serverMs = NOW_MS;
  const time = new PictureTime({
    pictureMs: () => seen.pictureMs,
    isAway: () => seen.isAway,
    serverMs: () => serverMs,
  });
  const look = (inStep: boolean, nowMs: number) => {
    serverMs = nowMs;
    return time.look(inStep);
  };
  return { seen, time, look };
}

test('PictureTime shows all that is there to who is live, and what belongs to the picture to who went back', () => {
  const { seen, look } = sight();
  assert.equal(look(false, NOW_MS), null);
  Object.assign(seen, { isAway: true, pictureMs: NOW_MS - 60_000 });
  assert.equal(look(false, NOW_MS), NOW_MS - 60_000);
  seen.pictureMs = NOW_MS - 59_000;
  assert.equal(look(false, NOW_MS + 1_000), NOW_MS - 59_000, 'and goes on with it');
  Object.assign(seen, { isAway: false, pictureMs: NOW_MS + 1_000 });
  assert.equal(look(false, NOW_MS + 2_000), null, 'live again');
});

test('PictureTime takes nothing away from who pauses', () => {
  const { seen, look } = sight();
  look(false, NOW_MS);
  seen.isAway = true;
  assert.equal(look(false, NOW_MS), NOW_MS);
  assert.equal(look(false, NOW_MS + 5_000), NOW_MS, 'what is said later waits');
});

test('PictureTime takes nothing away from who pauses far behind the camera, and all of it from who goes back', () => {
  const { seen, look } = sight();
  seen.pictureMs = NOW_MS - 18_000;
  look(false, NOW_MS);
  seen.isAway = true;
  assert.equal(look(false, NOW_MS), NOW_MS);
  assert.equal(look(false, NOW_MS + 60_000), NOW_MS, 'what is said later waits');
  seen.pictureMs = NOW_MS - 1_000;
  assert.equal(look(false, NOW_MS + 77_000), NOW_MS, 'until the picture is there');
  seen.pictureMs = NOW_MS + 5_000;
  assert.equal(look(false, NOW_MS + 83_000), NOW_MS + 5_000);
  seen.pictureMs = NOW_MS - 18_000;
  assert.equal(look(false, NOW_MS + 83_000), NOW_MS - 18_000);
  const other = sight();
  other.seen.pictureMs = NOW_MS - 18_000;
  other.look(false, NOW_MS);
  other.seen.isAway = true;
  other.look(false, NOW_MS);
  other.seen.pictureMs = NOW_MS - 28_000;
  assert.equal(other.look(false, NOW_MS + 1_000), NOW_MS - 28_000, 'ten seconds back');
});

test('PictureTime shows the newest to who asks for it, until they are live again', () => {
  const { seen, time, look } = sight();
  Object.assign(seen, { isAway: true, pictureMs: NOW_MS - 60_000 });
  look(false, NOW_MS);
  time.choose(false);
  assert.equal(look(false, NOW_MS), null);
  Object.assign(seen, { isAway: false, pictureMs: NOW_MS - 1_000 });
  look(false, NOW_MS);
  Object.assign(seen, { isAway: true, pictureMs: NOW_MS - 60_000 });
  assert.equal(look(false, NOW_MS), NOW_MS - 60_000, 'the next time is another one');
});

test('PictureTime keeps in step with a live picture for who likes it so', () => {
  const { seen, look } = sight();
  assert.equal(look(true, NOW_MS), NOW_MS - 1_000);
  seen.pictureMs = null;
  assert.equal(look(true, NOW_MS), null, 'without a picture there is nothing to wait for');
});
