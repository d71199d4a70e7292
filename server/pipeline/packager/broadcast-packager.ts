import type { Clock, Log } from '../../base/index.ts';
import {
  type Broadcast,
  type Feed,
  type FeedCursor,
  MediaRing,
  type Rendition,
} from '../../live/index.ts';
import type { MediaEvent, Sample, Track } from '../../media/index.ts';
import type { PackagedEvent } from './packaged.ts';
import type { Packager } from './packager.ts';

/** All audio of a broadcast is one group. */
const AUDIO_GROUP = 'audio';

/** What the owner measures of a packager. */
export interface PackagerObserver {
  /** A part is listed `latencyMs` after the wall-clock time at which its media ends. */
  partListed(latencyMs: number): void;
}

/** What a broadcast's packager needs of its owner. */
export interface BroadcastPackagerSettings {
  readonly broadcast: Broadcast;
  readonly feed: Feed;
  readonly packager: Packager;
  readonly windowSize: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: PackagerObserver;
}

type Of<T extends PackagedEvent['type']> = Extract<PackagedEvent, { type: T }>;

/** Reads a feed, packages it, and puts what comes out on the broadcast's timelines. */
export class BroadcastPackager {
  readonly #settings: BroadcastPackagerSettings;
  #targets: Of<'targets'> | undefined;
  /** Wall-clock milliseconds of media time 0; moves only until the first segment states it. */
  #anchorEpochMs = Number.POSITIVE_INFINITY;
  #anchored = false;
  readonly #timescales = new Map<Sample['kind'], number>();
  /** Media time at which the last listed part of each rendition ends, in seconds. */
  readonly #edges = new Map<string, number>();

  constructor(settings: BroadcastPackagerSettings) {
    this.#settings = settings;
  }

  /** Runs until the feed is closed and read; then the broadcast has ended. */
  async run(): Promise<void> {
    const { feed, broadcast, clock, packager } = this.#settings;
    const cursor = feed.read();
    try {
      for (;;) {
        const changed = feed.changed.next();
        this.#drain(cursor);
        if (feed.closed) break;
        await changed;
      }
      this.#apply(packager.end());
    } finally {
      cursor.close();
      broadcast.end(clock.monotonicMs());
    }
  }

  #drain(cursor: FeedCursor): void {
    const { broadcast, packager } = this.#settings;
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      if (!this.#anchored) this.#anchor(event);
      if (event.type === 'track') broadcast.presentation.expect(event.track.kind);
      this.#apply(packager.push(event));
    }
  }

  /**
   * The earliest arrival against media time is the best guess at the capture clock: an encoder
   * that starts late sends its first samples in a burst, and the first of them lies most.
   */
  #anchor(event: MediaEvent): void {
    if (event.type === 'track') this.#timescales.set(event.track.kind, event.track.timescale);
    if (event.type !== 'sample') return;
    const timescale = this.#timescales.get(event.sample.kind);
    if (timescale === undefined) return;
    const mediaMs = (event.sample.dts / timescale) * 1000;
    this.#anchorEpochMs = Math.min(this.#anchorEpochMs, this.#settings.clock.epochMs() - mediaMs);
  }

  #apply(events: readonly PackagedEvent[]): void {
    for (const event of events) this.#applyOne(event);
  }

  #applyOne(event: PackagedEvent): void {
    switch (event.type) {
      case 'targets':
        this.#targets = event;
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
      case 'segment':
        this.#segment(event);
        return;
      case 'gap':
        this.#gap(event);
        return;
      case 'warning':
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

  #rendition(name: string): Rendition | undefined {
    return this.#settings.broadcast.presentation.renditions.get(name);
  }

  #segmentStart(event: Of<'segment-start'>): void {
    const timeline = this.#rendition(event.rendition)?.timeline;
    if (timeline === undefined) return;
    this.#anchored = true;
    if (timeline.nextMediaSequenceNumber === undefined) timeline.start(event.msn);
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
    observer.partListed(clock.epochMs() - (this.#anchorEpochMs + edge * 1000));
  }

  #segment(event: Of<'segment'>): void {
    const { broadcast, packager } = this.#settings;
    const rendition = this.#rendition(event.rendition);
    if (rendition === undefined) return;
    const ring = broadcast.media(event.rendition);
    rendition.measure(ring.closeSegment(event.msn), event.duration);
    broadcast.presentation.independentSegments = packager.independentSegments;
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
    ring.expect(event.msn, event.initIndex);
    ring.closeSegment(event.msn);
    const uri = MediaRing.segmentName(event.msn);
    rendition.timeline.appendGap({ duration: event.duration, uri }, this.#startOf(event));
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

function describe(track: Track) {
  if (track.kind === 'audio') {
    return {
      codecs: [track.codecString],
      audio: { groupId: AUDIO_GROUP, name: 'Audio', isDefault: true, channels: track.channels },
    };
  }
  return {
    codecs: [track.codecString],
    resolution: { width: track.width, height: track.height },
    ...(track.frameRate !== undefined && { frameRate: track.frameRate }),
    audioGroupId: AUDIO_GROUP,
  };
}
