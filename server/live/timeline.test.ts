import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timeline } from './timeline.ts';

const start = { discontinuity: false };

function plain(windowSize = 6): Timeline {
  const timeline = new Timeline({ windowSize, targetDuration: undefined, partTarget: undefined });
  timeline.start(1);
  return timeline;
}

function append(timeline: Timeline, duration = 2, discontinuity = false): void {
  const n = timeline.nextMediaSequenceNumber ?? 0;
  timeline.appendSegment({ discontinuity }, { duration, uri: `s${n}` });
}

test('appendSegment() slides the window and counts what left', () => {
  const timeline = plain(3);
  for (let n = 0; n < 5; n += 1) append(timeline);
  const playlist = timeline.playlist([]);
  assert.equal(playlist.mediaSequence, 3);
  assert.deepEqual(
    playlist.segments.map((segment) => segment.uri),
    ['s3', 's4', 's5'],
  );
});

test('appendSegment() never leaves less than three target durations (6.2.2)', () => {
  const timeline = plain(3);
  append(timeline, 6);
  for (let n = 0; n < 8; n += 1) append(timeline, 2);
  const total = timeline.segments.reduce((sum, segment) => sum + segment.duration, 0);
  assert.ok(total >= 18, `${total} s listed`);
});

test('appendSegment() raises an undeclared target, rounded up, and never lowers it', () => {
  const timeline = plain();
  append(timeline, 2);
  append(timeline, 3.4);
  assert.equal(timeline.targetDuration, 4);
  assert.equal(timeline.targetRises, 1);
  append(timeline, 1);
  assert.equal(timeline.targetDuration, 4);
});

test('appendSegment() treats a segment over a declared target as a fault', () => {
  const timeline = new Timeline({ windowSize: 6, targetDuration: 2, partTarget: undefined });
  timeline.start(1);
  append(timeline, 2.4);
  assert.throws(() => append(timeline, 2.5), /declared target/);
});

test('playlist() keeps the discontinuity sequence when a discontinuity slides out', () => {
  const timeline = plain(3);
  append(timeline);
  append(timeline, 2, true);
  append(timeline);
  append(timeline);
  assert.equal(timeline.playlist([]).discontinuitySequence, 0);
  append(timeline);
  assert.equal(timeline.playlist([]).discontinuitySequence, 1);
});

test('closeSegment() keeps the parts and rolls the hint over', () => {
  const timeline = new Timeline({ windowSize: 6, targetDuration: 2, partTarget: 0.5 });
  timeline.start(7);
  timeline.openSegment(start, 'p7.0');
  timeline.appendPart({ uri: 'p7.0', duration: 0.5, independent: true }, 'p7.1');
  assert.deepEqual(timeline.edge(), { mediaSequenceNumber: 7, part: 0 });
  assert.equal(timeline.playlist([]).preloadHint, 'p7.1');
  timeline.closeSegment({ duration: 0.5, uri: 's7' }, 'p8.0');
  assert.equal(timeline.segments[0]?.parts.length, 1);
  assert.equal(timeline.playlist([]).preloadHint, 'p8.0');
  assert.deepEqual(timeline.edge(), { mediaSequenceNumber: 7, part: 0 });
});

test('appendGap() lists a hole under its own number', () => {
  const timeline = plain();
  append(timeline);
  timeline.appendGap({ duration: 2, uri: 'gap' });
  append(timeline);
  assert.deepEqual(
    timeline.segments.map((segment) => [segment.mediaSequenceNumber, segment.gap]),
    [
      [1, false],
      [2, true],
      [3, false],
    ],
  );
});

test('appendGap() keeps the parts, with those that are missing, and hints at what follows', () => {
  const timeline = new Timeline({ windowSize: 6, targetDuration: 2, partTarget: 0.5 });
  timeline.start(7);
  timeline.openSegment(start, 'p7.0');
  timeline.appendPart({ uri: 'p7.0', duration: 0.5, independent: true }, 'p7.1');
  const missing = { uri: 'p7.1', duration: 0.4, independent: false, gap: true };
  timeline.appendPart(missing, 'p7.2');
  assert.deepEqual(timeline.edge(), { mediaSequenceNumber: 7, part: 1 });
  assert.equal(timeline.respond(7, 1), 'ready');
  timeline.appendGap({ duration: 0.9, uri: 's7' }, start, 'p8.0');
  const { segments, preloadHint } = timeline.playlist([]);
  assert.deepEqual(
    segments.map(({ gap, parts }) => [gap, parts.map((part) => part.gap === true)]),
    [[true, [false, true]]],
  );
  assert.equal(preloadHint, 'p8.0');
});

test('end() is idempotent, wakes waiters and makes every reload ready', async () => {
  const timeline = plain();
  append(timeline);
  const woken = timeline.changed.next();
  assert.equal(timeline.respond(2, undefined), 'wait');
  timeline.end();
  timeline.end();
  await woken;
  assert.equal(timeline.respond(50, undefined), 'ready');
  assert.throws(() => append(timeline), /never changes/);
});

test('a timeline keeps its invariants under any sequence of segments', () => {
  const durations = fc.array(fc.double({ min: 0.1, max: 8, noNaN: true }), { maxLength: 60 });
  fc.assert(
    fc.property(durations, fc.integer({ min: 1, max: 8 }), (all, windowSize) => {
      const timeline = plain(windowSize);
      let highestTarget = 0;
      let highestFirst = 0;
      for (const duration of all) {
        append(timeline, duration);
        const playlist = timeline.playlist([]);
        assert.ok(playlist.targetDuration >= highestTarget);
        assert.ok(playlist.mediaSequence >= highestFirst);
        playlist.segments.forEach((segment, index) => {
          assert.equal(segment.mediaSequenceNumber, playlist.mediaSequence + index);
          assert.ok(Math.round(segment.duration) <= playlist.targetDuration);
        });
        highestTarget = playlist.targetDuration;
        highestFirst = playlist.mediaSequence;
      }
    }),
  );
});

test('start() counts the discontinuities that other renditions had before', () => {
  const timeline = new Timeline({ windowSize: 3, targetDuration: 2, partTarget: undefined });
  timeline.start(7, 2);
  timeline.appendSegment({ discontinuity: true }, { uri: 's7.ts', duration: 2 });
  assert.equal(timeline.playlist([]).discontinuitySequence, 2);
});
