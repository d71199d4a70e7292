import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { SKETCH_ERROR, Sketch } from './sketch.ts';

const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 8).toString('latin1');

function sketchOf(from: number, to: number): Sketch {
  const sketch = new Sketch();
  for (let index = from; index < to; index += 1) sketch.add(hashOf(`${index}`));
  return sketch;
}

test('Sketch.sizeOf() is nobody for nothing, and the same however often a member comes', () => {
  const sketch = new Sketch();
  assert.equal(Sketch.sizeOf([sketch]), 0);
  assert.equal(Sketch.sizeOf([]), 0);
  for (let index = 0; index < 100; index += 1) sketch.add(hashOf('one'));
  assert.equal(Sketch.sizeOf([sketch]), 1);
});

test('Sketch.sizeOf() is within four standard errors from ten to 300,000 members', () => {
  for (const size of [10, 100, 1_000, 5_000, 20_000, 60_000, 300_000]) {
    const wrong = Math.abs(Sketch.sizeOf([sketchOf(0, size)]) - size) / size;
    assert.ok(wrong < 4 * SKETCH_ERROR, `${size}: wrong by ${wrong}`);
  }
});

test('Sketch.sizeOf() counts who is in two sketches once', () => {
  const size = Sketch.sizeOf([sketchOf(0, 6_000), sketchOf(4_000, 10_000)]);
  assert.ok(Math.abs(size - 10_000) < 10_000 * 4 * SKETCH_ERROR, `${size}`);
});
