/**
 * Hands a broadcast's media from its publisher to its packager, and puts an encoding of our own in
 * the place of the publisher's video when that has too few keyframes to be cut into segments.
 *
 *   passing  ---- no keyframe for too long --> asking: the owner has the video encoded
 *   asking   ---- the encoding comes --------> joining: the publisher's video up to a slot's start
 *   joining  ---- the slot has come ---------> replaced: the encoding from there on
 *   joining, replaced -- the encoding stays away -> asking: the publisher's video again
 *
 * The encoding begins each slot of media time with a keyframe, so it can take over at the start of
 * any: nothing is shown twice and nothing is left out.
 */
import { Feed, type FeedCursor, PUBLISHER_REPLACED } from '../../live/index.ts';
import type { MediaEvent, Sample, VideoTrack } from '../../media/index.ts';

/** Keyframes may be this much further apart than a segment should last, in seconds. */
const PATIENCE_S = 0.45;
/** So many times in a row they are too far apart before it is no accident. */
const LONG_INTERVALS = 2;
/** An interval of so many target durations is none, either. */
const FAR_TOO_LONG_TARGET_DURATIONS = 2;
/** The encoding may be this far behind before it counts as gone: twice what an encoder may hold. */
const AWAY_S = 4;
/** Below a tick of any timescale; slots begin at sums of floating-point seconds. */
const ROUNDING_S = 0.000_001;

/** What a switch needs of its owner. */
export interface LeadSwitchSettings {
  /** What the publisher sends; encodings of it are its rungs. */
  readonly source: Feed;
  /** TARGETDURATION in seconds: the longest that keyframes may be apart. */
  readonly targetDuration: number;
  /** Seconds from keyframe to keyframe of an encoding, counted from media time 0. */
  readonly slotS: number;
  /** Keyframes are too far apart: see `replaceWith`. Called once for each video of the source. */
  tooFewKeyframes(): void;
  /** Another publisher's video has begun, and the rungs that it sends are known. */
  publisherReplaced(): void;
}

/** See the top of the file. */
export class LeadSwitch {
  /** What is to be packaged: the source's media and rungs, as far as they are of use. */
  readonly program = new Feed();
  readonly #settings: LeadSwitchSettings;
  readonly #source: FeedCursor;
  readonly #rungs = new Map<string, FeedCursor>();
  /** The rung that is to be the video. */
  #replacement: string | undefined;
  #track: VideoTrack | undefined;
  #encodedTrack: VideoTrack | undefined;
  #keyframeS: number | undefined;
  /** Of what was handed on, of either. */
  #newestS = Number.NEGATIVE_INFINITY;
  #longIntervals = 0;
  #hasAsked = false;
  /** Another publisher has taken over, and its video is yet to come. */
  #awaitsPublisher = false;
  /** Where the encoding takes over, in seconds of media; undefined while there is none. */
  #fromS: number | undefined;
  #sourceIsOut = false;
  #isReplaced = false;

  constructor(settings: LeadSwitchSettings) {
    this.#settings = settings;
    this.#source = settings.source.read();
  }

  /** What is packaged is not the publisher's own video any more. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /**
   * `rung` of the source is its whole picture with a keyframe at the start of each slot, and is to
   * take the place of the video; undefined: nothing is.
   */
  replaceWith(rung: string | undefined): void {
    this.#replacement = rung;
    if (rung === undefined && !this.#sourceIsOut) this.#fromS = undefined;
  }

  /** Works until the source and its rungs are closed and read; then the program is closed. */
  async run(): Promise<void> {
    const { source } = this.#settings;
    const { program } = this;
    try {
      for (;;) {
        // Covers the rungs too.
        const changed = source.changed.next();
        this.#pump();
        // What comes of the rungs later is packaged in time: its owner waits for them.
        if (source.closed && this.#fromS === undefined) program.close();
        if (source.closed && source.rungs.values().every((rung) => rung.closed)) break;
        await changed;
      }
    } finally {
      this.#source.close();
      for (const cursor of this.#rungs.values()) cursor.close();
      program.close();
      for (const rung of program.rungs.values()) rung.close();
    }
  }

  #pump(): void {
    for (let event = this.#source.take(); event !== undefined; event = this.#source.take()) {
      this.#pass(event);
    }
    for (const [name, rung] of this.#settings.source.rungs) this.#pumpRung(name, rung);
  }

  #pumpRung(name: string, rung: Feed): void {
    const cursor = this.#rungs.get(name) ?? rung.read();
    this.#rungs.set(name, cursor);
    const isReplacement = name === this.#replacement;
    const outlet = isReplacement ? undefined : this.#outlet(name);
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      if (isReplacement) this.#passEncoded(event);
      else outlet?.publish(event);
    }
  }

  #outlet(rung: string): Feed | undefined {
    return this.program.closed ? this.program.rungs.get(rung) : this.program.openRung(rung);
  }

  #pass(event: MediaEvent): void {
    if (event.type === 'sample' && event.sample.kind === 'video') this.#passVideo(event.sample);
    else if (event.type === 'track' && event.track.kind === 'video') {
      this.#begin(event.track);
    } else {
      // What lies between keyframes on both sides of a hole says nothing of their distance.
      if (event.type === 'discontinuity') {
        this.#keyframeS = undefined;
        if (event.reason === PUBLISHER_REPLACED) this.#awaitsPublisher = true;
      }
      this.program.publish(event);
    }
  }

  /** Another video of the source is looked at anew; it is handed on until it is replaced itself. */
  #begin(track: VideoTrack): void {
    this.#track = track;
    this.#keyframeS = undefined;
    this.#longIntervals = 0;
    this.#hasAsked = false;
    this.#sourceIsOut = false;
    this.#isReplaced = false;
    this.#fromS = undefined;
    this.program.publish({ type: 'track', track });
  }

  #passVideo(sample: Sample): void {
    if (this.#awaitsPublisher) {
      this.#awaitsPublisher = false;
      this.#settings.publisherReplaced();
    }
    const shownS = sample.pts / (this.#track?.timescale ?? 1);
    this.#lookAtKeyframes(sample, shownS);
    const isAway = this.#replacement === undefined || shownS - this.#newestS > AWAY_S;
    if (this.#sourceIsOut && isAway && sample.keyframe) this.#takeBack();
    // In the order of decoding nothing comes after what the encoding begins with.
    if (this.#fromS !== undefined && shownS >= this.#fromS - ROUNDING_S) this.#sourceIsOut = true;
    if (this.#sourceIsOut) return;
    this.#newestS = Math.max(this.#newestS, shownS);
    this.program.publish({ type: 'sample', sample });
  }

  #takeBack(): void {
    this.#sourceIsOut = false;
    this.#isReplaced = false;
    this.#fromS = undefined;
    const track = this.#track;
    if (track !== undefined) this.program.publish({ type: 'track', track });
    this.program.publish({ type: 'discontinuity', reason: 'encoding_stopped' });
  }

  #lookAtKeyframes({ keyframe }: Sample, shownS: number): void {
    const { targetDuration } = this.#settings;
    const intervalS = shownS - (this.#keyframeS ?? shownS);
    if (keyframe) {
      const isLong = intervalS > targetDuration + PATIENCE_S;
      this.#longIntervals = isLong ? this.#longIntervals + 1 : 0;
      this.#keyframeS = shownS;
    }
    const isFarTooLong = intervalS > FAR_TOO_LONG_TARGET_DURATIONS * targetDuration;
    if (this.#hasAsked || !(isFarTooLong || this.#longIntervals >= LONG_INTERVALS)) return;
    this.#hasAsked = true;
    this.#settings.tooFewKeyframes();
  }

  #passEncoded(event: MediaEvent): void {
    if (event.type === 'sample') this.#passEncodedSample(event.sample);
    else {
      if (event.type === 'track' && event.track.kind === 'video') this.#encodedTrack = event.track;
      if (this.#isReplaced) this.program.publish(event);
    }
  }

  #passEncodedSample(sample: Sample): void {
    const track = this.#encodedTrack;
    if (track === undefined) return;
    const shownS = sample.pts / track.timescale;
    this.#fromS ??= this.#slotAfter(Math.max(shownS, this.#newestS));
    const isNew = shownS > this.#newestS;
    if (!this.#isReplaced) {
      if (shownS < this.#fromS - ROUNDING_S || !sample.keyframe) return;
      this.#isReplaced = true;
      this.program.publish({ type: 'track', track });
    }
    if (!isNew) return;
    this.#newestS = shownS;
    this.program.publish({ type: 'sample', sample });
  }

  #slotAfter(timeS: number): number {
    const { slotS } = this.#settings;
    return (Math.floor(timeS / slotS + ROUNDING_S) + 1) * slotS;
  }
}
