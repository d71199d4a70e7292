/** @module A synthetic encoder, and a checker of what a packager makes of it. */
import assert from 'node:assert/strict';
import { parseChunks, type ReadSample } from '../../format/cmaf/index.ts';
import type { MediaEvent, Track, TrackKind } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import type { LadderCut, PackagedEvent } from './packaged.ts';
import { Packager } from './packager.ts';

/** What the synthetic encoder sends. */
export interface Encoding {
  readonly seconds: number;
  readonly fps?: number;
  /** Frames from keyframe to keyframe. */
  readonly gop?: number;
  readonly audioRate?: number;
  readonly audioFrameTicks?: number;
  readonly video?: boolean;
  readonly audio?: boolean;
  /** The bitstream says how many frames a second there are. */
  readonly statesFrameRate?: boolean;
  /** Seconds by which audio arrives later than video of the same time. */
  readonly audioSkewS?: number;
  /** Video frames are shown this many frames after they are decoded. */
  readonly reorderFrames?: number;
  /** Leaves out, or moves, the frame stamped `timeS`. */
  readonly keep?: (kind: TrackKind, timeS: number) => boolean;
}

/** Events as an encoder over RTMP brings them: stamps in whole milliseconds, tracks interleaved. */
export function encode(encoding: Encoding): MediaEvent[] {
  const { seconds, fps = 30, gop = 60, audioRate = 48_000, audioFrameTicks = 1024 } = encoding;
  const events: MediaEvent[] = [];
  const samples: { readonly arrivalS: number; readonly event: MediaEvent }[] = [];
  const keep = encoding.keep ?? (() => true);
  if (encoding.video !== false) {
    const stated = encoding.statesFrameRate === false ? undefined : fps;
    events.push({ type: 'track', track: videoTrack({ frameRate: stated }) });
    for (let i = 0; i / fps < seconds; i++) {
      const timeS = i / fps;
      if (!keep('video', timeS)) continue;
      const dts = Math.round(timeS * 1000) * 90;
      const pts = Math.round(((i + (encoding.reorderFrames ?? 0)) / fps) * 1000) * 90;
      const keyframe = i % gop === 0;
      const data = new Uint8Array([i & 0xff, keyframe ? 1 : 0, 7]);
      const event = {
        type: 'sample',
        sample: { kind: 'video', dts, pts, keyframe, data },
      } as const;
      samples.push({ arrivalS: timeS, event });
    }
  }
  if (encoding.audio !== false) {
    const track = audioTrack({ timescale: audioRate, frameTicks: audioFrameTicks });
    events.push({ type: 'track', track });
    for (let dts = 0; dts / audioRate < seconds; dts += audioFrameTicks) {
      if (!keep('audio', dts / audioRate)) continue;
      const data = new Uint8Array([dts & 0xff, 9]);
      const sample = { kind: 'audio', dts, pts: dts, keyframe: true, data } as const;
      const arrivalS = dts / audioRate + (encoding.audioSkewS ?? 0);
      samples.push({ arrivalS, event: { type: 'sample', sample } });
    }
  }
  samples.sort((a, b) => a.arrivalS - b.arrivalS);
  return [...events, ...samples.map(({ event }) => event)];
}

/** `encode(encoding)`, and the same again after a silence in which nobody sent anything. */
export function encodeTwice(encoding: Encoding, silenceS: number): MediaEvent[] {
  const laterS = encoding.seconds + silenceS;
  const events = encode(encoding);
  const next = events.map((event): MediaEvent => {
    if (event.type !== 'sample') return event;
    const { sample } = event;
    const ticks = laterS * (sample.kind === 'video' ? 90_000 : (encoding.audioRate ?? 48_000));
    return {
      type: 'sample',
      sample: { ...sample, dts: sample.dts + ticks, pts: sample.pts + ticks },
    };
  });
  const first = next.findIndex(({ type }) => type === 'sample');
  next.splice(first, 0, { type: 'discontinuity', reason: 'test' });
  return [...events, ...next];
}

/** Everything a packager makes of `events`. */
export function packageAll(
  events: readonly MediaEvent[],
  { partDurationS = 0.333, segmentDurationS = 2 } = {},
): PackagedEvent[] {
  const packager = new Packager({ partDurationS, segmentDurationS });
  const out = events.flatMap((event) => packager.push(event));
  return [...out, ...packager.end()];
}

/** A part as the checker read it back. */
export interface CheckedPart {
  readonly partIndex: number;
  readonly duration: number;
  readonly independent: boolean;
  readonly startS: number;
  readonly samples: readonly ReadSample[];
}

/** A segment as the checker read it back. */
export interface CheckedSegment {
  readonly rendition: string;
  readonly msn: number;
  readonly startTimeS: number;
  readonly duration: number;
  readonly discontinuity: boolean;
  readonly isGap: boolean;
  readonly initIndex: number;
  readonly parts: readonly CheckedPart[];
}

/** What the checker read back of a broadcast. */
export interface CheckedBroadcast {
  readonly targetDuration: number;
  readonly partTarget: number;
  readonly video: readonly CheckedSegment[];
  readonly audio: readonly CheckedSegment[];
  readonly warnings: readonly string[];
}

/** Reads `events` back and asserts every rule that holds for any broadcast. */
export function checkPackaged(events: readonly PackagedEvent[]): CheckedBroadcast {
  const targets = events[0];
  assert.ok(targets?.type === 'targets', 'targets come first');
  assert.equal(events.filter((event) => event.type === 'targets').length, 1);
  const { targetDuration, partTarget } = targets;
  const video = new RenditionCheck(targetDuration, partTarget);
  const audio = new RenditionCheck(targetDuration, partTarget);
  const warnings: string[] = [];
  const cuts: LadderCut[] = [];
  for (const event of events) {
    if (event.type === 'warning') warnings.push(event.message);
    else if (event.type === 'cut') cuts.push(event);
    else if (event.type !== 'targets') (event.rendition === 'video' ? video : audio).take(event);
  }
  checkInStep(video.segments, audio.segments);
  checkCuts(cuts, video.segments);
  return { targetDuration, partTarget, warnings, video: video.segments, audio: audio.segments };
}

/** Each video segment was cut where it begins, and shows its first picture when the cut says. */
function checkCuts(cuts: readonly LadderCut[], video: readonly CheckedSegment[]): void {
  for (const [i, cut] of cuts.entries()) assert.equal(cut.msn, (cuts[0]?.msn ?? 0) + i);
  for (const segment of video) {
    const cut = cuts.find(({ msn }) => msn === segment.msn);
    assert.equal(cut?.discontinuity, segment.discontinuity);
    if (segment.isGap || cut === undefined) continue;
    assert.ok(Math.abs(cut.startS - segment.startTimeS) < 1e-9, `cut at ${cut.startS}`);
  }
}

type RenditionEvent = Exclude<PackagedEvent, { readonly type: 'targets' | 'warning' | 'cut' }>;

/** The rules that one rendition's events obey. */
class RenditionCheck {
  readonly segments: CheckedSegment[] = [];
  readonly #targetDuration: number;
  readonly #partTarget: number;
  #track: Track | undefined;
  #initIndex = -1;
  #start: Extract<PackagedEvent, { readonly type: 'segment-start' }> | undefined;
  #parts: CheckedPart[] = [];
  #sequence = 0;
  #endTicks: number | undefined;

  constructor(targetDuration: number, partTarget: number) {
    this.#targetDuration = targetDuration;
    this.#partTarget = partTarget;
  }

  take(event: RenditionEvent): void {
    if (event.type === 'init') {
      assert.equal(event.initIndex, ++this.#initIndex, 'inits are numbered from 0');
      assert.equal(this.#start, undefined, 'an init comes between segments');
      this.#track = event.track;
    } else if (event.type === 'segment-start') {
      assert.equal(this.#start, undefined, 'the segment before has ended');
      assert.equal(event.initIndex, this.#initIndex);
      this.#checkNumber(event.msn);
      this.#start = event;
      this.#parts = [];
    } else if (event.type === 'part') this.#part(event);
    else if (event.type === 'gap-part') assert.fail('only rungs have missing parts');
    else this.#segment(event);
  }

  #checkNumber(msn: number): void {
    const last = this.segments.at(-1)?.msn;
    if (last !== undefined) assert.equal(msn, last + 1, 'segments are numbered without holes');
  }

  #part(event: Extract<RenditionEvent, { readonly type: 'part' }>): void {
    assert.equal(event.msn, this.#start?.msn, 'a part belongs to the running segment');
    assert.equal(event.partIndex, this.#parts.length);
    assert.equal(event.bytes.byteLength, event.bytes.buffer.byteLength, 'a buffer of its own');
    const chunks = parseChunks(event.bytes);
    assert.equal(chunks.length, 1);
    const [chunk] = chunks;
    assert.ok(chunk !== undefined && this.#track !== undefined);
    assert.ok(chunk.sequence > this.#sequence, 'mfhd grows');
    this.#sequence = chunk.sequence;
    const { timescale } = this.#track;
    const ticks = chunk.samples.reduce((sum, sample) => sum + sample.duration, 0);
    assert.equal(event.duration, ticks / timescale, 'the duration is the media, to the tick');
    assert.ok(event.duration <= this.#partTarget, `part of ${event.duration} s`);
    assert.equal(event.independent, chunk.samples[0]?.keyframe, 'INDEPENDENT is true');
    const joins = this.#parts.length > 0 || this.#start?.discontinuity === false;
    if (this.#endTicks !== undefined && joins) {
      assert.equal(chunk.baseDecodeTime, this.#endTicks, 'tfdt runs on without a seam');
    }
    this.#endTicks = chunk.baseDecodeTime + ticks;
    const startS = chunk.baseDecodeTime / timescale;
    if (this.#parts.length === 0) assert.equal(startS, this.#start?.startTimeS);
    const { partIndex, duration, independent } = event;
    this.#parts.push({ partIndex, duration, independent, startS, samples: chunk.samples });
  }

  #segment(event: Extract<RenditionEvent, { readonly type: 'segment' | 'gap' }>): void {
    const isGap = event.type === 'gap';
    if (isGap) this.#checkNumber(event.msn);
    else this.#checkParts(event);
    assert.ok(event.duration > 0, `segment ${event.msn} lasts ${event.duration} s`);
    assert.ok(Math.round(event.duration) <= this.#targetDuration, `EXTINF ${event.duration}`);
    const { rendition, msn, startTimeS, duration, discontinuity, initIndex } = event;
    const parts = isGap ? [] : this.#parts;
    const place = { rendition, msn, startTimeS, duration, discontinuity, initIndex };
    this.segments.push({ ...place, isGap, parts });
    this.#start = undefined;
  }

  #checkParts(event: Extract<RenditionEvent, { readonly type: 'segment' }>): void {
    assert.equal(event.msn, this.#start?.msn);
    assert.equal(event.startTimeS, this.#start?.startTimeS);
    assert.equal(event.discontinuity, this.#start?.discontinuity);
    const sum = this.#parts.reduce((total, part) => total + part.duration, 0);
    assert.ok(Math.abs(sum - event.duration) < 1e-6, 'parts sum to the segment');
    for (const part of this.#parts.slice(0, -1)) {
      assert.ok(part.duration >= 0.85 * this.#partTarget - 1e-9, `part of ${part.duration} s`);
    }
  }
}

/** Segments of one number belong together in both renditions. */
function checkInStep(video: readonly CheckedSegment[], audio: readonly CheckedSegment[]): void {
  const byNumber = new Map(video.map((segment) => [segment.msn, segment]));
  for (const segment of audio) {
    const twin = byNumber.get(segment.msn);
    if (twin === undefined) continue;
    assert.equal(segment.discontinuity, twin.discontinuity, `discontinuity of ${segment.msn}`);
  }
}

/** Presentation times in ticks of all samples. */
export function presentationTicks(
  segments: readonly CheckedSegment[],
  timescale: number,
): number[] {
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

/** Durations of segments in seconds, rounded to what RTMP's millisecond stamps leave certain. */
export function roundedDurations(segments: readonly CheckedSegment[]): number[] {
  return segments.map((segment) => Math.round(segment.duration * 100) / 100);
}
