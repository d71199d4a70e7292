import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Presentation } from './presentation.ts';
import type { Rendition } from './rendition.ts';

const TARGETS = { windowSize: 6, targetDuration: 2, partTarget: 0.5 };

function part(rendition: Rendition, msn = 1): void {
  if (rendition.timeline.nextMediaSequenceNumber === undefined) rendition.timeline.start(msn);
  rendition.timeline.openSegment({ discontinuity: false }, 'p1.0.m4s');
  rendition.timeline.appendPart({ uri: 'p1.0.m4s', duration: 0.5, independent: true }, 'p1.1.m4s');
}

test('complete waits until every expected rendition lists media', () => {
  const presentation = new Presentation();
  assert.equal(presentation.complete, false, 'nothing is there');
  presentation.expect('video');
  presentation.expect('audio');
  part(presentation.add('video', TARGETS));
  assert.equal(presentation.complete, false, 'audio is on its way');
  const audio = presentation.add('audio', TARGETS);
  assert.equal(presentation.complete, false, 'audio lists nothing');
  part(audio);
  assert.equal(presentation.complete, true);
});

test('complete does not wait longer than the first segment', () => {
  const presentation = new Presentation();
  presentation.expect('audio');
  const video = presentation.add('video', TARGETS);
  part(video);
  assert.equal(presentation.complete, false);
  video.timeline.closeSegment({ duration: 0.5, uri: 's1.m4s' }, 'p2.0.m4s');
  assert.equal(presentation.complete, true);
});

test('complete needs no expectations', () => {
  const presentation = new Presentation();
  presentation.add('720p', TARGETS);
  assert.equal(presentation.complete, true);
});
