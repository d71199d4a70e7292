import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackWatch } from './playback-watch.ts';

test('PlaybackWatch says steady once after ten seconds of movement', () => {
  const watch = new PlaybackWatch(0);
  const verdicts = Array.from({ length: 30 }, (_, s) => watch.look(s, s, true));
  assert.equal(verdicts.indexOf('steady'), 11);
  assert.equal(verdicts.filter((verdict) => verdict === 'steady').length, 1);
});

test('PlaybackWatch says stuck once after eight seconds of standing still', () => {
  const watch = new PlaybackWatch(0);
  const verdicts = Array.from({ length: 20 }, (_, s) => watch.look(s, 5, true));
  assert.equal(verdicts.indexOf('stuck'), 8);
  assert.equal(verdicts.filter((verdict) => verdict === 'stuck').length, 1);
});

test('PlaybackWatch does not call a paused playhead stuck, and counts anew from its release', () => {
  const watch = new PlaybackWatch(0);
  for (let s = 0; s < 60; s += 1) assert.equal(watch.look(s, 5, false), 'resting');
  assert.equal(watch.look(66, 5, true), 'resting');
  assert.equal(watch.look(67.5, 5, true), 'stuck');
});

test('PlaybackWatch counts steadiness anew after disturb()', () => {
  const watch = new PlaybackWatch(0);
  for (let s = 0; s < 9; s += 1) watch.look(s, s, true);
  watch.disturb();
  const verdicts = Array.from({ length: 12 }, (_, i) => watch.look(9 + i, 9 + i, true));
  assert.equal(verdicts.indexOf('steady'), 10);
});
