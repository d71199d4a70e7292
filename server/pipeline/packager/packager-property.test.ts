import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MediaEvent } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import {
  checkPackaged,
  type Encoding,
  encode,
  packageAll,
  presentationTicks,
} from './packager.test-support.ts';
import { Packager } from './packager.ts';

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
