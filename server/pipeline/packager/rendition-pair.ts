/**
 * The two renditions of a broadcast, in step: who leads, who follows, who is missing. What is
 * promised of the whole is at the top of packager.ts.
 */
import { assert } from '../../base/index.ts';
import {
  isSameTrack,
  type MediaEvent,
  type Sample,
  type Track,
  type TrackKind,
} from '../../media/index.ts';
import { Follower, MAX_WAITING_SAMPLES } from './follower.ts';
import { type CutKind, Lead } from './lead.ts';
import type { Emit, WarningCode } from './packaged.ts';
import { RenditionWriter, type SegmentOpening } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/** One rendition and what is known of its track. */
interface Lane {
  readonly kind: TrackKind;
  readonly writer: RenditionWriter;
  readonly lead: Lead;
  /** The track that the next samples are of. */
  track: Track | undefined;
  /** The track was told again, and no sample came since: another source may have begun. */
  announced: boolean;
  /** It leads or follows; else it is not there yet, or not any more. */
  active: boolean;
  /** The running segment, when a rendition that players know has no media for it. */
  missing: SegmentOpening | undefined;
}

/** Where a segment begins. */
interface Opening extends CutKind {
  /** Where its first sample lies in the leading rendition, in seconds. */
  readonly startS: number;
  /** Where the other rendition is cut; later only if it has come further already. */
  readonly otherStartS: number;
}

/** See the top of the file. */
export class RenditionPair {
  readonly #targets: Targets;
  readonly #emit: Emit;
  readonly #dropped: () => void;
  readonly #video: Lane;
  readonly #audio: Lane;
  readonly #follower: Follower;
  readonly #warned = new Set<WarningCode>();
  #leader: TrackKind | undefined;
  #segment: SegmentOpening | undefined;
  #breakPending = false;
  /** Video's references are gone until its next keyframe. */
  #skipsToKeyframe = false;
  #independent = true;
  /** Where audio became active, in seconds: from there on it is expected. */
  #audioSinceS = 0;
  /** The timeline broke, and nothing came since. */
  #resumes = false;
  /** Where it went on after a silence, in seconds: what lies before says nothing of who is missing. */
  #resumedS = 0;

  /** `dropped` hears of each sample that goes into no segment. */
  constructor(targets: Targets, emit: Emit, dropped: () => void) {
    this.#targets = targets;
    this.#emit = emit;
    this.#dropped = dropped;
    const video = new RenditionWriter('video', targets, emit, (endS) => {
      if (this.#leader === 'video') this.#follower.cutPart(endS);
    });
    const audio = new RenditionWriter('audio', targets, emit);
    this.#video = this.#lane('video', video);
    this.#audio = this.#lane('audio', audio);
    this.#follower = new Follower(audio, targets, dropped);
  }

  /** See `Packager.independentSegments`. */
  get independentSegments(): boolean | undefined {
    if (!this.#independent) return false;
    const lead = this.#video.writer.begun ? this.#video.lead : this.#audio.lead;
    return lead.keyframesSeen > 1 ? true : undefined;
  }

  /** Takes the next event of the broadcast. */
  push(event: MediaEvent): void {
    if (event.type === 'track') this.#setTrack(event.track);
    else if (event.type === 'discontinuity') this.#break();
    else {
      if (this.#resumes) this.#resume(event.sample);
      if (event.sample.kind === 'video') this.#takeVideo(event.sample);
      else this.#takeAudio(event.sample);
    }
  }

  /** Writes what is left. */
  end(): void {
    if (this.#leader === 'video') {
      this.#video.lead.layLast();
      this.#video.writer.closeSegment();
    }
    this.#drain();
    if (this.#audio.active) this.#follower.end();
    else this.#follower.prune(Number.POSITIVE_INFINITY);
  }

  #lane(kind: TrackKind, writer: RenditionWriter): Lane {
    const lane: Lane = {
      kind,
      writer,
      lead: new Lead(
        writer,
        this.#targets,
        this.#host(() => lane),
      ),
      track: undefined,
      announced: false,
      active: false,
      missing: undefined,
    };
    return lane;
  }

  #host(lane: () => Lane) {
    const pair = this;
    return {
      get breakPending() {
        return pair.#breakPending;
      },
      get segmentStartS() {
        return pair.#segment?.startS ?? 0;
      },
      cut(atS: number, kind: CutKind) {
        lane().writer.closeSegment();
        pair.#open(lane(), { ...kind, startS: atS, otherStartS: atS });
      },
      warn: (code: WarningCode, message: string) => pair.#warn(code, message),
    };
  }

  #warn(code: WarningCode, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#emit({ type: 'warning', code, message });
  }

  #setTrack(track: Track): void {
    const lane = track.kind === 'video' ? this.#video : this.#audio;
    const isOther = lane.track !== undefined && !isSameTrack(lane.track, track);
    if (isOther || lane.track === undefined) lane.track = track;
    lane.announced = true;
    if (isOther && (lane.writer.begun || lane.active)) this.#breakPending = true;
    // After a break, a track told again is a new source's, and what was sent before is not there.
    if (track.kind === 'video' && (isOther || this.#breakPending)) this.#skipsToKeyframe = true;
  }

  #break(): void {
    this.#breakPending = true;
    this.#resumes = true;
    if (this.#video.announced) this.#skipsToKeyframe = true;
  }

  /** Where both tracks were silent, neither has stopped. */
  #resume({ kind, dts }: Sample): void {
    this.#resumes = false;
    const atS = dts / timescaleOf(kind === 'video' ? this.#video : this.#audio);
    if (this.#leader !== 'video') return;
    const heardS = Math.max(this.#horizonS, this.#follower.latestS);
    if (atS - heardS <= this.#targets.partTarget) return;
    this.#resumedS = atS;
    if (this.#audio.active) this.#follower.resume();
  }

  #takeVideo(sample: Sample): void {
    const lane = this.#video;
    lane.announced = false;
    const atS = sample.dts / timescaleOf(lane);
    const isUseless = this.#skipsToKeyframe || this.#leader !== 'video';
    if (isUseless && !sample.keyframe) {
      this.#dropped();
      return;
    }
    this.#skipsToKeyframe = false;
    if (this.#leader !== 'video') this.#joinVideo(atS, sample.pts / timescaleOf(lane));
    lane.lead.take(sample, atS);
    if (!this.#audio.active) this.#follower.prune(this.#horizonS);
    else if (this.#horizonS - this.#audioHeardS > this.#patienceS) this.#stopAudio();
    this.#drain();
  }

  #takeAudio(sample: Sample): void {
    const lane = this.#audio;
    lane.announced = false;
    const { track } = lane;
    assert(track !== undefined, 'Cannot package audio: no track is known');
    this.#follower.push(sample, track);
    if (this.#leader === 'video') {
      const videoS = Math.max(this.#video.writer.stampS, this.#resumedS);
      const aheadS = this.#follower.latestS - videoS;
      if (aheadS > this.#patienceS || this.#follower.waiting > MAX_WAITING_SAMPLES) {
        this.#stopVideo();
      } else if (!lane.active && lane.writer.begun && aheadS > -this.#patienceS / 2) {
        this.#breakPending = true;
      }
    }
    const awaitsVideo = this.#segment === undefined && this.#targets.hasVideo;
    if (this.#leader === undefined && !awaitsVideo) this.#joinAudio();
    this.#drain();
  }

  /** How long, in seconds of media, a track may be behind the other before it counts as stopped. */
  get #patienceS(): number {
    return this.#targets.targetDuration;
  }

  /** All cuts before this time are known. */
  get #horizonS(): number {
    return this.#video.writer.newest === undefined
      ? Number.NEGATIVE_INFINITY
      : this.#video.writer.newestS;
  }

  get #audioHeardS(): number {
    return Math.max(this.#audioSinceS, this.#resumedS, this.#follower.latestS);
  }

  /** Writes the audio that can be written. */
  #drain(): void {
    const follower = this.#follower;
    follower.applyCuts();
    if (!this.#audio.active) return;
    for (;;) {
      if (this.#leader !== 'audio' || follower.hasCuts) {
        const horizonS = this.#leader === 'video' ? this.#horizonS : Number.POSITIVE_INFINITY;
        if (!follower.step(horizonS)) return;
        continue;
      }
      const next = follower.shift();
      if (next === undefined) return;
      const { sample, track } = next;
      if (track === this.#audio.track) this.#audio.lead.take(sample, sample.dts / track.timescale);
      else this.#dropped();
    }
  }

  #joinVideo(atS: number, presentedS: number): void {
    const audio = this.#audio.writer;
    const aheadS = this.#leader === 'audio' ? audio.expectedEndS : atS;
    const isFirst = this.#segment === undefined;
    const discontinuity =
      !isFirst && (this.#video.writer.begun || this.#breakPending || this.#leader === undefined);
    if (this.#leader === 'audio') this.#follower.applyCuts();
    this.#leader = 'video';
    this.#video.active = true;
    const otherStartS = Math.max(atS, aheadS);
    this.#open(this.#video, {
      startS: atS,
      otherStartS,
      presentedS,
      discontinuity,
      independent: true,
    });
  }

  /** Audio leads from its oldest waiting sample on, with no segment open. */
  #joinAudio(): void {
    const startS = this.#follower.oldestS;
    if (startS === undefined) return;
    const discontinuity = this.#segment !== undefined;
    this.#leader = 'audio';
    this.#audio.active = true;
    const at = { startS, otherStartS: startS, presentedS: startS };
    this.#open(this.#audio, { ...at, discontinuity, independent: true });
  }

  #stopVideo(): void {
    const { lead, writer } = this.#video;
    lead.layLast();
    const hadMedia = writer.closeSegment();
    this.#video.active = false;
    this.#video.missing = !hadMedia && writer.begun ? this.#segment : undefined;
    this.#leader = this.#audio.active ? 'audio' : undefined;
    this.#warn(
      'video_stopped',
      `No video came for ${this.#patienceS} s while audio went on. Check the encoder's video source.`,
    );
  }

  #stopAudio(): void {
    this.#audio.active = false;
    this.#audio.missing = this.#follower.stop();
    if (!this.#audio.writer.begun) return;
    this.#warn(
      'audio_stopped',
      `No audio came for ${this.#patienceS} s while video went on. Check the encoder's audio source.`,
    );
  }

  /** Begins the next segment with `lane` leading, and has the other one cut or missed. */
  #open(lane: Lane, at: Opening): void {
    const { startS, discontinuity } = at;
    for (const { writer, missing } of [this.#video, this.#audio]) {
      if (missing !== undefined) writer.gap(missing, at.otherStartS);
    }
    this.#video.missing = undefined;
    this.#audio.missing = undefined;
    if (discontinuity) this.#breakPending = false;
    if (!at.independent) this.#independent = false;
    const opening = { msn: (this.#segment?.msn ?? 0) + 1, startS, discontinuity };
    this.#segment = opening;
    const { presentedS, independent } = at;
    this.#emit({ type: 'cut', ...opening, presentedS, independent });
    lane.writer.begin(opening, trackOf(lane));
    const other = { ...opening, startS: at.otherStartS };
    if (lane === this.#audio) {
      this.#follower.lead(opening);
      if (this.#video.writer.begun) this.#video.missing = other;
    } else this.#openAudio(other);
  }

  #openAudio(opening: SegmentOpening): void {
    const lane = this.#audio;
    if (!lane.active && this.#audioMayJoin(opening)) {
      lane.active = true;
      this.#audioSinceS = opening.startS;
    }
    if (lane.active) this.#follower.cutSegment(opening, trackOf(lane));
    else if (lane.writer.begun) lane.missing = opening;
  }

  /** Audio that players know has a hole behind it, so it comes back with a discontinuity only. */
  #audioMayJoin(opening: SegmentOpening): boolean {
    if (this.#audio.track === undefined) return false;
    if (this.#audio.writer.begun) return opening.discontinuity && this.#follower.waiting > 0;
    return opening.msn === 1 || this.#follower.waiting > 0;
  }
}

function trackOf(lane: Lane): Track {
  assert(lane.track !== undefined, `Cannot package ${lane.kind}: no track is known`);
  return lane.track;
}

function timescaleOf(lane: Lane): number {
  return trackOf(lane).timescale;
}
