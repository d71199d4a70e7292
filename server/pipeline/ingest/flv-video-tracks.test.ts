import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvDemuxer } from './flv-demuxer.ts';
import { MAX_VIDEO_TRACKS } from './flv-video-tracks.ts';
import type { RawEvent } from './normaliser-input.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const AVCC_720P =
  '0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800';
const AVCC_240P =
  '0142c00dffe100186742c00dd90141fb011000000300100000030320f142a48001000568cb83cb20';
const IDR = '00000003 658884';
const INTER = '00000003 419a00';
const AVC1 = '61766331';

const idOf = (trackId: number): string => trackId.toString(16).padStart(2, '0');
const config = (trackId: number, avcC = AVCC_240P): string =>
  `96 00 ${AVC1} ${idOf(trackId)} ${avcC}`;
const frame = (trackId: number, key = true): string =>
  `${key ? '96' : 'a6'} 03 ${AVC1} ${idOf(trackId)} ${key ? IDR : INTER}`;

/** A demuxer at work; each call says in short what came out. */
function bench() {
  const demuxer = new FlvDemuxer();
  const video = (...bodies: readonly string[]): string[] =>
    bodies.flatMap((hex) => demuxer.media('video', 40, bytes(hex)).map(shown));
  return { demuxer, video };
}

function shown(event: RawEvent): string {
  if (event.type === 'rung') return `${event.name} of ${event.trackId}: ${shown(event.event)}`;
  if (event.type === 'sample') return event.sample.keyframe ? 'keyframe' : 'frame';
  return event.track.kind === 'video' ? `${event.track.height} lines` : 'audio';
}

test('FlvDemuxer.media() lets track 0 lead and makes each other video track a rung', () => {
  const { video } = bench();
  assert.deepEqual(video(config(0, AVCC_720P), config(1), config(2)), [
    '720 lines',
    '240p of 1: 240 lines',
    '240p-2 of 2: 240 lines',
  ]);
  assert.deepEqual(video(frame(2), frame(0), frame(1), frame(1, false)), [
    '240p-2 of 2: keyframe',
    'keyframe',
    '240p of 1: keyframe',
    '240p of 1: frame',
  ]);
});

test('FlvDemuxer.media() takes messages without a track id for track 0', () => {
  const { video } = bench();
  assert.deepEqual(video(config(1), `17 00 000000 ${AVCC_720P}`), [
    '240p of 1: 240 lines',
    '720 lines',
  ]);
  assert.deepEqual(video(`17 01 000000 ${IDR}`, frame(0, false)), ['keyframe', 'frame']);
});

test('FlvDemuxer.media() reads several tracks of one message', () => {
  const { video } = bench();
  video(config(0), config(1));
  const sized = `000007 ${IDR}`;
  assert.deepEqual(video(`96 13 ${AVC1} 00 ${sized} 01 ${sized}`), [
    'keyframe',
    '240p of 1: keyframe',
  ]);
});

test('FlvDemuxer.media() lets another track lead while track 0 is not configured, for good', () => {
  const { video } = bench();
  assert.deepEqual(video(config(3, AVCC_720P), config(4)), []);
  assert.deepEqual(video(frame(3)), ['720 lines', '240p of 4: 240 lines', 'keyframe']);
  assert.deepEqual(video(config(0), frame(0), frame(3, false)), [
    '240p-2 of 0: 240 lines',
    '240p-2 of 0: keyframe',
    'frame',
  ]);
});

test('FlvDemuxer.media() keeps the name of a rung when its picture changes', () => {
  const { video } = bench();
  video(config(0), config(1), frame(0), frame(1));
  assert.deepEqual(video(config(1, AVCC_720P), frame(1, false), frame(1)), [
    '240p of 1: 720 lines',
    '240p of 1: keyframe',
  ]);
});

test('FlvDemuxer.media() leaves out tracks above the most, and counts them', () => {
  const { demuxer, video } = bench();
  for (let trackId = 0; trackId <= MAX_VIDEO_TRACKS; trackId += 1) video(config(trackId));
  const frames = Array.from({ length: MAX_VIDEO_TRACKS + 1 }, (_, trackId) => frame(trackId));
  assert.equal(video(...frames).filter((event) => event.endsWith('keyframe')).length, 8);
  assert.equal(demuxer.dropped.get('too_many_tracks'), 2);
});

test('FlvDemuxer.media() leaves out a rung of a codec that is not carried, but not what leads', () => {
  const { demuxer, video } = bench();
  const vp9 = '76703039';
  assert.deepEqual(video(config(0), `96 00 ${vp9} 01 aa`, frame(0)), ['240 lines', 'keyframe']);
  assert.equal(demuxer.dropped.get('unsupported'), 1);
  assert.equal(demuxer.unsupported, undefined);
  video(`96 00 ${vp9} 00 aa`);
  assert.deepEqual(demuxer.unsupported, { kind: 'video', codecName: 'VP9' });
});

test('FlvDemuxer.media() counts further audio tracks and leaves them out', () => {
  const { demuxer } = bench();
  demuxer.media('audio', 0, bytes('af 00 1210'));
  assert.deepEqual(demuxer.media('audio', 0, bytes('95 01 6d703461 01 de02')), []);
  assert.equal(demuxer.dropped.get('other_track'), 1);
});

test('FlvDemuxer.media() leaves a rung out while its configuration is malformed', () => {
  const { demuxer, video } = bench();
  assert.deepEqual(video(config(1, '0164'), config(0, AVCC_720P), config(1, '0164')), [
    '720 lines',
  ]);
  assert.deepEqual(video(frame(0), frame(1)), ['keyframe']);
  assert.equal(demuxer.dropped.get('malformed_config'), 2);
  assert.deepEqual(video(config(1), frame(1)), ['240p of 1: 240 lines', '240p of 1: keyframe']);
  assert.deepEqual(video(config(1, '0164'), frame(1), frame(0)), ['keyframe']);
});

test('FlvDemuxer.media() ends a publisher whose leading track has a malformed configuration', () => {
  const fault = { name: 'Violation' };
  assert.throws(() => bench().video(config(0, '0164')), fault);
  const { video } = bench();
  video(config(3), frame(3));
  assert.throws(() => video(config(3, '0164')), fault);
});
