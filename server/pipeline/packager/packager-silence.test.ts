import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkPackaged,
  encodeTwice,
  packageAll,
  roundedDurations,
} from './packager.test-support.ts';

describe('Packager.push() of what comes after a silence', () => {
  for (const silenceS of [1, 3, 36]) {
    for (const audioSkewS of [-0.2, 0.05, 0.9]) {
      const order = audioSkewS < 0 ? 'sound' : 'the picture';
      test(`goes on with both tracks at once, ${silenceS} s later, ${order} first by ${Math.abs(audioSkewS)} s`, () => {
        const { video, audio, warnings } = checkPackaged(
          packageAll(encodeTwice({ seconds: 5, audioSkewS }, silenceS)),
        );
        for (const track of [video, audio]) {
          assert.deepEqual(
            track.map(({ discontinuity, isGap }) => [discontinuity, isGap]),
            [false, false, false, true, false, false].map((isJoint) => [isJoint, false]),
          );
          const startS = track[3]?.startTimeS ?? 0;
          assert.ok(startS >= 5 + silenceS && startS < 5.03 + silenceS, `${startS}`);
        }
        assert.deepEqual(roundedDurations(video), [2, 2, 1, 2, 2, 1]);
        // No frame is stretched over the silence.
        assert.ok((audio[2]?.duration ?? 0) < 1.03, `${audio[2]?.duration}`);
        assert.deepEqual(warnings, []);
      });
    }
  }

  test('goes on with gaps in the sound when only the picture comes back', () => {
    const events = encodeTwice({ seconds: 5 }, 10).filter(
      (event) =>
        event.type !== 'sample' || event.sample.kind === 'video' || event.sample.dts < 10 * 48_000,
    );
    const { video, audio } = checkPackaged(packageAll(events));
    assert.ok(video.every(({ isGap }) => !isGap));
    assert.deepEqual(
      audio.map(({ isGap }) => isGap),
      [false, false, false, true, true, true].slice(0, audio.length),
    );
  });

  test('goes on with the sound when only that comes back', () => {
    const events = encodeTwice({ seconds: 5 }, 10).filter(
      (event) =>
        event.type !== 'sample' || event.sample.kind === 'audio' || event.sample.dts < 10 * 90_000,
    );
    const { audio, warnings } = checkPackaged(packageAll(events));
    assert.equal(warnings.length, 1);
    assert.ok(audio.every(({ isGap }) => !isGap));
    assert.ok((audio.at(-1)?.startTimeS ?? 0) > 18, `${audio.at(-1)?.startTimeS}`);
  });
});
