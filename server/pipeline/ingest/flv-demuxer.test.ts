import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Track } from '../../media/index.ts';
import { FlvDemuxer } from './flv-demuxer.ts';
import type { RawEvent, RawSample } from './normaliser-input.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const AVC_720P =
  '17 00 000000 0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800';
const AVC_240P =
  '17 00 000000 0142c00dffe100186742c00dd90141fb011000000300100000030320f142a48001000568cb83cb20';
const IDR = '17 01 000042 00000003 658884';
const INTER = '27 01 000000 00000003 419a00';
const AAC_44K = 'af 00 1210';
const AAC_FRAME = 'af 01 de02';
const OPUS_START = '90 4f707573 4f70757348656164 01 02 3801 80bb0000 0000 00';

function tracks(events: readonly RawEvent[]): Track[] {
  return events.flatMap((event) => (event.type === 'track' ? [event.track] : []));
}

function samples(events: readonly RawEvent[]): RawSample[] {
  return events.flatMap((event) => (event.type === 'sample' ? [event.sample] : []));
}

test('FlvDemuxer.media() drops frames before a configuration and before the first keyframe', () => {
  const demuxer = new FlvDemuxer();
  assert.deepEqual(demuxer.media('video', 0, bytes(IDR)), []);
  assert.deepEqual(demuxer.media('audio', 0, bytes(AAC_FRAME)), []);
  const [track] = tracks(demuxer.media('video', 0, bytes(AVC_720P)));
  assert.equal(track?.codecString, 'avc1.64001f');
  assert.deepEqual(demuxer.media('video', 0, bytes(INTER)), []);
  const [sample] = samples(demuxer.media('video', 33, bytes(IDR)));
  assert.ok(sample);
  assert.deepEqual(
    { ...sample, data: Buffer.from(sample.data).toString('hex') },
    {
      kind: 'video',
      stampMs: 33,
      nanos: 0,
      compositionOffsetMs: 66,
      durationTicks: 0,
      keyframe: true,
      data: '00000003658884',
    },
  );
  assert.equal(samples(demuxer.media('video', 66, bytes(INTER)))[0]?.keyframe, false);
  assert.deepEqual(
    [...demuxer.dropped],
    [
      ['before_config', 2],
      ['before_keyframe', 1],
    ],
  );
});

test('FlvDemuxer.media() does not believe a keyframe flag without an IDR slice', () => {
  const demuxer = new FlvDemuxer();
  demuxer.media('video', 0, bytes(AVC_720P));
  const flagged = INTER.replace('27', '17');
  assert.deepEqual(demuxer.media('video', 0, bytes(flagged)), []);
  demuxer.media('video', 33, bytes(IDR));
  assert.equal(samples(demuxer.media('video', 66, bytes(flagged)))[0]?.keyframe, false);
  assert.equal(demuxer.dropped.get('false_keyframe'), 2);
});

test('FlvDemuxer.media() takes a repeated configuration for none and a changed one for a track', () => {
  const demuxer = new FlvDemuxer();
  demuxer.media('video', 0, bytes(AVC_720P));
  demuxer.media('video', 0, bytes(IDR));
  assert.deepEqual(demuxer.media('video', 10, bytes(AVC_720P)), []);
  assert.equal(samples(demuxer.media('video', 33, bytes(INTER))).length, 1);
  const [track] = tracks(demuxer.media('video', 40, bytes(AVC_240P)));
  assert.equal(track?.kind === 'video' && track.height, 240);
  // The frames after a change refer to nothing that a decoder of it has.
  assert.deepEqual(demuxer.media('video', 66, bytes(INTER)), []);
  assert.equal(samples(demuxer.media('video', 100, bytes(IDR))).length, 1);
  assert.equal(tracks(demuxer.media('audio', 0, bytes(AAC_44K))).length, 1);
  assert.equal(tracks(demuxer.media('audio', 9, bytes(AAC_44K))).length, 0);
  assert.equal(tracks(demuxer.media('audio', 9, bytes('af 00 1190'))).length, 1);
});

test('FlvDemuxer.media() keeps its configuration when the caller reuses the payload', () => {
  const demuxer = new FlvDemuxer();
  const payload = bytes(AVC_720P);
  const [track] = tracks(demuxer.media('video', 0, payload));
  payload.fill(0);
  assert.equal(track?.config[0], 1);
  assert.deepEqual(demuxer.media('video', 0, bytes(AVC_720P)), []);
});

test('FlvDemuxer.media() announces Opus with the duration of its first packet', () => {
  const demuxer = new FlvDemuxer();
  assert.deepEqual(demuxer.media('audio', 0, bytes(OPUS_START)), []);
  const events = demuxer.media('audio', 0, bytes('91 4f707573 f400'));
  const [track] = tracks(events);
  assert.equal(track?.kind === 'audio' && track.frameTicks, 480);
  assert.equal(samples(events)[0]?.durationTicks, 480);
  assert.equal(
    samples(demuxer.media('audio', 10, bytes('91 4f707573 fc00')))[0]?.durationTicks,
    960,
  );
});

test('FlvDemuxer.unsupported names the first codec that is not carried', () => {
  const demuxer = new FlvDemuxer();
  assert.equal(demuxer.unsupported, undefined);
  assert.deepEqual(demuxer.media('audio', 0, bytes('b6 00')), []);
  demuxer.media('video', 0, bytes('14 00'));
  assert.deepEqual(demuxer.unsupported, { kind: 'audio', codecName: 'Speex' });
  assert.equal(demuxer.dropped.get('unsupported'), 2);
});

test('FlvDemuxer.media() widens short NAL lengths', () => {
  const demuxer = new FlvDemuxer();
  demuxer.media('video', 0, bytes(AVC_720P.replace('64001fff', '64001ffd')));
  const [sample] = samples(demuxer.media('video', 0, bytes('17 01 000000 0003 658884')));
  assert.equal(Buffer.from(sample?.data ?? []).toString('hex'), '00000003658884');
});
