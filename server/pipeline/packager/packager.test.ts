import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { videoTrack } from '../../media/track.test-support.ts';
import {
  checkPackaged,
  encode,
  packageAll,
  presentationTicks,
  roundedDurations,
} from './packager.test-support.ts';
import { Packager } from './packager.ts';

const round = (value: number) => Math.round(value * 1000) / 1000;

describe('Packager.push() of a regular encoder', () => {
  test('cuts six parts of ten frames into each segment of a keyframe interval', () => {
    const packaged = checkPackaged(packageAll(encode({ seconds: 6 })));
    assert.equal(packaged.targetDuration, 2);
    assert.equal(packaged.partTarget, 0.355);
    assert.deepEqual(roundedDurations(packaged.video), [2, 2, 2]);
    const parts = packaged.video.map(({ parts }) => parts.map((part) => round(part.duration)));
    assert.deepEqual(parts[1], [0.333, 0.334, 0.333, 0.333, 0.334, 0.333]);
    assert.deepEqual(
      packaged.video[1]?.parts.map((part) => part.independent),
      [true, false, false, false, false, false],
    );
    assert.deepEqual(packaged.warnings, []);
  });

  test('cuts audio at the first frame at or after each cut of the video', () => {
    const { video, audio } = checkPackaged(packageAll(encode({ seconds: 6 })));
    assert.equal(audio.length, video.length);
    for (const [i, segment] of audio.entries()) {
      const late = segment.startTimeS - (video[i]?.startTimeS ?? 0);
      assert.ok(late >= 0 && late < 1024 / 48_000, `segment ${segment.msn} is ${late} s late`);
      assert.equal(segment.parts.length, 6);
      assert.ok(segment.parts.every((part) => part.independent));
    }
  });

  test('numbers segments from 1', () => {
    const { video, audio } = checkPackaged(packageAll(encode({ seconds: 5 })));
    assert.deepEqual(
      video.map(({ msn }) => msn),
      [1, 2, 3],
    );
    assert.deepEqual(
      audio.map(({ msn }) => msn),
      [1, 2, 3],
    );
  });

  test('emits a video part from the push of the sample after it', () => {
    const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    const pushesWithPart: number[] = [];
    let frame = -1;
    for (const event of encode({ seconds: 2, audio: false })) {
      if (event.type === 'sample') frame++;
      const out = packager.push(event);
      if (out.some((one) => one.type === 'part')) pushesWithPart.push(frame);
    }
    assert.deepEqual(pushesWithPart, [10, 20, 30, 40, 50]);
  });

  test('emits an audio part no later than the video frame after its last frame began', () => {
    const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    let videoS = 0;
    let endS = 0;
    for (const event of encode({ seconds: 6 })) {
      if (event.type === 'sample' && event.sample.kind === 'video') {
        videoS = event.sample.dts / 90_000;
      }
      for (const one of packager.push(event)) {
        if (one.type === 'segment-start' && one.rendition === 'audio') endS = one.startTimeS;
        if (one.type !== 'part' || one.rendition !== 'audio') continue;
        endS += one.duration;
        assert.ok(videoS - endS <= 0.034, `audio to ${endS} came when video was at ${videoS}`);
      }
    }
    assert.ok(endS > 5);
  });

  test('keeps presentation times to the tick where frames are reordered', () => {
    const { video } = checkPackaged(packageAll(encode({ seconds: 4, reorderFrames: 2 })));
    const shown = presentationTicks(video, 90_000);
    const sent = encode({ seconds: 4, reorderFrames: 2, audio: false }).flatMap((event) =>
      event.type === 'sample' ? [event.sample.pts] : [],
    );
    assert.deepEqual(shown, sent);
  });

  test('gives the bytes of every sample, in order, exactly once', () => {
    const events = encode({ seconds: 5, fps: 25, gop: 40 });
    const { video, audio } = checkPackaged(packageAll(events));
    for (const [kind, segments] of [
      ['video', video],
      ['audio', audio],
    ] as const) {
      const sent = events.flatMap((event) =>
        event.type === 'sample' && event.sample.kind === kind ? [[...event.sample.data]] : [],
      );
      const got = segments.flatMap(({ parts }) =>
        parts.flatMap(({ samples }) => samples.map(({ data }) => [...data])),
      );
      assert.deepEqual(got, sent);
    }
  });
});

describe('Packager.push() of keyframes', () => {
  const intervals = [
    // frames between keyframes at 30 fps, seconds a segment lasts
    { gop: 30, expected: [2, 2, 2, 2] },
    { gop: 45, expected: [1.5, 1.5, 1.5, 1.5, 1.5, 0.5] },
    { gop: 36, expected: [2.4, 2.4, 2.4, 0.8] },
    { gop: 1, expected: [2, 2, 2, 2] },
    { gop: 73, expected: [2.43, 2.43, 2.43, 0.7] },
  ];
  for (const { gop, expected } of intervals) {
    test(`push() ends segments at the nearest keyframe where they come every ${gop} frames`, () => {
      const packaged = checkPackaged(packageAll(encode({ seconds: 8, gop })));
      assert.deepEqual(roundedDurations(packaged.video), expected);
      assert.ok(packaged.video.every(({ parts }) => parts[0]?.independent));
      assert.deepEqual(packaged.warnings, []);
    });
  }

  test('push() stays legal and says what to set when keyframes are too far apart', () => {
    const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    const events = encode({ seconds: 20, gop: 240 });
    const out = [...events.flatMap((event) => packager.push(event)), ...packager.end()];
    const packaged = checkPackaged(out);
    assert.deepEqual(packaged.warnings, [
      'Keyframes come every 8.0 s, but segments last 2 s. ' +
        'Set the keyframe interval of your encoder to 2 s.',
    ]);
    assert.equal(packager.independentSegments, false);
    const starts = packaged.video.flatMap(({ parts, startTimeS }) =>
      parts[0]?.independent ? [round(startTimeS)] : [],
    );
    assert.deepEqual(starts, [0, 8, 16], 'every keyframe begins a segment');
  });

  test('push() warns without waiting for a keyframe that does not come', () => {
    const { warnings } = checkPackaged(packageAll(encode({ seconds: 14, gop: 10_000 })));
    assert.match(warnings[0] ?? '', /^Keyframes come less often than every 10 s/);
    assert.equal(warnings.length, 1);
  });

  test('independentSegments is told from the second keyframe on', () => {
    const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    const seen = new Set<boolean | undefined>();
    for (const event of encode({ seconds: 1.9, audio: false })) {
      packager.push(event);
      seen.add(packager.independentSegments);
    }
    assert.deepEqual([...seen], [undefined]);
    const longer = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    for (const event of encode({ seconds: 2.1, audio: false })) longer.push(event);
    assert.equal(longer.independentSegments, true);
  });
});

describe('Packager.push() of one track', () => {
  test('packages video alone', () => {
    const packaged = checkPackaged(packageAll(encode({ seconds: 6, audio: false })));
    assert.deepEqual(roundedDurations(packaged.video), [2, 2, 2]);
    assert.equal(packaged.audio.length, 0);
  });

  for (const [audioRate, expected] of [
    [48_000, [2.01, 2.01, 2.01]],
    [44_100, [2, 2, 2]],
  ] as const) {
    test(`packages audio alone at ${audioRate} Hz`, () => {
      const events = encode({ seconds: 7.99, video: false, audioRate });
      const packaged = checkPackaged(packageAll(events));
      assert.deepEqual(roundedDurations(packaged.audio).slice(0, 3), expected);
      assert.equal(packaged.video.length, 0);
      assert.deepEqual(packaged.warnings, []);
    });
  }

  test('packages video at one frame a second', () => {
    const packaged = checkPackaged(packageAll(encode({ seconds: 12, fps: 1, gop: 2 })));
    assert.deepEqual(roundedDurations(packaged.video), [2, 2, 2, 2, 2, 2]);
    assert.ok(packaged.partTarget > 1 && packaged.partTarget < 1.03);
  });

  test('gives nothing for nothing', () => {
    assert.deepEqual(packageAll([]), []);
    assert.deepEqual(packageAll([{ type: 'track', track: videoTrack() }]), []);
  });
});
