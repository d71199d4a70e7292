import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PathPredictor } from './sequencer-hint.ts';

/** Feeds `segments` segments of `parts` parts each and returns the predictor. */
function learn(
  path: (sequence: number, part: number) => string,
  { from = 98, segments = 2, parts = 4 } = {},
): PathPredictor {
  const predictor = new PathPredictor();
  for (let sequence = from; sequence < from + segments; sequence += 1) {
    for (let part = 0; part < parts; part += 1) {
      predictor.observe(sequence, part, path(sequence, part));
    }
  }
  return predictor;
}

test('predict() names the next part and the first of the next segment', () => {
  for (const path of [
    (sequence: number, part: number) => `seg-${sequence}.part-${part}.m4s`,
    (sequence: number, part: number) => `/v1/720p/${sequence}/${part}.mp4?x=1`,
    (sequence: number, part: number) =>
      `${String(sequence).padStart(8, '0')}_${String(part).padStart(3, '0')}`,
  ]) {
    const predictor = learn(path);
    assert.equal(predictor.predict(99, 4), path(99, 4));
    assert.equal(predictor.predict(100, 0), path(100, 0));
  }
});

test('predict() knows the next part before it has seen a segment change, and no more', () => {
  const path = (sequence: number, part: number) => `${sequence}.${part}`;
  const predictor = learn(path, { segments: 1 });
  assert.equal(predictor.predict(98, 4), '98.4');
  assert.equal(predictor.predict(99, 0), undefined, '98 could be a constant');
});

test('predict() says nothing before two predictions came true', () => {
  const predictor = new PathPredictor();
  for (const part of [0, 1, 2]) {
    assert.equal(predictor.predict(5, part), undefined);
    predictor.observe(5, part, `5.${part}`);
  }
  predictor.observe(5, 3, '5.3');
  assert.equal(predictor.predict(5, 4), '5.4');
});

test('predict() says nothing of names that have no number, or another meaning', () => {
  assert.equal(learn(() => 'same.mp4').predict(100, 0), undefined);
  assert.equal(learn((sequence) => `${sequence}.mp4`).predict(100, 0), undefined);
  assert.equal(learn((s, p) => `${(s * 7919 + p * 104_729) % 65_536}`).predict(99, 4), undefined);
  assert.equal(learn((s, p) => 'x'.repeat(s) + p, { from: 1 }).predict(3, 0), undefined);
  assert.equal(learn((s, p) => `${s}.`.repeat(20) + p).predict(100, 0), undefined);
});

test('predict() falls silent with the first name that breaks the pattern', () => {
  const predictor = learn((sequence, part) => `${sequence}.${part}`);
  predictor.observe(100, 0, 'slate-7.mp4');
  assert.equal(predictor.predict(100, 1), undefined);
});
