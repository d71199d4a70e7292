import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MediaEvent } from '../../media/index.ts';
import {
  audioTrack,
  type CheckedSegment,
  checkPackaged,
  type Encoding,
  encode,
  packageAll,
  videoTrack,
} from './packager.test-support.ts';
import { Packager } from './packager.ts';

const round = (value: number) => Math.round(value * 1000) / 1000;
const durations = (segments: readonly CheckedSegment[]) =>
  segments.map((segment) => Math.round(segment.duration * 100) / 100);

describe('Packager.push() of a regular encoder', () => {
  test('cuts six parts of ten frames into each segment of a keyframe interval', () => {
    const packaged = checkPackaged(packageAll(encode({ seconds: 6 })));
    assert.equal(packaged.targetDuration, 2);
    assert.equal(packaged.partTarget, 0.355);
    assert.deepEqual(durations(packaged.video), [2, 2, 2]);
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
      assert.deepEqual(durations(packaged.video), expected);
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
    assert.deepEqual(durations(packaged.video), [2, 2, 2]);
    assert.equal(packaged.audio.length, 0);
  });

  for (const [audioRate, expected] of [
    [48_000, [2.01, 2.01, 2.01]],
    [44_100, [2, 2, 2]],
  ] as const) {
    test(`packages audio alone at ${audioRate} Hz`, () => {
      const events = encode({ seconds: 7.99, video: false, audioRate });
      const packaged = checkPackaged(packageAll(events));
      assert.deepEqual(durations(packaged.audio).slice(0, 3), expected);
      assert.equal(packaged.video.length, 0);
      assert.deepEqual(packaged.warnings, []);
    });
  }

  test('packages video at one frame a second', () => {
    const packaged = checkPackaged(packageAll(encode({ seconds: 12, fps: 1, gop: 2 })));
    assert.deepEqual(durations(packaged.video), [2, 2, 2, 2, 2, 2]);
    assert.ok(packaged.partTarget > 1 && packaged.partTarget < 1.03);
  });

  test('gives nothing for nothing', () => {
    assert.deepEqual(packageAll([]), []);
    assert.deepEqual(packageAll([{ type: 'track', track: videoTrack() }]), []);
  });
});

/** Presentation times in ticks of all samples. */
function presentationTicks(segments: readonly CheckedSegment[], timescale: number): number[] {
  return segments.flatMap(({ parts }) =>
    parts.flatMap(({ startS, samples }) => {
      let dts = Math.round(startS * timescale);
      return samples.map((sample) => {
        const pts = dts + sample.compositionOffset;
        dts += sample.duration;
        return pts;
      });
    }),
  );
}

describe('Packager.push() of a broken source', () => {
  test('begins a segment with a discontinuity in both renditions at the next keyframe', () => {
    const events = encode({ seconds: 10 });
    const at = events.findIndex(
      (event) => event.type === 'sample' && event.sample.dts >= 5 * 90_000,
    );
    events.splice(at, 0, { type: 'discontinuity', reason: 'test' });
    const { video, audio } = checkPackaged(packageAll(events));
    assert.deepEqual(
      video.map(({ discontinuity }) => discontinuity),
      [false, false, false, true, false],
    );
    assert.deepEqual(durations(video), [2, 2, 2, 2, 2]);
    assert.equal(audio.length, video.length);
  });

  test('drops what a new source sends before its first keyframe', () => {
    const events = encode({ seconds: 6 });
    const at = events.findIndex(
      (event) => event.type === 'sample' && event.sample.dts >= 3 * 90_000,
    );
    events.splice(
      at,
      0,
      { type: 'track', track: videoTrack({ frameRate: 30 }) },
      { type: 'discontinuity', reason: 'test' },
    );
    const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
    const out = [...events.flatMap((event) => packager.push(event)), ...packager.end()];
    const { video } = checkPackaged(out);
    assert.equal(packager.droppedSamples, 30);
    assert.deepEqual(durations(video), [2, 1, 2]);
    assert.equal(video[2]?.discontinuity, true);
  });

  test('writes a new init where a configuration changes', () => {
    const changed = new Uint8Array([1, 0x4d, 0, 0x28]);
    const events: MediaEvent[] = [];
    for (const event of encode({ seconds: 8 })) {
      if (event.type === 'sample' && event.sample.kind === 'video' && event.sample.dts === 360_000)
        events.push({ type: 'track', track: videoTrack({ config: changed, width: 1920 }) });
      events.push(event);
    }
    const out = packageAll(events);
    const { video, audio } = checkPackaged(out);
    assert.deepEqual(
      video.map(({ initIndex, discontinuity }) => [initIndex, discontinuity]),
      [
        [0, false],
        [0, false],
        [1, true],
        [1, false],
      ],
    );
    assert.ok(audio.every(({ initIndex }) => initIndex === 0));
  });

  test('does not break where the same configuration is told again', () => {
    const events: MediaEvent[] = [];
    for (const event of encode({ seconds: 6 })) {
      if (event.type === 'sample' && event.sample.keyframe && event.sample.kind === 'video') {
        events.push({ type: 'track', track: videoTrack({ frameRate: 30 }) });
        events.push({ type: 'track', track: audioTrack() });
      }
      events.push(event);
    }
    const { video } = checkPackaged(packageAll(events));
    assert.ok(video.every(({ discontinuity, initIndex }) => !discontinuity && initIndex === 0));
  });

  test('begins a discontinuity where frames are missing up to a keyframe', () => {
    const keep: Encoding['keep'] = (kind, timeS) =>
      kind === 'audio' || timeS < 2.5 || timeS >= 3.999;
    const { video, audio } = checkPackaged(packageAll(encode({ seconds: 8, keep })));
    assert.deepEqual(durations(video), [2, 0.5, 2, 2]);
    assert.deepEqual(
      video.map(({ discontinuity, startTimeS }) => [discontinuity, startTimeS]),
      [
        [false, 0],
        [false, 2],
        [true, 4],
        [false, 6],
      ],
    );
    assert.deepEqual(durations(audio).map(Math.round), [2, 2, 2, 2]);
  });

  test('bridges missing frames before other frames with their presentation times kept', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'audio' || timeS < 2.3 || timeS >= 3.2;
    const packaged = checkPackaged(packageAll(encode({ seconds: 8, keep })));
    assert.deepEqual(durations(packaged.video), [2, 2, 2, 2]);
    assert.ok(packaged.video.every(({ discontinuity }) => !discontinuity));
    const sent = encode({ seconds: 8, keep, audio: false }).flatMap((event) =>
      event.type === 'sample' ? [event.sample.pts] : [],
    );
    assert.deepEqual(presentationTicks(packaged.video, 90_000), sent);
    assert.deepEqual(packaged.warnings, []);
  });

  test('goes on with gaps when audio stops, and takes it back at a discontinuity', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'video' || timeS < 4.5 || timeS >= 11;
    const packaged = checkPackaged(packageAll(encode({ seconds: 18, keep })));
    assert.equal(packaged.video.length, 9);
    assert.deepEqual(
      packaged.audio.map(({ isGap, discontinuity }) => [isGap, discontinuity]),
      [
        [false, false],
        [false, false],
        [false, false],
        [true, false],
        [true, false],
        [true, false],
        [false, true],
        [false, false],
        [false, false],
      ],
    );
    assert.match(packaged.warnings[0] ?? '', /^No audio came for 2 s/);
  });

  test('lets audio lead when video stops, and video back at its next keyframe', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'audio' || timeS < 4.5 || timeS >= 11;
    const packaged = checkPackaged(packageAll(encode({ seconds: 18, keep })));
    assert.match(packaged.warnings[0] ?? '', /^No video came for 2 s/);
    assert.ok(packaged.audio.every(({ isGap }) => !isGap));
    const back = packaged.video.find(({ discontinuity }) => discontinuity);
    assert.equal(back?.startTimeS, 12);
    assert.ok(packaged.video.some(({ isGap }) => isGap));
    assert.deepEqual(
      packaged.video.map(({ msn }) => msn),
      packaged.audio.map(({ msn }) => msn),
    );
  });

  test('takes in audio that appears later with the next segment', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'video' || timeS >= 5;
    const events = encode({ seconds: 10, keep });
    const audio = events.findIndex(
      (event) => event.type === 'track' && event.track.kind === 'audio',
    );
    const [track] = events.splice(audio, 1);
    assert.ok(track !== undefined);
    const first = events.findIndex(
      (event) => event.type === 'sample' && event.sample.kind === 'audio',
    );
    events.splice(first, 0, track);
    const packaged = checkPackaged(packageAll(events));
    assert.deepEqual(
      packaged.audio.map(({ msn, discontinuity, isGap }) => [msn, discontinuity, isGap]),
      [
        [4, false, false],
        [5, false, false],
      ],
    );
    assert.deepEqual(packaged.warnings, []);
  });

  test('takes in video that appears after a start with audio alone', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'audio' || timeS >= 5;
    const packaged = checkPackaged(packageAll(encode({ seconds: 12, keep })));
    assert.equal(packaged.video[0]?.startTimeS, 6);
    assert.equal(packaged.audio[0]?.startTimeS, 0);
    assert.equal(packaged.video.at(-1)?.msn, packaged.audio.at(-1)?.msn);
  });

  test('drops video before its first keyframe and audio before the video', () => {
    const events = encode({ seconds: 6 }).filter(
      (event) =>
        event.type !== 'sample' ||
        event.sample.dts > (event.sample.kind === 'video' ? 90_000 : 48_000),
    );
    const { video, audio } = checkPackaged(packageAll(events));
    assert.equal(video[0]?.startTimeS, 2);
    assert.ok((audio[0]?.startTimeS ?? 0) >= 2 && (audio[0]?.startTimeS ?? 9) < 2.0214);
  });

  test('gives up on frames further apart than any part, and says so', () => {
    const events = encode({ seconds: 40, fps: 30, gop: 1_000_000 }).filter(({ type }, i, all) => {
      const event = all[i];
      if (type !== 'sample' || event?.type !== 'sample') return true;
      if (event.sample.kind === 'audio') return true;
      return event.sample.dts < 90_000 || event.sample.dts % 90_000 === 0;
    });
    const packaged = checkPackaged(packageAll(events));
    assert.ok(packaged.warnings.some((message) => message.includes('constant frame rate')));
  });
});

describe('Packager.push() of any encoder', () => {
  const encodings = fc.record({
    fps: fc.oneof(
      fc.constantFrom(24_000 / 1001, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60),
      fc.integer({ min: 5, max: 120 }),
    ),
    gopS: fc.constantFrom(0.04, 0.5, 1, 1.9, 2, 2.1, 3, 5, 12),
    audioRate: fc.constantFrom(44_100, 48_000),
    audioSkewS: fc.constantFrom(-0.1, 0, 0.03, 0.1),
    statesFrameRate: fc.boolean(),
    reorderFrames: fc.integer({ min: 0, max: 2 }),
    partDurationS: fc.constantFrom(0.1, 0.2, 0.25, 0.333, 0.5, 1),
    segmentDurationS: fc.constantFrom(1, 1.5, 2, 4),
  });

  test('obeys every rule, with renditions within one audio frame', () => {
    fc.assert(
      fc.property(encodings, ({ gopS, partDurationS, segmentDurationS, ...encoding }) => {
        const gop = Math.max(1, Math.round(gopS * encoding.fps));
        const events = encode({ ...encoding, gop, seconds: 14 });
        const { video, audio, warnings } = checkPackaged(
          packageAll(events, { partDurationS, segmentDurationS }),
        );
        const lastAudioS = 14 - 1024 / encoding.audioRate;
        const withAudio = video.filter(({ startTimeS }) => startTimeS < lastAudioS);
        assert.ok(audio.length >= withAudio.length && audio.length <= video.length);
        for (const [i, segment] of audio.entries()) {
          const lateS = segment.startTimeS - (video[i]?.startTimeS ?? 0);
          assert.ok(lateS >= 0 && lateS <= 1024 / encoding.audioRate, `${lateS} s late`);
          assert.equal(segment.discontinuity, false);
        }
        const sent = events.filter(
          (event) => event.type === 'sample' && event.sample.kind === 'video',
        );
        assert.equal(presentationTicks(video, 90_000).length, sent.length);
        if (gopS <= segmentDurationS) assert.deepEqual(warnings, []);
      }),
      { numRuns: 120 },
    );
  });

  test('obeys every rule whatever is lost, broken or changed', () => {
    const holes = fc.array(
      fc.record({
        kind: fc.constantFrom('video' as const, 'audio' as const),
        fromS: fc.double({ min: 0, max: 14, noNaN: true }),
        lastsS: fc.double({ min: 0, max: 4, noNaN: true }),
      }),
      { maxLength: 4 },
    );
    const breaks = fc.array(
      fc.record({
        atS: fc.double({ min: 0, max: 14, noNaN: true }),
        type: fc.constantFrom('discontinuity', 'video', 'audio', 'same'),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(encodings, holes, breaks, (encoding, lost, broken) => {
        const { gopS, partDurationS, segmentDurationS, ...rest } = encoding;
        const gop = Math.max(1, Math.round(gopS * rest.fps));
        const keep: Encoding['keep'] = (kind, timeS) =>
          !lost.some(
            (hole) => hole.kind === kind && timeS >= hole.fromS && timeS < hole.fromS + hole.lastsS,
          );
        const events = encode({ ...rest, gop, keep, seconds: 14 });
        const at = (atS: number) => Math.floor((events.length * atS) / 14);
        for (const [i, { atS, type }] of broken.entries()) {
          events.splice(Math.max(2, at(atS)), 0, breakEvent(type, i, rest.audioRate));
        }
        const packager = new Packager({ partDurationS, segmentDurationS });
        const out = [...events.flatMap((event) => packager.push(event)), ...packager.end()];
        // Nothing is declared of a broadcast of which no sample could be used.
        const { video, audio } = out.length > 0 ? checkPackaged(out) : { video: [], audio: [] };
        const sent = (kind: string) =>
          events.flatMap((event) =>
            event.type === 'sample' && event.sample.kind === kind ? [event.sample.pts] : [],
          );
        const written = [
          presentationTicks(video, 90_000),
          presentationTicks(audio, rest.audioRate),
        ] as const;
        for (const [i, kind] of ['video', 'audio'].entries()) {
          const known = new Set(sent(kind));
          assert.ok(
            written[i]?.every((pts) => known.has(pts)),
            `${kind} is shown when it was meant`,
          );
        }
        const total = sent('video').length + sent('audio').length;
        assert.equal(written[0].length + written[1].length + packager.droppedSamples, total);
      }),
      { numRuns: 200 },
    );
  });
});

function breakEvent(type: string, i: number, audioRate: number): MediaEvent {
  if (type === 'video') {
    return { type: 'track', track: videoTrack({ config: new Uint8Array([1, i]) }) };
  }
  if (type === 'audio') {
    const config = new Uint8Array([2, i]);
    return { type: 'track', track: audioTrack({ timescale: audioRate, config }) };
  }
  if (type === 'same') return { type: 'track', track: videoTrack() };
  return { type: 'discontinuity', reason: 'test' };
}
