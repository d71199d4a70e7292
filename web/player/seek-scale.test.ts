import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Place } from './place.ts';
import { behindAt, SeekScale, type SeekView } from './seek-scale.ts';

const LOOK_S = 0.25;

/** A window of ten segments of two seconds, seen `nowS` after its beginning by who is so far behind. */
function placeAt(nowS: number, behindS: number, more: Partial<Place> = {}): Place {
  const edgeS = Math.floor(nowS * 3) / 3;
  const segments = Math.floor(edgeS / 2);
  const earliestS = Math.max(0, segments - 10) * 2 + 2;
  const latestS = nowS - 1;
  return {
    positionS: latestS - behindS,
    bufferedToS: latestS - behindS + 1,
    earliestS: Math.min(latestS, earliestS),
    latestS,
    stepS: 2,
    rate: 1,
    isLive: true,
    ...more,
  };
}

/** What is shown at each look. */
function watch(fromS: number, toS: number, placeOf: (nowS: number) => Place): SeekView[] {
  const scale = new SeekScale();
  const views: SeekView[] = [];
  for (let nowS = fromS; nowS < toS; nowS += LOOK_S) {
    views.push(scale.look(nowS, placeOf(nowS), false));
  }
  return views;
}

test('SeekScale.look() stands still while the window slides and the playhead keeps its distance', () => {
  const tremble = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 200 });
  fc.assert(
    fc.property(tremble, (offsS) => {
      const views = watch(60, 60 + offsS.length * LOOK_S, (nowS) =>
        placeAt(nowS, 10 + (offsS[Math.round((nowS - 60) / LOOK_S)] ?? 0)),
      ).slice(20);
      const shares = views.map(({ playedShare }) => playedShare);
      assert.ok(Math.max(...shares) - Math.min(...shares) < 0.015);
      assert.equal(new Set(views.map(({ spanS }) => Math.round(spanS * 10))).size <= 2, true);
      assert.equal(new Set(views.map(({ behindS }) => behindS)).size, 1);
    }),
    { numRuns: 50 },
  );
});

test('SeekScale.look() grows with a window that grows', () => {
  const spans = watch(4, 16, (nowS) => placeAt(nowS, 0)).map(({ spanS }) => spanS);
  assert.deepEqual(
    spans,
    spans.toSorted((a, b) => a - b),
  );
  assert.ok((spans.at(-1) ?? 0) > 8);
});

test('SeekScale.look() follows a seek at once, and a pause second by second', () => {
  const scale = new SeekScale();
  scale.look(60, placeAt(60, 0), true);
  assert.equal(scale.look(60.25, placeAt(60.25, 12), false).behindS, 12);
  let shown: number[] = [];
  for (let nowS = 60.5; nowS < 64.5; nowS += LOOK_S) {
    const paused = placeAt(nowS, 12 + nowS - 60.5, { rate: 0 });
    shown = [...shown, scale.look(nowS, paused, false).behindS];
  }
  assert.deepEqual([...new Set(shown)], [12, 13, 14, 15, 16]);
});

test('SeekScale.look() pins who is live to the right end', () => {
  const view = new SeekScale().look(60, placeAt(60, 1.4), true);
  assert.deepEqual([view.playedShare, view.behindS], [1, 0]);
});

test('SeekScale.look() shows all of what is over, from its beginning to its end', () => {
  const over = { earliestS: 10, latestS: 50, positionS: 20, bufferedToS: 30, isLive: false };
  const view = new SeekScale().look(60, placeAt(60, 0, over), false);
  assert.deepEqual(view, {
    spanS: 40,
    behindS: 30,
    playedShare: 0.25,
    bufferedShare: 0.5,
    isLive: false,
  });
});

test('SeekScale.look() stays on its bar whatever it is told', () => {
  const seconds = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const places = fc.record({
    positionS: seconds,
    bufferedToS: seconds,
    earliestS: seconds,
    latestS: seconds,
    stepS: fc.double({ min: 0, max: 100, noNaN: true }),
    rate: fc.constantFrom(0, 1, 1.1),
    isLive: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(places, fc.boolean())), (looks) => {
      const scale = new SeekScale();
      looks.forEach(([place, isAtLive], index) => {
        const view = scale.look(index * LOOK_S, place, isAtLive);
        assert.ok(view.spanS >= 0 && view.behindS >= 0);
        assert.ok(view.playedShare >= 0 && view.playedShare <= view.bufferedShare);
        assert.ok(view.bufferedShare <= 1);
      });
    }),
  );
});

test('behindAt() is the distance of a place on the bar, and nothing beyond its ends', () => {
  assert.equal(behindAt(1, { spanS: 80 }), 0);
  assert.equal(behindAt(0.25, { spanS: 80 }), 60);
  assert.equal(behindAt(-1, { spanS: 80 }), 80);
  assert.equal(behindAt(2, { spanS: 80 }), 0);
});
