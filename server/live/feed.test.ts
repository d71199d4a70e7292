import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaEvent } from '../media/index.ts';
import { audioTrack, videoTrack } from '../media/track.test-support.ts';
import { Feed, MAX_BACKLOG_EVENTS } from './feed.ts';

const track = videoTrack();

function sample(dts: number, keyframe = false): MediaEvent {
  const data = new Uint8Array(10);
  return { type: 'sample', sample: { kind: 'video', dts, pts: dts, keyframe, data } };
}

test('take() hands out tracks in force first, then what is published', () => {
  const feed = new Feed();
  feed.publish({ type: 'track', track });
  const cursor = feed.read();
  feed.publish(sample(0, true));
  assert.equal(cursor.take()?.type, 'track');
  assert.equal(cursor.take()?.type, 'sample');
  assert.equal(cursor.take(), undefined);
});

test('a reader that falls behind goes on at a keyframe, and others lose nothing', () => {
  const feed = new Feed();
  const slow = feed.read();
  const quick = feed.read();
  feed.publish({ type: 'track', track });
  let quickCount = 0;
  for (let n = 0; n <= MAX_BACKLOG_EVENTS; n += 1) {
    feed.publish(sample(n, n % 60 === 0));
    while (quick.take() !== undefined) quickCount += 1;
  }
  assert.equal(quickCount, MAX_BACKLOG_EVENTS + 2);
  feed.publish(sample(100_000));
  assert.equal(slow.take()?.type, 'track');
  assert.equal(slow.take(), undefined);
  feed.publish(sample(100_001, true));
  assert.deepEqual(slow.take(), { type: 'discontinuity', reason: 'reader_fell_behind' });
  assert.equal(slow.take()?.type, 'sample');
  assert.equal(slow.skippedSamples, MAX_BACKLOG_EVENTS + 2);
});

test('a reader that falls behind keeps the last configuration of each track only', () => {
  const feed = new Feed();
  const slow = feed.read();
  feed.publish({ type: 'track', track: audioTrack() });
  const widths: number[] = [];
  for (let width = 1; width <= MAX_BACKLOG_EVENTS; width += 1) {
    feed.publish({ type: 'track', track: { ...track, width } });
  }
  for (let event = slow.take(); event !== undefined; event = slow.take()) {
    assert.equal(event.type, 'track');
    widths.push(event.track.kind === 'video' ? event.track.width : 0);
  }
  assert.deepEqual(widths, [0, MAX_BACKLOG_EVENTS]);
});

test('close() wakes readers and leaves them what they hold', async () => {
  const feed = new Feed();
  const cursor = feed.read();
  feed.publish(sample(0, true));
  const woken = feed.changed.next();
  feed.close();
  await woken;
  assert.equal(cursor.take()?.type, 'sample');
  assert.throws(() => feed.publish(sample(1)), /closed/);
});

test('openRung() makes a feed once, wakes readers, and leaves its end to who publishes to it', async () => {
  const feed = new Feed();
  const woken = feed.changed.next();
  const rung = feed.openRung('480p');
  await woken;
  assert.equal(feed.openRung('480p'), rung);
  assert.deepEqual([...feed.rungs.keys()], ['480p']);
  feed.close();
  const heard = feed.changed.next();
  rung.publish(sample(0, true));
  await heard;
  assert.throws(() => feed.openRung('360p'), /closed/);
});

test('read() of a rung gives its first reader all of it, and later ones what comes from now on', () => {
  const rung = new Feed().openRung('480p');
  rung.publish(sample(0, true));
  const first = rung.read();
  const second = rung.read();
  rung.publish(sample(1));
  assert.deepEqual([first.take(), first.take(), first.take()].map(ticks), [0, 1, undefined]);
  assert.deepEqual([second.take(), second.take()].map(ticks), [1, undefined]);
});

function ticks(event: MediaEvent | undefined): number | undefined {
  return event?.type === 'sample' ? event.sample.dts : undefined;
}
