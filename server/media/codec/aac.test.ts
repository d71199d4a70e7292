import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioTrackFromAsc, parseAudioSpecificConfig } from './aac.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** caption, AudioSpecificConfig, codec string, output rate, channels, ticks in a frame */
const CONFIGS: readonly (readonly [string, string, string, number, number, number])[] = [
  ['AAC-LC 44.1 kHz stereo', '1210', 'mp4a.40.2', 44_100, 2, 1024],
  ['AAC-LC 48 kHz 5.1', '11b0', 'mp4a.40.2', 48_000, 6, 1024],
  ['FFmpeg, which adds "no SBR"', '121056e500', 'mp4a.40.2', 44_100, 2, 1024],
  ['AAC-LC with frames of 960', '1194', 'mp4a.40.2', 48_000, 2, 960],
  ['AAC-LC 48 kHz with an escaped rate', '1780 5dc010', 'mp4a.40.2', 48_000, 2, 1024],
  ['HE-AAC, explicit and hierarchical', '2b920800', 'mp4a.40.5', 44_100, 2, 2048],
  ['HE-AAC, backward compatible', '139056e5a0', 'mp4a.40.5', 44_100, 2, 2048],
  ['HE-AAC v2, explicit and hierarchical', 'eb8a0800', 'mp4a.40.29', 44_100, 2, 2048],
  ['HE-AAC v2, backward compatible', '130856e59d4880', 'mp4a.40.29', 48_000, 2, 2048],
  ['downsampled SBR', '2a120800', 'mp4a.40.5', 44_100, 2, 1024],
];
for (const [caption, hex, codecString, timescale, channels, frameTicks] of CONFIGS) {
  test(`audioTrackFromAsc() reads ${caption}`, () => {
    const track = audioTrackFromAsc(bytes(hex));
    assert.deepEqual(
      [track.codecString, track.timescale, track.channels, track.frameTicks],
      [codecString, timescale, channels, frameTicks],
    );
    assert.deepEqual(Buffer.from(track.config), bytes(hex));
  });
}

test('parseAudioSpecificConfig() counts the channels of a program config element', () => {
  // AAC-LC 44.1 kHz, configuration 0; one front pair, one front single, one LFE, empty comment
  const bits = [
    '00010 0100 0000', // object type 2, rate index 4, channel configuration 0
    '0 0 0', // 1024, no core coder, no extension
    '0000 01 0100', // tag, object type, rate index
    '0010 0000 0000 01 000 0000', // 2 front, 0 side, 0 back, 1 LFE, 0 data, 0 coupling
    '0 0 0', // no mixdowns
    '0 0000 1 0001', // a single and a pair
    '0000', // the LFE element
  ].join('');
  const text = bits.replaceAll(' ', '');
  const aligned = `${text.padEnd(Math.ceil(text.length / 8) * 8, '0')}00000000`;
  const config = (aligned.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  assert.equal(parseAudioSpecificConfig(Uint8Array.from(config)).channels, 4);
});

const BROKEN: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'aac_config_truncated'],
  ['one byte', '12', 'aac_config_truncated'],
  ['a reserved rate index', '1690', 'aac_config_malformed'],
  ['a reserved channel configuration', '1248', 'aac_config_malformed'],
  ['SBR that triples the rate', '2c0a0800', 'aac_config_malformed'],
  ['AAC-ELD by the escaped object type 39', 'f8e85000', 'aac_object_unsupported'],
  ['CELP', '4210', 'aac_object_unsupported'],
];
for (const [caption, hex, code] of BROKEN) {
  test(`audioTrackFromAsc() refuses ${caption}`, () => {
    assert.throws(() => audioTrackFromAsc(bytes(hex)), { code });
  });
}
