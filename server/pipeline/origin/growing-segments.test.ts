import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, RightOfWay, Signal } from '../../base/index.ts';
import { MediaRing } from '../../live/index.ts';
import { GrowingSegments } from './growing-segments.ts';
import { HeldCount } from './hold-list.ts';
import { isClear } from './right-of-way.test-support.ts';

const PATIENCE_MS = 6000;

function scene() {
  const clock = new ManualClock();
  const ring = new MediaRing();
  const changed = new Signal();
  const count = new HeldCount();
  const rightOfWay = new RightOfWay(clock, (task) => task());
  const growing = new GrowingSegments({
    ring,
    changed,
    clock,
    count,
    patienceMs: () => PATIENCE_MS,
    rightOfWay,
  });
  ring.expect(1, 0);
  const put = async (msn: number, byte: number): Promise<void> => {
    ring.putPart(msn, Uint8Array.of(byte));
    changed.raise();
    await settled();
  };
  const close = async (msn: number): Promise<void> => {
    ring.closeSegment(msn);
    changed.raise();
    await settled();
  };
  const read = (msn: number) => {
    const open = growing.open(msn);
    assert.ok(open !== undefined, 'segment grows');
    const heard: (number | string)[] = open.parts.map((part) => part[0] ?? -1);
    const cancel = open.rest.follow({
      take: (part) => heard.push(part[0] ?? -1),
      end: () => heard.push('end'),
      fail: () => heard.push('fail'),
    });
    return { heard, cancel };
  };
  return { clock, ring, changed, count, growing, rightOfWay, put, close, read };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('open() sends the parts so far and each other one once, to early and late readers alike', async () => {
  const { put, close, read, count } = scene();
  await put(1, 10);
  const early = read(1);
  await put(1, 11);
  const late = read(1);
  assert.equal(count.now, 2);
  await put(1, 12);
  await close(1);
  assert.deepEqual(early.heard, [10, 11, 12, 'end']);
  assert.deepEqual(late.heard, [10, 11, 12, 'end']);
  assert.equal(count.now, 0);
});

test('open() takes the right of way for who follows a segment', async () => {
  const { put, close, read, clock, rightOfWay } = scene();
  await put(1, 10);
  assert.ok(isClear(rightOfWay), 'nobody follows');
  read(1);
  await put(1, 11);
  assert.ok(!isClear(rightOfWay));
  clock.advance(100);
  await close(1);
  assert.ok(isClear(rightOfWay), 'an end is no media');
});

test('open() misses no part that comes between asking and following', async () => {
  const { ring, growing, put } = scene();
  await put(1, 10);
  const open = growing.open(1);
  ring.putPart(1, Uint8Array.of(11));
  ring.closeSegment(1);
  const heard: (number | string)[] = [];
  open?.rest.follow({
    take: (part) => heard.push(part[0] ?? -1),
    end: () => heard.push('end'),
    fail: () => heard.push('fail'),
  });
  assert.deepEqual(open?.parts, [Uint8Array.of(10)]);
  assert.deepEqual(heard, [11, 'end']);
});

test('open() knows nothing of segments that are whole, gone or far off', async () => {
  const { growing, put, close } = scene();
  await put(1, 10);
  await close(1);
  assert.equal(growing.open(1), undefined);
  assert.deepEqual(growing.open(2)?.parts, []);
  assert.equal(growing.open(3), undefined);
});

test('open() forgets who left', async () => {
  const { put, read, count } = scene();
  await put(1, 10);
  const leaver = read(1);
  const stayer = read(1);
  leaver.cancel();
  leaver.cancel();
  assert.equal(count.now, 1);
  await put(1, 11);
  assert.deepEqual(leaver.heard, [10]);
  assert.deepEqual(stayer.heard, [10, 11]);
});

test('open() fails readers of a segment that is lost, or that stands still for too long', async () => {
  const { ring, changed, clock, put, read, count } = scene();
  await put(1, 10);
  const lost = read(1);
  ring.loseSegment(1, 0);
  changed.raise();
  await settled();
  assert.deepEqual(lost.heard, [10, 'fail']);
  await put(2, 20);
  const stuck = read(2);
  clock.advance(PATIENCE_MS - 1);
  await put(2, 21);
  clock.advance(PATIENCE_MS - 1);
  assert.deepEqual(stuck.heard, [20, 21]);
  clock.advance(1);
  assert.deepEqual(stuck.heard, [20, 21, 'fail']);
  assert.equal(count.now, 0);
});

test('open() ends with the parts there are when the broadcast ends', async () => {
  const { ring, changed, put, read } = scene();
  await put(1, 10);
  const reader = read(1);
  ring.end();
  changed.raise();
  await settled();
  assert.deepEqual(reader.heard, [10, 'end']);
});

test('release() lets go of all readers', async () => {
  const { growing, put, read, count } = scene();
  await put(1, 10);
  const reader = read(1);
  growing.release();
  assert.deepEqual(reader.heard, [10, 'fail']);
  assert.equal(count.now, 0);
});
