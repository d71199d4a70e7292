import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  audioTrackFromOpusHead,
  dOpsFromOpusHead,
  opusHeadFromDOps,
  opusPacketTicks,
} from './opus.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** "OpusHead", version 1, 2 channels, pre-skip 312, 48 kHz, gain 0, family 0 */
const STEREO_HEAD = '4f70757348656164 01 02 3801 80bb0000 0000 00';
/** The dOps that FFmpeg wrote for libopus in stereo and in 5.1. */
const STEREO_DOPS = '0002 0138 0000bb80 0000 00';
const SURROUND_DOPS = '0006 0138 0000bb80 0000 01 04 02 000401020305';

test('dOpsFromOpusHead() turns the byte order round', () => {
  assert.deepEqual(Buffer.from(dOpsFromOpusHead(bytes(STEREO_HEAD))), bytes(STEREO_DOPS));
});

test('opusHeadFromDOps() and dOpsFromOpusHead() undo each other, mapping tables too', () => {
  for (const dOps of [STEREO_DOPS, SURROUND_DOPS]) {
    const head = opusHeadFromDOps(bytes(dOps));
    assert.deepEqual(Buffer.from(dOpsFromOpusHead(head)), bytes(dOps));
  }
});

test('audioTrackFromOpusHead() counts in 48 kHz', () => {
  const track = audioTrackFromOpusHead(bytes(STEREO_HEAD));
  assert.deepEqual(
    [track.codec, track.codecString, track.timescale, track.channels, track.frameTicks],
    ['opus', 'opus', 48_000, 2, 960],
  );
});

const BROKEN: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['another magic', STEREO_HEAD.replace('4f', '50')],
  ['an end before the family', STEREO_HEAD.slice(0, -3)],
  ['no channel', STEREO_HEAD.replace(' 02 ', ' 00 ')],
  ['three channels without a mapping', STEREO_HEAD.replace(' 02 ', ' 03 ')],
  ['more coupled streams than streams', `${STEREO_HEAD.slice(0, -2)} 01 01 02 0001`],
  ['a channel from no stream', `${STEREO_HEAD.slice(0, -2)} 01 01 01 0007`],
];
for (const [caption, hex] of BROKEN) {
  test(`dOpsFromOpusHead() refuses ${caption}`, () => {
    assert.throws(() => dOpsFromOpusHead(bytes(hex)), { code: /^opus_config_malformed$/ });
  });
}

test('opusPacketTicks() reads the table of contents byte', () => {
  assert.equal(opusPacketTicks(bytes('fc00')), 960); // CELT 20 ms, one frame
  assert.equal(opusPacketTicks(bytes('e400')), 120 * 1); // CELT 2.5 ms
  assert.equal(opusPacketTicks(bytes('fd00')), 1920); // two frames of 20 ms
  assert.equal(opusPacketTicks(bytes('fb03')), 3 * 960); // three by the count byte
  assert.equal(opusPacketTicks(bytes('1800')), 2880); // SILK 60 ms
  assert.equal(opusPacketTicks(bytes('1b3f')), 0); // 63 x 60 ms is more than a packet may be
  assert.equal(opusPacketTicks(new Uint8Array()), 0);
});
