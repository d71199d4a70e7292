import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf, type Look } from './findings.ts';

/** A look each second for `seconds`; `at` says how much media there was by then. */
function looks(
  seconds: number,
  at: (second: number) => Partial<Omit<Look, 'atMs'>>,
): readonly Look[] {
  const none = { videoS: undefined, audioS: undefined, missingQualities: [], advice: new Map() };
  return Array.from({ length: seconds + 1 }, (_, second) => ({
    ...none,
    ...at(second),
    atMs: second * 1000,
  }));
}

const codes = (seen: readonly Look[]): readonly string[] => [...findingsOf(seen).keys()];

test('findingsOf() finds nothing wrong with what comes in real time, or has not begun', () => {
  assert.deepEqual(codes([]), []);
  assert.deepEqual(codes(looks(30, (s) => ({ videoS: s, audioS: s }))), []);
  assert.deepEqual(codes(looks(30, () => ({ videoS: 0, audioS: 0 }))), []);
  assert.deepEqual(codes(looks(30, () => ({}))), [], 'no rendition yet');
  assert.deepEqual(codes(looks(30, (s) => ({ videoS: s }))), [], 'video alone');
  assert.deepEqual(codes(looks(4, (s) => ({ videoS: Math.min(s, 1) }))), [], 'a short pause');
});

test('findingsOf() tells silence from one track that has stopped', () => {
  const stops = (s: number): number => 3 + Math.min(s, 4);
  assert.deepEqual(codes(looks(9, (s) => ({ videoS: stops(s), audioS: stops(s) }))), [
    'source_silent',
  ]);
  assert.deepEqual(codes(looks(9, (s) => ({ videoS: stops(s) }))), ['source_silent']);
  assert.deepEqual(codes(looks(9, (s) => ({ audioS: stops(s) }))), ['source_silent']);
  assert.deepEqual(codes(looks(9, (s) => ({ videoS: stops(s), audioS: s }))), ['video_stopped']);
  assert.deepEqual(codes(looks(9, (s) => ({ videoS: s, audioS: stops(s) }))), ['audio_stopped']);
});

test('findingsOf() weighs media against time once it has seen enough of both', () => {
  const slowly = (s: number): Partial<Look> => ({ videoS: 1 + s * 0.8, audioS: 1 + s * 0.8 });
  assert.deepEqual(codes(looks(20, slowly)), []);
  const found = findingsOf(looks(30, slowly));
  assert.match(found.get('source_slow') ?? '', /at 80 % of real time/);
  assert.deepEqual(codes(looks(30, (s) => ({ videoS: 1 + s * 0.95 }))), []);
});

test('findingsOf() passes on advice that lasts, and names the qualities that are missing', () => {
  const advice = new Map([
    ['keyframe_interval_too_long', 'Set it to 2 s.'],
    ['video_stopped', 'seen from the media itself'],
  ] as const);
  const found = findingsOf(looks(1, () => ({ advice, missingQualities: ['480p', '360p'] })));
  assert.deepEqual([...found.keys()], ['keyframe_interval_too_long', 'qualities_missing']);
  assert.equal(found.get('keyframe_interval_too_long'), 'Set it to 2 s.');
  assert.match(found.get('qualities_missing') ?? '', /480p, 360p/);
});
