/** A broadcast of real CMAF bytes that a test makes segment by segment. */
import { ManualClock, RightOfWay } from '../../base/index.ts';
import { chunk, initSegment } from '../../format/cmaf/index.ts';
import { Broadcast, MediaRing, OnAir, type Rendition } from '../../live/index.ts';
import { audioTrackFromAsc, type Track, videoTrackFromAvcC } from '../../media/index.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';
import { Origin } from './origin.ts';

const TARGETS = { windowSize: 3, targetDuration: 2, partTarget: 0.5 };
/** Wall-clock time at media time 0. */
export const ANCHOR_MS = Date.UTC(2026, 10, 21, 8);

/** 1280x720 at 30 frames a second, as x264 164 wrote it. */
export const VIDEO: Track = videoTrackFromAvcC(
  Buffer.from(
    '0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800',
    'hex',
  ),
);
/** 48 kHz stereo AAC-LC. */
export const AUDIO: Track = audioTrackFromAsc(Uint8Array.of(0x11, 0x90));

/** One rendition and where its next segment begins. */
export class Reel {
  readonly rendition: Rendition;
  readonly ring: MediaRing;
  readonly #track: Track;
  #msn = 1;
  #parts = 0;
  #ticks = 0;
  #init = -1;
  #opening = { discontinuity: false, newInit: true };

  constructor(broadcast: Broadcast, name: string, track: Track) {
    this.#track = track;
    this.rendition = broadcast.presentation.add(name, TARGETS);
    const channels = track.kind === 'audio' ? track.channels : 0;
    const audio = { groupId: 'audio', name: 'Audio', isDefault: true, channels };
    this.rendition.attributes = {
      codecs: [track.codecString],
      bandwidth: track.kind === 'audio' ? 128_000 : 2_000_000,
      ...(track.kind === 'audio' && { audio }),
    };
    this.ring = broadcast.media(name);
    this.rendition.timeline.start(1);
  }

  /** The next segment follows a discontinuity, `pauseS` later, with an init segment of its own. */
  break(pauseS: number): void {
    this.#opening = { discontinuity: true, newInit: true };
    this.#ticks += pauseS * this.#track.timescale;
  }

  /** Adds a part of half a second to the open segment, or begins one. */
  part(): void {
    const { timeline } = this.rendition;
    if (this.#parts === 0) {
      if (this.#opening.newInit) this.ring.putInit(++this.#init, initSegment(this.#track));
      this.ring.expect(this.#msn, this.#init);
      timeline.openSegment(this.#start(), MediaRing.partName(this.#msn, 0));
    }
    const duration = this.#track.timescale / 2;
    const sample = {
      duration,
      compositionOffset: 0,
      keyframe: true,
      data: Uint8Array.of(this.#parts),
    };
    const bytes = chunk({ sequence: 1, baseDecodeTime: this.#ticks, samples: [sample] });
    this.ring.putPart(this.#msn, bytes);
    const uri = MediaRing.partName(this.#msn, this.#parts);
    this.#parts += 1;
    this.#ticks += duration;
    timeline.appendPart({ uri, duration: 0.5, independent: true });
  }

  /** Ends the open segment. */
  close(): void {
    this.ring.closeSegment(this.#msn);
    const uri = MediaRing.segmentName(this.#msn);
    this.rendition.timeline.closeSegment({ duration: this.#parts / 2, uri });
    this.#next();
  }

  /** Adds `count` whole segments of two seconds. */
  segments(count: number): void {
    for (let i = 0; i < count; i += 1) {
      for (let part = 0; part < 4; part += 1) this.part();
      this.close();
    }
  }

  /** Two seconds for which there is nothing, or not all. */
  gap(): void {
    this.ring.loseSegment(this.#msn, Math.max(0, this.#init));
    const uri = MediaRing.segmentName(this.#msn);
    this.rendition.timeline.appendGap({ duration: 2, uri }, this.#start());
    this.#ticks += (2 - this.#parts / 2) * this.#track.timescale;
    this.#next();
  }

  /** Half a second for which there is nothing. */
  gapPart(): void {
    const { timeline } = this.rendition;
    if (this.#parts === 0) timeline.openSegment(this.#start());
    this.ring.losePart(this.#msn, this.#parts);
    const uri = MediaRing.partName(this.#msn, this.#parts);
    this.#parts += 1;
    this.#ticks += 0.5 * this.#track.timescale;
    timeline.appendPart({ uri, duration: 0.5, independent: false, gap: true });
  }

  #start() {
    const startMs = (this.#ticks / this.#track.timescale) * 1000;
    return {
      discontinuity: this.#opening.discontinuity,
      programDateTimeMs: ANCHOR_MS + startMs,
      init: { uri: MediaRing.initName(Math.max(0, this.#init)) },
    };
  }

  #next(): void {
    this.#msn += 1;
    this.#parts = 0;
    this.#opening = { discontinuity: false, newInit: false };
    const first = this.rendition.timeline.segments[0]?.mediaSequenceNumber ?? 1;
    this.ring.slide(first, 0, 0);
  }
}

/** An origin with one broadcast, `b1` of the stream `demo`, and ways to ask it. */
export function studio() {
  const clock = new ManualClock(ANCHOR_MS);
  const onAir = new OnAir();
  const broadcast = new Broadcast('b1', 'demo', clock.epochMs());
  onAir.start(broadcast);
  const origin = new Origin({
    clock,
    onAir,
    orchestrated: { presentation: () => undefined, served: () => {} },
    observer: { answered: () => {} },
    rightOfWay: new RightOfWay(clock, (task) => task()),
  });
  const ask = (path: string, more: Partial<DeliveryRequest> = {}): Answer | undefined => {
    const plain = { gzip: false, ifNoneMatch: undefined, range: undefined };
    const request: DeliveryRequest = { method: 'GET', path, query: '', ...plain, ...more };
    let given: Answer | undefined;
    origin.handle(request, (answer) => {
      given = answer;
    });
    return given;
  };
  const manifest = (): string => textOf(ask('/live/demo/manifest.mpd'));
  return { clock, onAir, broadcast, origin, ask, manifest };
}

/** A studio with one video rendition and its sound. */
export function pair() {
  const scene = studio();
  const video = new Reel(scene.broadcast, 'video', VIDEO);
  const audio = new Reel(scene.broadcast, 'audio', AUDIO);
  const both = (act: (reel: Reel) => void): void => {
    act(video);
    act(audio);
  };
  return { ...scene, video, audio, both };
}

/** As `pair`, with a second quality. */
export function ladder() {
  const scene = pair();
  return { ...scene, rung: new Reel(scene.broadcast, '360p', VIDEO) };
}

/** An answer's body as text. */
export function textOf(answer: Answer | undefined): string {
  return Buffer.concat(answer?.body ?? []).toString();
}

/** The value of an answer's field. */
export function fieldOf(answer: Answer | undefined, name: string): string | undefined {
  return answer?.headers.find(([key]) => key === name)?.[1];
}
