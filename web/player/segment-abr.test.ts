import assert from 'node:assert/strict';
import { test } from 'node:test';
import Hls, { Events, LoadStats } from 'hls.js';
import { endsWithinSegment, type ListedPart, mayLoadNext, SegmentAbr } from './segment-abr.ts';

const PART_S = 0.5;

test('endsWithinSegment() lets another quality in only where a new segment is listed', () => {
  const parts = [0, 1, 2, 0, 1];
  assert.equal(isWithin(parts, 2), true, 'within a segment');
  assert.equal(isWithin(parts, 3), false, 'at its end');
  assert.equal(isWithin(parts, 4), true, 'within the next');
  assert.equal(isWithin(parts, 5), true, 'nothing more is listed');
  assert.equal(isWithin([0, 1, 2], 3), true, 'no new segment yet');
});

test('endsWithinSegment() lets another quality in where whole segments are fetched', () => {
  assert.equal(endsWithinSegment(null, 0), false, 'a playlist without parts');
  assert.equal(endsWithinSegment([], 0), false);
  assert.equal(isWithin([3, 4, 0, 1], 0), false, 'no part was fetched');
  const parts = listed([0, 1, 2, 0], 2);
  assert.equal(endsWithinSegment(parts, 2 * PART_S), true, 'buffered');
  assert.equal(endsWithinSegment(parts, PART_S), true, 'about to be buffered');
  assert.equal(endsWithinSegment(parts, -10), false, 'for somebody who went back');
  assert.equal(endsWithinSegment(parts, 5 * PART_S), false, 'for somebody who came from there');
});

test('endsWithinSegment() does not take a part for fetched whose request was given up', () => {
  const parts = listed([0, 1, 0], 2);
  assert.equal(endsWithinSegment(parts, PART_S), false);
  const last = parts[1];
  if (last !== undefined) last.stats.aborted = true;
  assert.equal(endsWithinSegment(parts, PART_S), true);
});

test('mayLoadNext() lets a lighter quality in anywhere once hardly anything is left to play', () => {
  const stage = stageOf({ wanted: 0, parts: listed([0, 1, 2, 3], 2) });
  assert.equal(mayLoadNext(stage.hls, 0), false);
  stage.bufferS = PART_S / 2;
  assert.equal(mayLoadNext(stage.hls, 0), true);
  assert.equal(mayLoadNext(stage.hls, 2), false, 'and no heavier one');
});

test('SegmentAbr goes over with a new segment, however often it was asked before', () => {
  const stage = stageOf({ wanted: 2, parts: listed([0, 1, 2, 3, 0], 2) });
  for (let asked = 0; asked < 3; asked += 1) assert.equal(stage.ask(), 1, 'within the segment');
  stage.parts = listed([0, 1, 2, 3, 0], 4);
  assert.equal(stage.ask(), 2);
});

test('SegmentAbr wants anew at the end of a segment what it wanted within it', () => {
  const stage = stageOf({ wanted: 2, parts: listed([0, 1, 2, 3, 0], 2) });
  stage.ask();
  stage.tell(Events.MAX_AUTO_LEVEL_UPDATED);
  stage.wanted = 1;
  stage.parts = listed([0, 1, 2, 3, 0], 4);
  assert.equal(stage.ask(), 1);
});

test('SegmentAbr does at once what hls.js says after a failure, and that once', () => {
  const stage = stageOf({ wanted: 1, parts: listed([0, 1, 2, 3, 0], 2) });
  stage.load();
  stage.wanted = 0;
  stage.abr.nextAutoLevel = 0;
  assert.equal(stage.load(), 0);
  stage.wanted = 2;
  assert.equal(stage.load(), 0, 'what follows waits for a segment again');
});

test('SegmentAbr waits for a segment also when a viewer lets it choose again', () => {
  const stage = stageOf({ wanted: 2, parts: listed([0, 1, 2, 3, 0], 4) });
  assert.equal(stage.load(), 2);
  // Chosen by hand, which the controller hears nothing of.
  stage.loadLevel = 0;
  stage.parts = listed([0, 1, 2, 3, 0], 2);
  assert.equal(stage.load(), 0);
});

/** Parts with these indexes in their segments, the first `count` of them fetched. */
function listed(indexes: readonly number[], count: number): ListedPart[] {
  return indexes.map((index, i) => {
    const stats = new LoadStats();
    if (i < count) stats.loading.end = 1;
    return { index, stats, end: (i + 1) * PART_S, duration: PART_S };
  });
}

/** What is buffered ends with what was fetched. */
function isWithin(indexes: readonly number[], count: number): boolean {
  return endsWithinSegment(listed(indexes, count), count * PART_S);
}

/**
 * Three levels of which the middle one is loaded, and a controller that wants what the test says. `ask` does as hls.js
 * when it has nothing to do: it asks what to load next, and says so; `load` loads it, too.
 */
function stageOf(setup: { wanted: number; parts: ListedPart[] }) {
  const stage = { ...setup, loadLevel: 1, bufferS: 2 * PART_S };
  const handlers = new Map<Events, (event: Events, data: object) => void>();
  const details = () => ({ partList: stage.parts, partTarget: PART_S, edge: 0 });
  const end = () => stage.parts.findLast(({ stats }) => stats.loading.end > 0)?.end ?? 0;
  const hls = Object.create(Hls.prototype, {
    config: { value: Hls.DefaultConfig },
    logger: { value: console },
    on: { value: handlers.set.bind(handlers) },
    minAutoLevel: { value: 0 },
    maxAutoLevel: { value: 2 },
    loadLevel: { get: () => stage.loadLevel },
    levels: { get: () => [0, 1, 2].map(() => ({ details: details(), loadError: 0 })) },
    mainForwardBufferInfo: { get: () => ({ len: stage.bufferS, end: end() }) },
  });
  const abr = new SegmentAbr(hls);
  Object.defineProperty(abr, 'firstAutoLevel', { get: () => stage.wanted });
  return Object.assign(stage, { hls, abr, ask, load, tell });

  function tell(event: Events, data: object = {}): void {
    handlers.get(event)?.call(abr, event, data);
  }

  function ask(): number {
    const level = abr.nextAutoLevel;
    stage.loadLevel = level;
    abr.nextAutoLevel = level;
    return level;
  }

  function load(): number {
    const level = ask();
    const frag = { type: 'main', level, sn: 1, stats: new LoadStats() };
    tell(Events.FRAG_LOADED, { frag, part: null });
    return level;
  }
}
