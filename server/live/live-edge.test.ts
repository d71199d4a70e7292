import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeEdge, type LiveEdge } from './live-edge.ts';

const edge: LiveEdge = { next: 10, openParts: 2, lastParts: 6, partTarget: 0.35 };
const fresh: LiveEdge = { ...edge, openParts: 0 };
const plain: LiveEdge = { next: 10, openParts: 0, lastParts: 0, partTarget: undefined };

const cases: readonly [string, LiveEdge, number, number | undefined, string][] = [
  ['the past is answered at once', edge, 3, 0, 'ready'],
  ['a part of the last whole segment is there', edge, 9, 5, 'ready'],
  ['past the end of it means part 0 of the next, which is there', edge, 9, 6, 'ready'],
  ['past the end of it means part 0 of the next, which is not there', fresh, 9, 6, 'wait'],
  ['the last whole segment alone is there', fresh, 9, undefined, 'ready'],
  ['the open segment without a part asks for its first', edge, 10, undefined, 'ready'],
  ['the open segment without a part waits for its first', fresh, 10, undefined, 'wait'],
  ['a listed part of the open segment is there', edge, 10, 1, 'ready'],
  ['the next part waits', edge, 10, 2, 'wait'],
  ['a part within the advance limit waits', edge, 10, 10, 'wait'],
  ['a part beyond the advance limit is refused', edge, 10, 11, 'too_far_ahead'],
  ['the segment after the open one waits', edge, 11, 0, 'wait'],
  ['a part of the one after within the advance limit waits', edge, 11, 9, 'wait'],
  ['a part of the one after beyond the limit is refused', edge, 11, 10, 'too_far_ahead'],
  ['the segment after the open one alone waits', edge, 11, undefined, 'wait'],
  ['a plain rendition waits for the one after, part or not', plain, 11, 99, 'wait'],
  ['beyond last + 2 is refused', edge, 12, undefined, 'too_far_ahead'],
  ['a plain rendition waits for the whole segment', plain, 10, undefined, 'wait'],
  ['a plain rendition has its last segment', plain, 9, undefined, 'ready'],
  ['a plain rendition refuses beyond last + 2', plain, 12, undefined, 'too_far_ahead'],
];

for (const [what, at, mediaSequenceNumber, part, expected] of cases) {
  test(`judgeEdge(): ${what}`, () => {
    assert.equal(judgeEdge(at, mediaSequenceNumber, part), expected);
  });
}

test('judgeEdge() allows three parts ahead when parts last a second or more', () => {
  const slow: LiveEdge = { ...edge, partTarget: 1 };
  assert.equal(judgeEdge(slow, 10, 4), 'wait');
  assert.equal(judgeEdge(slow, 10, 5), 'too_far_ahead');
});
