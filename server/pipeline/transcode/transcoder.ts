/**
 * Makes the rungs of a broadcast: reads its feed like every other reader, has FFmpeg encode the
 * video, and publishes what comes back as the feed's rungs. The source and its readers never wait
 * for any of it.
 *
 * Encoders take over from one another at a keyframe: the old one gets what comes before it and
 * finishes, the new one gets what comes from it on, and is heard when the old one has ended. Where
 * keyframes are of the encoders' own making, it is one of those, and the new one decodes the source
 * from its last keyframe on. So a change of source or ladder loses nothing; neither does a crash,
 * unless it lasts for two of the source's GOPs: the next encoder goes on where the last one ended.
 */
import { assert, type Cancel } from '../../base/index.ts';
import type { FeedCursor } from '../../live/index.ts';
import {
  isSameTrack,
  type MediaEvent,
  type Sample,
  type Ticks,
  type VideoTrack,
} from '../../media/index.ts';
import { type EncodeJob, narrowJob } from './encode-arguments.ts';
import { EncodeSession } from './encode-session.ts';
import { type EncoderEnd, type ProcessHost, systemHost } from './encoder-process.ts';
import { nextKeyframeSlot } from './keyframe-slot.ts';
import { namesByCost } from './ladder-cost.ts';
import { Relay } from './relay.ts';
import { ReplayGop } from './replay-gop.ts';
import { planReplay } from './replay-plan.ts';
import { StartLimit } from './start-limit.ts';
import { type RestartReason, Supervisor, type SupervisorAction } from './supervisor.ts';
import type { TranscoderReading, TranscoderSettings } from './transcoder-settings.ts';

/** How often the supervisor looks. */
const TICK_MS = 500;
/** How long an encoder whose input has ended may take for what it still has. */
const FINISH_PATIENCE_MS = 3_000;

/** Why a feed's cursor skips, where what is missing is missing here alone. */
const READER_FELL_BEHIND = 'reader_fell_behind';

/** See the top of the file. */
export class Transcoder {
  readonly #settings: TranscoderSettings & { readonly host: ProcessHost };
  readonly #supervisor: Supervisor;
  readonly #cursor: FeedCursor;
  readonly #relay: Relay;
  readonly #gop = new ReplayGop();
  readonly #starts = new StartLimit();
  /** The one that is fed. */
  #current: EncodeSession | undefined;
  /** Started already, and fed from the next keyframe on, or from `atPts` on. */
  #next: { readonly session: EncodeSession; readonly atPts: Ticks | undefined } | undefined;
  #track: VideoTrack | undefined;
  #job: EncodeJob | undefined;
  /** The source became another: there is no encoder for what comes before its first keyframe. */
  #isOther = false;
  /** The source was broken off and joined: another encoder takes over at the next keyframe. */
  #isJoined = false;
  /** Something of the source was not encoded; true in the meantime as well. */
  #isIncomplete = false;
  #newestPts = Number.NEGATIVE_INFINITY;
  #cancelTick: Cancel | undefined;
  #isEnding = false;
  readonly #done = Promise.withResolvers<void>();

  constructor(settings: TranscoderSettings) {
    this.#settings = { host: systemHost, ...settings };
    this.#supervisor = new Supervisor(settings.targetDuration);
    this.#relay = new Relay(settings.source);
    this.#cursor = settings.source.read();
  }

  /**
   * Works until the source is closed and what it sent is encoded, or `stop`; then the rungs are
   * closed. Rejects with a fault of ours, after every encoder has been ended.
   */
  async run(): Promise<void> {
    this.#tick();
    void this.#read();
    try {
      await this.#done.promise;
    } finally {
      this.#cancelTick?.();
      this.#cursor.close();
      this.#next?.session.kill();
      this.#relay.close();
    }
  }

  /** Ends the work before the source does. */
  stop(): void {
    this.#guard(() => this.#finish());
  }

  /** Asks again what is to be made of the source, because the answer has become another. */
  renew(): void {
    this.#guard(() => {
      const track = this.#track;
      // Where no keyframe has come since, the first one asks.
      if (track === undefined || this.#job === undefined) return;
      const before = this.#current;
      this.#adopt(track);
      const runsOn = before !== undefined && before === this.#current;
      if (runsOn && this.#supervisor.state === 'running') this.#prepare(this.#supervisor.rungs);
    });
  }

  /** See `TranscoderReading`. */
  get reading(): TranscoderReading {
    const { state, restarts, shed: shedRungs, missing: missingRungs } = this.#supervisor;
    const { discontinuities } = this.#relay;
    const droppedSamples = this.#relay.droppedSamples + this.#cursor.skippedSamples;
    const lag = this.#supervisor.reading(this.#nowMs());
    const counts = { restarts, droppedSamples, discontinuities, shedRungs, missingRungs };
    return { state, ...counts, encoderPid: this.#current?.pid, ...lag };
  }

  async #read(): Promise<void> {
    const { source } = this.#settings;
    while (!this.#isEnding) {
      const changed = source.changed.next();
      this.#guard(() => {
        for (let event = this.#cursor.take(); event !== undefined; event = this.#cursor.take()) {
          this.#take(event);
        }
        if (source.closed) this.#finish();
      });
      if (!source.closed) await changed;
    }
  }

  #take(event: MediaEvent): void {
    if (event.type === 'sample') {
      if (event.sample.kind === 'video') this.#sample(event.sample);
    } else if (event.type === 'discontinuity') {
      // Decode times go on: the encoder may have what still refers to what it knows.
      this.#isJoined = true;
      if (event.reason === READER_FELL_BEHIND) this.#isIncomplete = true;
    } else if (event.track.kind === 'video') {
      const known = this.#track;
      if (known === undefined || !isSameTrack(known, event.track)) this.#change(event.track);
    }
  }

  /** What comes until the next keyframe belongs to nothing an encoder has. */
  #change(track: VideoTrack): void {
    this.#track = track;
    this.#job = undefined;
    this.#isOther = true;
    this.#leave();
  }

  /** Nothing more is fed until the source goes on. */
  #leave(): void {
    this.#gop.clear();
    this.#finishCurrent();
    this.#dropNext();
    this.#supervisor.began(this.#nowMs());
  }

  #sample(sample: Sample): void {
    const track = this.#track;
    if (track === undefined) return;
    const isNew = sample.keyframe && (this.#isOther || this.#isJoined);
    if (isNew && this.#goesOn(sample.pts)) this.#goOn(track);
    else if (this.#next !== undefined) {
      const { atPts } = this.#next;
      // What is shown before then is decoded before then, and has come.
      if (atPts === undefined ? sample.keyframe : sample.dts >= atPts) this.#handOver(sample.pts);
    }
    if (this.#isOther) {
      this.#isIncomplete = true;
      return;
    }
    this.#gop.push(sample);
    this.#newestPts = Math.max(this.#newestPts, sample.pts);
    const current = this.#current;
    if (current === undefined) return;
    current.feed(sample);
    // What is waited for is the output of the next one, once there is one.
    if (this.#next !== undefined || !current.owesOutput) return;
    this.#supervisor.input(this.#nowMs(), sample.pts / track.timescale);
  }

  /**
   * Whether a source that is new, or new again, begins with its keyframe at `pts`. If not, a later
   * one is tried, and until then the encoder that runs has to do where the picture is the same.
   */
  #goesOn(pts: Ticks): boolean {
    const mayStart = this.#starts.allows(this.#nowMs());
    if (this.#isOther && !mayStart) return false;
    if (this.#isIncomplete) this.#relay.interrupt('source_lost', pts);
    this.#isIncomplete = false;
    return mayStart;
  }

  #goOn(track: VideoTrack): void {
    if (!this.#isOther) this.#leave();
    this.#isOther = false;
    this.#isJoined = false;
    if (this.#job === undefined) {
      this.#supervisor.reset();
      this.#adopt(track);
    }
    if (this.#supervisor.state === 'running' && this.#current === undefined) {
      this.#supervisor.began(this.#nowMs());
      this.#become(this.#open(this.#supervisor.rungs));
    }
  }

  /** Takes up what is to be made of `track`; encoders that run stay as they are. */
  #adopt(track: VideoTrack): void {
    const { jobFor, source, log } = this.#settings;
    const job = jobFor(track);
    this.#job = job;
    const ladder = namesByCost(job);
    if ((ladder.length === 0 && job.thumbnails === undefined) || source.closed) {
      this.#supervisor.stop();
      this.#rest();
      return;
    }
    this.#relay.open(ladder);
    log.info({ width: track.width, height: track.height, rungs: ladder }, 'transcoding');
    const how = this.#supervisor.state === 'stopped' ? 'start' : 'ladder';
    this.#apply(this.#supervisor[how](this.#nowMs(), ladder));
  }

  /** Starts the encoder that takes over as soon as it can. */
  #prepare(rungs: readonly string[]): void {
    this.#dropNext();
    const session = this.#open(rungs);
    const job = this.#job;
    const canReplay = job !== undefined && this.#gop.samples.length > 0;
    const atPts = canReplay ? nextKeyframeSlot(job, this.#newestPts) : undefined;
    if (atPts !== undefined) {
      this.#current?.limit({ untilPts: atPts });
      session.limit({ fromPts: atPts });
    }
    this.#next = { session, atPts };
  }

  #handOver(pts: Ticks): void {
    const next = this.#next;
    assert(next !== undefined, 'an encoder takes over when there is one');
    this.#next = undefined;
    const before = this.#current?.rungs ?? [];
    this.#finishCurrent();
    const { session, atPts = pts } = next;
    const shed = before.filter((rung) => !session.rungs.includes(rung));
    this.#relay.hole(shed, 'rung_shed', atPts);
    this.#become(session);
    if (next.atPts === undefined) return;
    const gop = this.#gop.samples;
    // Too long a time without a keyframe: it begins at the next one.
    if (gop.length === 0) this.#relay.hole(session.rungs, 'encoder_late', atPts);
    session.replay(gop);
  }

  #apply(actions: readonly SupervisorAction[]): void {
    const { log } = this.#settings;
    for (const action of actions) {
      if ('reason' in action && action.reason === 'give_back') {
        log.info({ rungs: action.rungs }, 'machine less busy, more qualities');
      }
      if (action.type === 'launch') this.#launch(action.rungs);
      else if (action.type === 'replace') this.#replace(action.rungs, action.reason);
      else if (action.type === 'kill') {
        log.warn({ pid: this.#current?.pid }, 'encoder hangs');
        this.#current?.kill();
      } else {
        const restarts = Object.fromEntries(this.#supervisor.restarts);
        log.error({ restarts }, 'transcoding given up');
      }
    }
  }

  #launch(rungs: readonly string[]): void {
    // Started when it is known what the source goes on as.
    if (this.#isOther) return;
    const known = { relay: this.#relay, gop: this.#gop, keyframes: this.#job?.keyframes };
    const { samples, madeUntil } = planReplay(rungs, known);
    const session = this.#open(rungs, madeUntil);
    if (madeUntil !== undefined) this.#relay.mend(rungs);
    this.#become(session);
    session.replay(samples);
  }

  #replace(rungs: readonly string[], reason: RestartReason): void {
    const { log } = this.#settings;
    if (reason === 'shed') log.warn({ left: rungs }, 'machine too busy, fewer qualities for now');
    if (rungs.length === 0) this.#rest();
    else this.#prepare(rungs);
  }

  /** No encoder runs from here on. */
  #rest(): void {
    this.#dropNext();
    this.#relay.hole(this.#current?.rungs ?? [], 'rung_shed', this.#newestPts + 1);
    this.#finishCurrent();
  }

  /** `madeUntil`: see `EncodeJob`. */
  #open(rungs: readonly string[], madeUntil?: EncodeJob['madeUntil']): EncodeSession {
    const whole = this.#job;
    assert(whole !== undefined, 'an encoder has a job');
    const job = narrowJob(whole, rungs, madeUntil);
    const session: EncodeSession = new EncodeSession({
      ...this.#settings,
      job,
      observer: {
        event: (event) => this.#guard(() => this.#relay.publish(event)),
        progress: (rung, mediaS) => {
          const newest = this.#next?.session ?? this.#current;
          if (session === newest) this.#supervisor.output(rung, mediaS);
        },
        hole: (pts) => this.#relay.hole(rungs, 'encoder_behind', pts),
        overflow: () => this.#relay.killFirst(),
        failed: (error) => this.#fail(error),
        ended: (end) => this.#guard(() => this.#ended(session, end)),
      },
    });
    this.#starts.started(this.#nowMs());
    const [small, posters] = session.stills;
    if (small !== undefined && posters !== undefined) {
      this.#settings.stills(small, posters, () => session.firstS ?? 0);
    }
    return session;
  }

  /** `session` is fed from now on, and heard when those before it have ended. */
  #become(session: EncodeSession): void {
    this.#current = session;
    this.#relay.add(session);
  }

  #finishCurrent(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.finish(FINISH_PATIENCE_MS);
  }

  #dropNext(): void {
    this.#next?.session.kill();
    this.#next = undefined;
  }

  #ended(session: EncodeSession, end: EncoderEnd): void {
    this.#starts.ended();
    this.#relay.settle();
    if (this.#isEnding && this.#starts.running === 0) this.#done.resolve();
    const isNext = session === this.#next?.session;
    if (session !== this.#current && !isNext) return;
    if (isNext) {
      this.#next = undefined;
      this.#relay.interrupt('encoder_ended', this.#newestPts + 1);
      this.#finishCurrent();
    }
    this.#current = undefined;
    this.#dropNext();
    const { wasStarted: _, ...how } = end;
    this.#settings.log.warn(how, 'encoder ended');
    this.#apply(this.#supervisor.exit(this.#nowMs()));
  }

  #tick(): void {
    this.#cancelTick = this.#settings.clock.after(TICK_MS, () => {
      this.#guard(() => this.#apply(this.#supervisor.tick(this.#nowMs())));
      this.#tick();
    });
  }

  #finish(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#supervisor.stop();
    this.#dropNext();
    this.#finishCurrent();
    if (this.#starts.running === 0) this.#done.resolve();
  }

  /** A fault ends the transcoder, and it alone. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#isEnding = true;
    this.#supervisor.stop();
    this.#done.reject(error);
  }

  #nowMs(): number {
    return this.#settings.clock.monotonicMs();
  }
}
