import type { Clock, Log } from '../../base/index.ts';
import { type Broadcast, MediaRing, type Rendition } from '../../live/index.ts';
import type { Sample, Track } from '../../media/index.ts';
import type { PackagedEvent, RenditionName } from './packaged.ts';

/** A rendition that begins is no further behind than so many segments. */
const LATEST_DISCONTINUITIES = 64;
/** All audio of a broadcast is one group. */
const AUDIO_GROUP = 'audio';

/** What the owner measures of a packager. */
export interface PackagerObserver {
  /** A part of `rendition` is listed `latencyMs` after the wall-clock time at which its media ends. */
  partListed(latencyMs: number, rendition: RenditionName): void;
}

/** What a publication needs of its owner. */
export interface PublicationSettings {
  readonly broadcast: Broadcast;
  readonly windowSize: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: PackagerObserver;
}

type Of<T extends PackagedEvent['type']> = Extract<PackagedEvent, { type: T }>;

/** Puts what packagers make on the timelines of a broadcast, and its bytes into its memory. */
export class BroadcastPublication {
  readonly #settings: PublicationSettings;
  #targets: Of<'targets'> | undefined;
  /** Wall-clock milliseconds of media time 0; moves only until the first segment states it. */
  #anchorEpochMs = Number.POSITIVE_INFINITY;
  #anchored = false;
  readonly #discontinuities = new Discontinuities();
  /** Media time at which the last listed part of each rendition ends, in seconds. */
  readonly #edges = new Map<RenditionName, number>();

  constructor(settings: PublicationSettings) {
    this.#settings = settings;
  }

  /**
   * A sample of a track of `timescale` has come now. The earliest arrival against media time is
   * the best guess at the capture clock: an encoder that starts late sends its first samples in a
   * burst, and the first of them lies most.
   */
  arrived(sample: Sample, timescale: number): void {
    if (this.#anchored) return;
    const mediaMs = (sample.dts / timescale) * 1000;
    this.#anchorEpochMs = Math.min(this.#anchorEpochMs, this.#settings.clock.epochMs() - mediaMs);
  }

  /** Publishes the next event. */
  apply(event: PackagedEvent): void {
    switch (event.type) {
      case 'targets':
        this.#targets = event;
        return;
      case 'cut':
        if (event.discontinuity) this.#discontinuities.add(event.msn);
        return;
      case 'init':
        this.#init(event);
        return;
      case 'segment-start':
        this.#segmentStart(event);
        return;
      case 'part':
        this.#part(event);
        return;
      case 'gap-part':
        this.#gapPart(event);
        return;
      case 'segment':
        this.#segment(event);
        return;
      case 'gap':
        this.#gap(event);
        return;
      case 'warning':
        this.#settings.broadcast.advice.set(event.code, event.message);
        this.#settings.log.warn({ code: event.code, advice: event.message }, 'encoder needs care');
        return;
    }
  }

  #init(event: Of<'init'>): void {
    const { broadcast, windowSize } = this.#settings;
    const { presentation } = broadcast;
    const targets = this.#targets;
    const rendition =
      presentation.renditions.get(event.rendition) ??
      presentation.add(event.rendition, {
        windowSize,
        targetDuration: targets?.targetDuration,
        partTarget: targets?.partTarget,
      });
    presentation.describe(rendition, describe(event.track));
    broadcast.media(event.rendition).putInit(event.initIndex, event.bytes);
  }

  #rendition(name: RenditionName): Rendition | undefined {
    return this.#settings.broadcast.presentation.renditions.get(name);
  }

  #segmentStart(event: Of<'segment-start'>): void {
    const timeline = this.#rendition(event.rendition)?.timeline;
    if (timeline === undefined) return;
    this.#anchored = true;
    this.#settings.broadcast.zeroEpochMs = this.#anchorEpochMs;
    if (timeline.nextMediaSequenceNumber === undefined) {
      timeline.start(event.msn, this.#discontinuities.before(event.msn));
    }
    this.#settings.broadcast.media(event.rendition).expect(event.msn, event.initIndex);
    this.#edges.set(event.rendition, event.startTimeS);
    timeline.openSegment(this.#startOf(event), MediaRing.partName(event.msn, 0));
  }

  #startOf(event: Of<'segment-start'> | Of<'gap'>) {
    return {
      discontinuity: event.discontinuity,
      programDateTimeMs: Math.round(this.#anchorEpochMs + event.startTimeS * 1000),
      init: { uri: MediaRing.initName(event.initIndex) },
    };
  }

  #part(event: Of<'part'>): void {
    const { broadcast, clock, observer } = this.#settings;
    const rendition = this.#rendition(event.rendition);
    if (rendition === undefined) return;
    const index = broadcast.media(event.rendition).putPart(event.msn, event.bytes);
    rendition.estimate(event.bytes.length, event.duration);
    rendition.timeline.appendPart(
      {
        uri: MediaRing.partName(event.msn, index),
        duration: event.duration,
        independent: event.independent,
      },
      MediaRing.partName(event.msn, index + 1),
    );
    const edge = (this.#edges.get(event.rendition) ?? 0) + event.duration;
    this.#edges.set(event.rendition, edge);
    observer.partListed(clock.epochMs() - (this.#anchorEpochMs + edge * 1000), event.rendition);
  }

  /** Whoever waits for the part is told that there is none. */
  #gapPart(event: Of<'gap-part'>): void {
    const { msn, partIndex, duration } = event;
    this.#settings.broadcast.media(event.rendition).losePart(msn, partIndex);
    this.#rendition(event.rendition)?.timeline.appendPart(
      { uri: MediaRing.partName(msn, partIndex), duration, independent: false, gap: true },
      MediaRing.partName(msn, partIndex + 1),
    );
  }

  #segment(event: Of<'segment'>): void {
    const rendition = this.#rendition(event.rendition);
    if (rendition === undefined) return;
    const ring = this.#settings.broadcast.media(event.rendition);
    rendition.measure(ring.closeSegment(event.msn), event.duration);
    rendition.timeline.closeSegment(
      { duration: event.duration, uri: MediaRing.segmentName(event.msn) },
      MediaRing.partName(event.msn + 1, 0),
    );
    this.#slide(rendition, ring);
  }

  #gap(event: Of<'gap'>): void {
    const rendition = this.#rendition(event.rendition);
    if (rendition === undefined) return;
    const ring = this.#settings.broadcast.media(event.rendition);
    ring.loseSegment(event.msn, event.initIndex);
    rendition.timeline.appendGap(
      { duration: event.duration, uri: MediaRing.segmentName(event.msn) },
      this.#startOf(event),
      MediaRing.partName(event.msn + 1, 0),
    );
    this.#slide(rendition, ring);
  }

  /** A segment stays for its own duration and that of the playlist that listed it (6.2.2). */
  #slide(rendition: Rendition, ring: MediaRing): void {
    const { timeline } = rendition;
    const first = timeline.segments[0];
    if (first === undefined) return;
    let keepS = timeline.targetDuration;
    for (const segment of timeline.segments) keepS += segment.duration;
    const nowMs = this.#settings.clock.monotonicMs();
    ring.slide(first.mediaSequenceNumber, nowMs, keepS * 1000);
  }
}

/** Where the segments of a broadcast had discontinuities. */
class Discontinuities {
  /** Numbers of the latest of those segments. */
  #latest: number[] = [];
  #earlier = 0;

  add(mediaSequenceNumber: number): void {
    this.#latest.push(mediaSequenceNumber);
    if (this.#latest.length <= LATEST_DISCONTINUITIES) return;
    this.#latest.shift();
    this.#earlier += 1;
  }

  /** How many there were before this segment, which is one of the latest. */
  before(mediaSequenceNumber: number): number {
    return this.#earlier + this.#latest.filter((each) => each < mediaSequenceNumber).length;
  }
}

function describe(track: Track) {
  const { statedBitrate } = track;
  const stated = statedBitrate !== undefined && { statedBitrate };
  if (track.kind === 'audio') {
    const audio = {
      groupId: AUDIO_GROUP,
      name: 'Audio',
      isDefault: true,
      channels: track.channels,
    };
    return { codecs: [track.codecString], audio, ...stated };
  }
  return {
    codecs: [track.codecString],
    resolution: { width: track.width, height: track.height },
    ...(track.frameRate !== undefined && { frameRate: track.frameRate }),
    audioGroupId: AUDIO_GROUP,
    ...stated,
  };
}
