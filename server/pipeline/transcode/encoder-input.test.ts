import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FragmentReader } from '../../format/cmaf/index.ts';
import type { Sample, VideoTrack } from '../../media/index.ts';
import { EncoderInput, MAX_WAITING_BYTES, MAX_WAITING_S } from './encoder-input.ts';

const FRAME = 3_000;
/** An AVCDecoderConfigurationRecord of x264: 320x180, High. */
const AVCC =
  '0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000668ebe3cb22c0fdf8f800';
const TRACK: VideoTrack = {
  kind: 'video',
  codec: 'avc1',
  codecString: 'avc1.64000d',
  timescale: 90_000,
  width: 320,
  height: 180,
  frameRate: 30,
  config: new Uint8Array(Buffer.from(AVCC, 'hex')),
};

/** Frame `index` of a source with a keyframe each `gop` frames. */
function frame(index: number, { gop = 30, size = 8 } = {}): Sample {
  const data = new Uint8Array(size);
  new DataView(data.buffer).setUint32(0, size - 4);
  const dts = index * FRAME;
  return { kind: 'video', dts, pts: dts + 2 * FRAME, keyframe: index % gop === 0, data };
}

describe('EncoderInput', () => {
  test('push() writes what a reader of fragmented MP4 reads back', () => {
    const input = new EncoderInput(TRACK);
    const reader = new FragmentReader();
    const [header] = reader.push(input.header());
    assert.equal(header?.type, 'tracks');
    for (const index of [0, 1, 2]) {
      const sample = frame(index);
      const [event] = reader.push(input.push(sample)?.bytes ?? new Uint8Array());
      assert.ok(event?.type === 'samples');
      const { dts, pts, keyframe, data } = sample;
      assert.deepEqual(event.samples, [{ dts, pts, keyframe, data, duration: FRAME }]);
    }
  });

  test('push() leaves out what comes before the first keyframe, without counting it', () => {
    const input = new EncoderInput(TRACK);
    assert.equal(input.push(frame(29)), undefined);
    assert.equal(input.push(frame(30))?.followsHole, false);
    assert.equal(input.droppedSamples, 0);
  });

  test('push() hands the first sample on a tick earlier as well where it is asked to', () => {
    const input = new EncoderInput(TRACK, { repeatsFirst: true });
    const reader = new FragmentReader();
    reader.push(input.header());
    const stamps = [30, 31].flatMap((index) => {
      const [event] = reader.push(input.push(frame(index))?.bytes ?? new Uint8Array());
      return event?.type === 'samples' ? event.samples.map(({ dts }) => dts) : [];
    });
    assert.deepEqual(stamps, [30 * FRAME - 1, 30 * FRAME, 31 * FRAME]);
    assert.equal(input.firstPts, 32 * FRAME);
  });

  test('push() drops from two waiting seconds on to the first keyframe that finds room', () => {
    const input = new EncoderInput(TRACK);
    const written: number[] = [];
    let waitingBytes = 0;
    for (let index = 0; index < 150; index++) {
      const made = input.push(frame(index));
      if (made === undefined) continue;
      written.push(index);
      waitingBytes += made.bytes.length;
    }
    // Frame 60 finds exactly two seconds waiting, frames 0 to 60.
    assert.deepEqual(
      written,
      Array.from({ length: 61 }, (_, index) => index),
    );
    assert.equal(input.droppedSamples, 89);
    input.drained(0);
    assert.equal(input.waitingS, 0);
    assert.equal(input.push(frame(151)), undefined, 'not a keyframe');
    assert.equal(input.push(frame(180))?.followsHole, true);
    assert.equal(input.push(frame(181))?.followsHole, false);
    assert.equal(input.droppedSamples, 90);
    assert.ok(waitingBytes > 0);
  });

  test('drained() counts a sample as waiting until its last byte is read', () => {
    const input = new EncoderInput(TRACK);
    input.header();
    const sizes = [0, 1, 2].map((index) => input.push(frame(index))?.bytes.length ?? 0);
    assert.equal(input.waitingS, (2 * FRAME) / 90_000);
    input.drained((sizes[2] ?? 0) + 1);
    assert.equal(input.waitingS, FRAME / 90_000);
    input.drained(sizes[2] ?? 0);
    assert.equal(input.waitingS, 0);
  });

  test('replay() takes what is older than two seconds, which then counts from its end', () => {
    const input = new EncoderInput(TRACK);
    for (let index = 0; index < 300; index++) {
      assert.ok(input.replay(frame(index, { gop: 300 })) !== undefined);
    }
    assert.equal(input.waitingS, 0);
    assert.ok(input.push(frame(301, { gop: 300 })) !== undefined);
    assert.ok(input.waitingS > 0);
  });

  test('push() bounds the bytes that wait as well', () => {
    const input = new EncoderInput(TRACK);
    const size = MAX_WAITING_BYTES / 4;
    const taken = [0, 1, 2, 3, 4, 5].map((index) => input.push(frame(index, { gop: 1, size })));
    assert.deepEqual(
      taken.map((made) => made !== undefined),
      [true, true, true, true, true, false],
    );
  });

  test('never has more than its bound waiting, and resumes at keyframes alone', () => {
    const step = fc.record({
      drains: fc.double({ min: 0, max: 1, noNaN: true }),
      key: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const input = new EncoderInput(TRACK);
        let waiting = 0;
        let wasLeftOut = true;
        for (const [index, { drains, key }] of steps.entries()) {
          const sample = { ...frame(index), keyframe: key };
          const made = input.push(sample);
          if (made !== undefined) {
            assert.ok(key || !wasLeftOut);
            waiting += made.bytes.length;
          }
          wasLeftOut = made === undefined;
          assert.ok(input.waitingS <= MAX_WAITING_S + FRAME / 90_000);
          waiting = Math.floor(waiting * drains);
          input.drained(waiting);
        }
      }),
    );
  });
});
