import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadStats } from 'hls.js';
import { endsWithinSegment, type ListedPart } from './segment-abr.ts';

test('endsWithinSegment() lets another quality in only where a new segment is listed', () => {
  const parts = listed([0, 1, 2, 0, 1]);
  assert.equal(endsWithinSegment(fetched(parts, 2)), true, 'within a segment');
  assert.equal(endsWithinSegment(fetched(parts, 3)), false, 'at its end');
  assert.equal(endsWithinSegment(fetched(parts, 4)), true, 'within the next');
  assert.equal(endsWithinSegment(fetched(parts, 5)), true, 'nothing more is listed');
  assert.equal(endsWithinSegment(fetched(listed([0, 1, 2]), 3)), true, 'no new segment yet');
});

test('endsWithinSegment() lets another quality in where no part was fetched', () => {
  assert.equal(endsWithinSegment(null), false, 'a playlist without parts');
  assert.equal(endsWithinSegment([]), false);
  assert.equal(endsWithinSegment(listed([3, 4, 0, 1])), false, 'whole segments are fetched');
});

test('endsWithinSegment() does not take a part for fetched whose request was given up', () => {
  const parts = fetched(listed([0, 1, 0]), 2);
  assert.equal(endsWithinSegment(parts), false);
  const last = parts[1];
  if (last !== undefined) last.stats.aborted = true;
  assert.equal(endsWithinSegment(parts), true);
});

/** Parts with these indexes in their segments. */
function listed(indexes: readonly number[]): ListedPart[] {
  return indexes.map((index) => ({ index, stats: new LoadStats() }));
}

/** The same with the first `count` fetched. */
function fetched(parts: readonly ListedPart[], count: number): ListedPart[] {
  return parts.map(({ index }, i) => {
    const stats = new LoadStats();
    if (i < count) stats.loading.end = 1;
    return { index, stats };
  });
}
