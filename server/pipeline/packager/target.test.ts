import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { chooseTargets, MIN_PART_SHARE } from './target.ts';

const AAC_48 = 1024 / 48_000;
const AAC_44 = 1024 / 44_100;
const HE_AAC_44 = 2048 / 44_100;

describe('chooseTargets()', () => {
  const cases = [
    // Ten frames and an audio frame: 0.3333 + 0.0213.
    { fps: 30, audioFrameS: AAC_48, partDurationS: 0.333, frames: 10, partTarget: 0.355 },
    { fps: 60, audioFrameS: AAC_48, partDurationS: 0.333, frames: 20, partTarget: 0.355 },
    { fps: 25, audioFrameS: AAC_44, partDurationS: 0.333, frames: 8, partTarget: 0.344 },
    { fps: 29.97, audioFrameS: AAC_44, partDurationS: 0.333, frames: 10, partTarget: 0.357 },
    // 85 % of 0.2 + 0.0232 would be more than eight audio frames.
    { fps: 30, audioFrameS: AAC_44, partDurationS: 0.2, frames: 6, partTarget: 0.218 },
    { fps: 5, audioFrameS: AAC_48, partDurationS: 0.333, frames: 1, partTarget: 0.222 },
    // Three frames of 46 ms are all that fit 85 % to 100 % beside 0.1333.
    { fps: 30, audioFrameS: HE_AAC_44, partDurationS: 0.133, frames: 4, partTarget: 0.155 },
  ];
  for (const { fps, audioFrameS, partDurationS, frames, partTarget } of cases) {
    const name = `${partDurationS} s at ${fps} fps beside audio frames of ${audioFrameS.toFixed(4)} s`;
    test(`chooseTargets() fits parts of ${name}`, () => {
      const frameS = 1 / fps;
      const targets = chooseTargets({
        ...{ partDurationS, segmentDurationS: 2, frameS, audioFrameS, hasVideo: true },
      });
      assert.equal(Math.round(targets.nominalPartS * fps), frames);
      assert.equal(targets.partTarget, partTarget);
    });
  }

  test('rounds the target duration up, and no lower than a frame', () => {
    const request = { partDurationS: 0.333, frameS: 1 / 30, audioFrameS: AAC_48, hasVideo: true };
    const targetOf = (segmentDurationS: number, frameS = 1 / 30) =>
      chooseTargets({ ...request, segmentDurationS, frameS }).targetDuration;
    assert.deepEqual(
      [0.5, 1, 1.2, 2, 6].map((wanted) => targetOf(wanted)),
      [1, 1, 2, 2, 6],
    );
    assert.equal(targetOf(2, 3), 3);
  });

  test('leaves parts of video and of audio within 85 % to 100 %', () => {
    const requests = fc.record({
      partDurationS: fc.double({ min: 0.1, max: 2, noNaN: true }),
      segmentDurationS: fc.double({ min: 1, max: 10, noNaN: true }),
      frameS: fc.double({ min: 1 / 120, max: 0.2, noNaN: true }),
      audioFrameS: fc.constantFrom(AAC_48, AAC_44, HE_AAC_44, 0.02, 0.06),
    });
    fc.assert(
      fc.property(requests, (request) => {
        const { partTarget, nominalPartS } = chooseTargets({ ...request, hasVideo: true });
        const least = partTarget * MIN_PART_SHARE;
        assert.ok(nominalPartS >= least && nominalPartS <= partTarget);
        const most = Math.floor(partTarget / request.audioFrameS) * request.audioFrameS;
        assert.ok(most >= least, `no number of audio frames lasts ${least} to ${partTarget} s`);
      }),
      { numRuns: 2000 },
    );
  });
});
