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

const address = (name: string): string => `${name}/playlist.m3u8`;

function measured(presentation: Presentation, name: string, kilobits: number): Rendition {
  const rendition = presentation.add(name, TARGETS);
  rendition.measure(kilobits * 125, 1);
  return rendition;
}

test('multivariant() lists the middle variant first, then by weight, then audio alone', () => {
  const presentation = new Presentation();
  for (const [name, kilobits] of [
    ['video', 5000],
    ['480p', 1200],
    ['720p', 2800],
  ] as const) {
    const rendition = measured(presentation, name, kilobits);
    presentation.describe(rendition, { codecs: ['avc1.64001f'], audioGroupId: 'audio' });
  }
  const audio = { groupId: 'audio', name: 'Audio', isDefault: true };
  presentation.describe(measured(presentation, 'audio', 128), { codecs: ['mp4a.40.2'], audio });
  const { variants } = presentation.multivariant(address);
  assert.deepEqual(
    variants.map(({ uri, codecs }) => [uri, codecs?.join()]),
    [
      ['720p/playlist.m3u8', 'avc1.64001f,mp4a.40.2'],
      ['video/playlist.m3u8', 'avc1.64001f,mp4a.40.2'],
      ['480p/playlist.m3u8', 'avc1.64001f,mp4a.40.2'],
      ['audio/playlist.m3u8', 'mp4a.40.2'],
    ],
  );
  assert.equal(variants.at(-1)?.audioGroupId, 'audio');
  assert.ok((variants.at(-1)?.bandwidth ?? 0) < 200_000);
});

test('multivariant() adds no variant to what is declared', () => {
  const presentation = new Presentation();
  const video = presentation.add('720p', TARGETS);
  presentation.describe(video, { bandwidth: 3_000_000, audioGroupId: 'a' });
  const audio = presentation.add('sound', TARGETS);
  const group = { groupId: 'a', name: 'Audio', isDefault: true };
  presentation.describe(audio, { bandwidth: 128_000, audio: group });
  assert.equal(presentation.multivariant(address).variants.length, 1);
});

test('Rendition.peakBitrate has headroom for what is not measured yet', () => {
  const presentation = new Presentation();
  const rendition = measured(presentation, 'video', 1000);
  assert.equal(Math.round(rendition.peakBitrate), 1_300_000);
  presentation.describe(rendition, { statedBitrate: 2_500_000 });
  assert.equal(Math.round(rendition.peakBitrate), 2_750_000);
  assert.equal(rendition.averageBitrate, 2_500_000);
  for (let n = 0; n < 4; n += 1) rendition.measure(125_000, 1);
  assert.equal(Math.round(rendition.peakBitrate), 1_100_000);
  assert.equal(rendition.averageBitrate, 1_000_000);
});

test('multivariant() leaves out a variant of which nothing is left', () => {
  const presentation = new Presentation();
  const rendition = measured(presentation, '480p', 1200);
  rendition.timeline.start(1);
  rendition.timeline.appendGap({ uri: 's1.m4s', duration: 2 });
  measured(presentation, 'video', 2500);
  const names = () => presentation.multivariant(address).variants.map(({ uri }) => uri);
  assert.deepEqual(names(), ['video/playlist.m3u8']);
  rendition.timeline.openSegment({ discontinuity: false });
  rendition.timeline.appendPart({ uri: 'p2.0', duration: 0.3, independent: false, gap: true });
  assert.deepEqual(names(), ['video/playlist.m3u8']);
  rendition.timeline.appendGap({ uri: 's2.m4s', duration: 2 });
  part(rendition);
  assert.deepEqual(names(), ['480p/playlist.m3u8', 'video/playlist.m3u8']);
});
