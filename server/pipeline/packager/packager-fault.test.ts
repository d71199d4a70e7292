import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaEvent } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import {
  checkPackaged,
  type Encoding,
  encode,
  packageAll,
  presentationTicks,
  roundedDurations,
} from './packager.test-support.ts';
import { Packager } from './packager.ts';

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
    assert.deepEqual(roundedDurations(video), [2, 2, 2, 2, 2]);
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
    assert.deepEqual(roundedDurations(video), [2, 1, 2]);
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
    assert.deepEqual(roundedDurations(video), [2, 0.5, 2, 2]);
    assert.deepEqual(
      video.map(({ discontinuity, startTimeS }) => [discontinuity, startTimeS]),
      [
        [false, 0],
        [false, 2],
        [true, 4],
        [false, 6],
      ],
    );
    assert.deepEqual(roundedDurations(audio).map(Math.round), [2, 2, 2, 2]);
  });

  test('bridges missing frames before other frames with their presentation times kept', () => {
    const keep: Encoding['keep'] = (kind, timeS) => kind === 'audio' || timeS < 2.3 || timeS >= 3.2;
    const packaged = checkPackaged(packageAll(encode({ seconds: 8, keep })));
    assert.deepEqual(roundedDurations(packaged.video), [2, 2, 2, 2]);
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

  test('has gaps for silent audio that last no longer than a segment, whatever video misses', () => {
    const HOLE_TICKS = 0.9 * 90_000;
    const events = encode({ seconds: 20, keep: (kind, timeS) => kind === 'video' || timeS < 5 });
    const late = events.map((event): MediaEvent => {
      if (event.type !== 'sample' || event.sample.dts < 10 * 90_000) return event;
      const { dts, pts } = event.sample;
      return {
        ...event,
        sample: { ...event.sample, dts: dts + HOLE_TICKS, pts: pts + HOLE_TICKS },
      };
    });
    const { audio } = checkPackaged(packageAll(late));
    assert.ok(audio.filter(({ isGap }) => isGap).length > 3);
  });
});
