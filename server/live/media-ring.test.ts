import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaRing } from './media-ring.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function ringOf(segments: number): MediaRing {
  const ring = new MediaRing();
  ring.putInit(0, bytes(1));
  for (let n = 1; n <= segments; n += 1) {
    ring.putPart(n, bytes(n, 0));
    ring.putPart(n, bytes(n, 1));
    ring.closeSegment(n);
  }
  return ring;
}

test('lookup() finds inits, parts and whole segments', () => {
  const ring = ringOf(1);
  assert.deepEqual(ring.lookup('init0.mp4'), { found: [bytes(1)], sizeBytes: 1 });
  assert.deepEqual(ring.lookup('p1.1.m4s'), { found: [bytes(1, 1)], sizeBytes: 2 });
  assert.deepEqual(ring.lookup('s1.m4s'), { found: [bytes(1, 0), bytes(1, 1)], sizeBytes: 4 });
});

test('lookup() waits for the hinted part only', () => {
  const ring = ringOf(1);
  assert.equal(ring.lookup('p2.0.m4s'), 'wait');
  assert.equal(ring.lookup('p2.1.m4s'), 'never');
  ring.putPart(2, bytes(9));
  assert.equal(ring.lookup('p2.1.m4s'), 'wait');
  assert.equal(ring.lookup('s2.m4s'), 'never');
  assert.equal(ring.lookup('p1.2.m4s'), 'never');
  ring.end();
  assert.equal(ring.lookup('p2.1.m4s'), 'never');
});

test('losePart() ends the wait for a part, and its segment never becomes whole', () => {
  const ring = ringOf(1);
  ring.putPart(2, bytes(9));
  ring.losePart(2, 1);
  assert.deepEqual(ring.lookup('p2.0.m4s'), { found: [bytes(9)], sizeBytes: 1 });
  assert.equal(ring.lookup('p2.1.m4s'), 'never');
  assert.equal(ring.lookup('p2.2.m4s'), 'wait');
  assert.equal(ring.lookup('s2.m4s'), 'never');
  assert.equal(ring.growth(2).state, 'lost');
  assert.throws(() => ring.putPart(2, bytes(9)), /lost a part/);
  ring.loseSegment(2, 0);
  assert.equal(ring.lookup('p2.2.m4s'), 'never');
  assert.equal(ring.growth(3).state, 'growing');
  ring.losePart(3, 0);
  ring.end();
  assert.equal(ring.growth(3).state, 'lost');
  assert.equal(ring.lookup('s3.m4s'), 'never');
});

test('loseSegment() leaves the parts of a segment and goes on with the next', () => {
  const ring = ringOf(1);
  ring.putPart(2, bytes(9));
  ring.loseSegment(2, 0);
  assert.equal(ring.lookup('s2.m4s'), 'never');
  assert.deepEqual(ring.lookup('p2.0.m4s'), { found: [bytes(9)], sizeBytes: 1 });
  assert.equal(ring.lookup('p2.1.m4s'), 'never');
  assert.equal(ring.lookup('p3.0.m4s'), 'wait');
  ring.loseSegment(3, 0);
  ring.slide(4, 0, 0);
  assert.equal(ring.lookup('s3.m4s'), 'expired');
  assert.equal(ring.sizeBytes, 1);
});

test('slide() keeps removed segments for a while and then expires them', () => {
  const ring = ringOf(4);
  ring.slide(3, 1000, 500);
  assert.notEqual(ring.lookup('s1.m4s'), 'expired');
  ring.slide(3, 1500, 500);
  assert.equal(ring.lookup('s1.m4s'), 'expired');
  assert.equal(ring.lookup('p2.1.m4s'), 'expired');
  assert.equal(ring.sizeBytes, 1 + 2 * 4);
  assert.deepEqual(ring.lookup('p3.0.m4s'), { found: [bytes(3, 0)], sizeBytes: 2 });
});

test('lookup() knows no other names', () => {
  const ring = ringOf(1);
  for (const name of [
    '',
    's1.mp4',
    's01x.m4s',
    '../s1.m4s',
    'p1.m4s',
    'init1.mp4',
    'init00.mp4',
    '__proto__',
  ]) {
    assert.equal(ring.lookup(name), 'never', name);
  }
});

test('slide() drops init segments with the last segment that used them', () => {
  const ring = new MediaRing();
  for (let n = 1; n <= 4; n += 1) {
    ring.putInit(n, bytes(n, n, n));
    ring.expect(n, n);
    ring.putPart(n, bytes(n));
    ring.closeSegment(n);
  }
  ring.putInit(5, bytes(5, 5, 5));
  ring.slide(3, 1000, 500);
  assert.deepEqual(ring.lookup('init1.mp4'), { found: [bytes(1, 1, 1)], sizeBytes: 3 });
  ring.slide(3, 1500, 500);
  assert.equal(ring.lookup('init1.mp4'), 'expired');
  assert.equal(ring.lookup('init2.mp4'), 'expired');
  assert.deepEqual(ring.lookup('init3.mp4'), { found: [bytes(3, 3, 3)], sizeBytes: 3 });
  assert.deepEqual(ring.lookup('init5.mp4'), { found: [bytes(5, 5, 5)], sizeBytes: 3 });
  assert.equal(ring.lookup('init6.mp4'), 'never');
  assert.equal(ring.sizeBytes, 2 * 1 + 3 * 3);
});

test('slide() keeps the init segment that several segments use, and that a listed gap names', () => {
  const ring = new MediaRing();
  ring.putInit(0, bytes(0));
  ring.expect(1, 0);
  ring.putPart(1, bytes(1));
  ring.closeSegment(1);
  ring.expect(2, 0);
  ring.closeSegment(2);
  ring.putInit(1, bytes(1));
  ring.expect(3, 1);
  ring.putPart(3, bytes(3));
  ring.slide(2, 0, 10);
  ring.slide(2, 10, 10);
  assert.equal(ring.lookup('s1.m4s'), 'expired');
  assert.deepEqual(ring.lookup('init0.mp4'), { found: [bytes(0)], sizeBytes: 1 });
  ring.slide(3, 10, 10);
  assert.equal(ring.lookup('init0.mp4'), 'expired');
});

test('growth() says how a segment stands from when it is expected to its end', () => {
  const ring = ringOf(1);
  assert.deepEqual(ring.growth(1).state, 'whole');
  assert.deepEqual(ring.growth(2), { parts: [], state: 'growing' });
  ring.putPart(2, bytes(5));
  assert.deepEqual(ring.growth(2), { parts: [bytes(5)], state: 'growing' });
  assert.equal(ring.growth(3).state, 'lost');
  ring.loseSegment(2, 0);
  assert.deepEqual(ring.growth(2), { parts: [bytes(5)], state: 'lost' });
  ring.putPart(3, bytes(6));
  ring.end();
  assert.equal(ring.growth(3).state, 'whole');
  assert.deepEqual(ring.lookup('s3.m4s'), { found: [bytes(6)], sizeBytes: 1 });
  assert.equal(ring.lookup('s2.m4s'), 'never');
  assert.equal(ring.growth(4).state, 'lost');
});

test('segmentOf() reads the number from the name of a segment only', () => {
  assert.equal(MediaRing.segmentOf('s41.m4s'), 41);
  assert.equal(MediaRing.segmentOf('p41.0.m4s'), undefined);
  assert.equal(MediaRing.segmentOf('init0.mp4'), undefined);
});
