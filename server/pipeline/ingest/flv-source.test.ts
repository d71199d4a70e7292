import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { FlvSource } from './flv-source.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const AVC_CONFIG =
  '17 00 000000 0142c00dffe100186742c00dd90141fb011000000300100000030320f142a48001000568cb83cb20';
const IDR = '17 01 000000 00000003 658884';

function source(metadata: Readonly<Record<string, unknown>> = {}): FlvSource {
  const values = new Map(Object.entries(metadata));
  return new FlvSource({ clock: new ManualClock(), metadata: () => values });
}

test('FlvSource.media() turns messages into samples from 0', () => {
  const flv = source();
  assert.deepEqual(flv.media('video', 900, bytes(AVC_CONFIG)), []);
  assert.deepEqual(flv.media('audio', 900, bytes('af 00 1210')), []);
  assert.deepEqual(flv.media('video', 900, bytes(IDR)), []);
  const events = flv.media('audio', 910, bytes('af 01 de02'));
  assert.deepEqual(
    events.map((event) => (event.type === 'sample' ? event.sample.dts : event.type)),
    ['track', 'track', 0, 441],
  );
});

test('FlvSource.media() waits for no audio when the metadata names video alone', () => {
  for (const metadata of [{ videocodecid: 7 }, { hasVideo: true, hasAudio: false }]) {
    const flv = source(metadata);
    flv.media('video', 0, bytes(AVC_CONFIG));
    assert.equal(flv.media('video', 0, bytes(IDR)).length, 2);
  }
  const both = source({ videocodecid: 7, audiocodecid: 10 });
  both.media('video', 0, bytes(AVC_CONFIG));
  assert.equal(both.media('video', 0, bytes(IDR)).length, 0);
  assert.equal(both.end().length, 2);
});

test('FlvSource.unsupported tells the encoder what to send instead', () => {
  const flv = source();
  assert.equal(flv.unsupported, undefined);
  flv.media('video', 0, bytes('14 00'));
  assert.equal(flv.unsupported, 'VP6 video is not supported: send H.264, HEVC or AV1');
});

test('FlvSource.media() says of each track what bitrate its encoder states', () => {
  const stated = (metadata: Readonly<Record<string, unknown>>) => {
    const flv = source({ hasVideo: true, hasAudio: false, ...metadata });
    flv.media('video', 0, bytes(AVC_CONFIG));
    const [event] = flv.media('video', 0, bytes(IDR));
    return event?.type === 'track' ? event.track.statedBitrate : event?.type;
  };
  assert.equal(stated({ videodatarate: 2500 }), 2_500_000);
  for (const videodatarate of [0, -1, Number.NaN, 1e9, '2500', undefined]) {
    assert.equal(stated({ videodatarate }), undefined);
  }
});

test('FlvSource.media() says of each rung what bitrate the encoder states of its track', () => {
  const stated = (videoTrackIdInfoMap: unknown) => {
    const flv = source({ hasVideo: true, hasAudio: false, videoTrackIdInfoMap });
    const numbered = (packetType: number, body: string) =>
      flv.media('video', 0, bytes(`96 0${packetType} 61766331 01 ${body}`));
    flv.media('video', 0, bytes(AVC_CONFIG));
    assert.deepEqual(numbered(0, AVC_CONFIG.slice('17 00 000000'.length)), []);
    const rung = flv.media('video', 0, bytes(IDR)).find(({ type }) => type === 'rung');
    assert.ok(rung?.type === 'rung' && rung.event.type === 'track', rung?.type);
    assert.equal(rung.name, '240p');
    return rung.event.track.statedBitrate;
  };
  const track = (videodatarate: unknown) => new Map([['videodatarate', videodatarate]]);
  assert.equal(stated(new Map([['1', track(800)]])), 800_000);
  assert.equal(stated(new Map([['2', track(800)]])), undefined);
  for (const odd of [undefined, 7, new Map([['1', 7]]), new Map([['1', track(-1)]])]) {
    assert.equal(stated(odd), undefined);
  }
});
