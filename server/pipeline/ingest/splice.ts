/**
 * Joins the media of publishers that follow each other on one broadcast into one timeline: the
 * next one's first sample comes after the last one's end, behind a `discontinuity`; right after it,
 * or where the clock is, so that media time stays in step with that however often it happens.
 */
import { PUBLISHER_REPLACED } from '../../live/index.ts';
import type { MediaEvent, Track, VideoTrack } from '../../media/index.ts';

const LIKELY_FRAME_RATE = 30;
/** Less than that behind the clock is jitter, and the encoder's start: there is no hole. Seconds. */
const LEAST_HOLE_S = 1;

interface TrackEnd {
  track: Track;
  /** Where the track's newest sample ends, in ticks. */
  endTicks: number;
  /** Duration of its newest sample, in ticks; the best guess for the next one. */
  stepTicks: number;
  newestDts: number | undefined;
}

/** See the top of the file. */
export class Splice {
  /** By kind, and by name for rungs. */
  readonly #ends = new Map<string, TrackEnd>();
  #offsetS = 0;
  #joining = false;

  /** Where what was pushed ends, in seconds. */
  get endS(): number {
    let latestS = this.#offsetS;
    for (const { track, endTicks } of this.#ends.values()) {
      latestS = Math.max(latestS, endTicks / track.timescale);
    }
    return latestS;
  }

  /**
   * The events that follow come from another publisher, whose own time starts anew: after the end
   * of what came before, which would be at `clockS` seconds if nobody had been silent.
   */
  nextSource(clockS = 0): void {
    if (this.#ends.size === 0) return;
    this.#joining = true;
    const { endS } = this;
    this.#offsetS = clockS - endS < LEAST_HOLE_S ? endS : clockS;
    for (const end of this.#ends.values()) end.newestDts = undefined;
  }

  /** `event` as it belongs on the joined timeline. */
  push(event: MediaEvent): MediaEvent[] {
    if (event.type === 'discontinuity') return [event];
    const { kind } = event.type === 'track' ? event.track : event.sample;
    const moved = this.#move(kind, event);
    const end = this.#ends.get(kind);
    if (moved.type === 'sample' && end !== undefined) this.#advance(end, moved.sample.dts);
    if (event.type !== 'sample' || !this.#joining) return [moved];
    this.#joining = false;
    return [{ type: 'discontinuity', reason: PUBLISHER_REPLACED }, moved];
  }

  /**
   * An event of rung `name` as it belongs there: moved as the leading tracks are, whose
   * discontinuity at the joint is the rung's too. The next source begins after its last picture,
   * which a rung that alone has B-frames shows after the leading tracks have ended.
   */
  pushRung(name: string, event: MediaEvent): MediaEvent {
    const moved = this.#move(name, event);
    const end = this.#ends.get(name);
    if (moved.type === 'sample' && end !== undefined) {
      end.endTicks = Math.max(end.endTicks, moved.sample.pts + 1);
    }
    return moved;
  }

  #move(lane: string, event: MediaEvent): MediaEvent {
    if (event.type === 'track') this.#track(lane, event.track);
    if (event.type !== 'sample') return event;
    const { sample } = event;
    const end = this.#ends.get(lane);
    if (end === undefined) return event;
    const offset = Math.round(this.#offsetS * end.track.timescale);
    if (offset === 0) return event;
    const [dts, pts] = [sample.dts + offset, sample.pts + offset];
    return { type: 'sample', sample: { ...sample, dts, pts } };
  }

  #track(lane: string, track: Track): void {
    const end = this.#ends.get(lane);
    const stepTicks = track.kind === 'audio' ? track.frameTicks : likelyFrameTicks(track);
    if (end === undefined || end.track.timescale !== track.timescale) {
      this.#ends.set(lane, { track, endTicks: 0, stepTicks, newestDts: undefined });
    } else {
      end.track = track;
    }
  }

  #advance(end: TrackEnd, dts: number): void {
    if (end.track.kind === 'audio') end.stepTicks = end.track.frameTicks;
    else if (end.newestDts !== undefined) end.stepTicks = dts - end.newestDts;
    end.newestDts = dts;
    end.endTicks = dts + end.stepTicks;
  }
}

/** A publisher that is replaced after one frame has not shown how long its frames last. */
function likelyFrameTicks({ timescale, frameRate }: VideoTrack): number {
  return Math.ceil(timescale / Math.max(frameRate ?? LIKELY_FRAME_RATE, 1));
}
