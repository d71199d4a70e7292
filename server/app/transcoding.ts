/** Gives broadcasts their ladder of qualities, as far as this machine holds it, and their stills. */
import type { Readable } from 'node:stream';
import type { Clock, Log } from '../base/index.ts';
import { type Broadcast, type Feed, freeRungName, MAX_RUNGS } from '../live/index.ts';
import type { VideoTrack } from '../media/index.ts';
import { targetDurationOf } from '../pipeline/packager/index.ts';
import { StillIntake, type ThumbnailShelves } from '../pipeline/thumbnails/index.ts';
import {
  type Capacity,
  coresOf,
  type EncodeJob,
  isTooLarge,
  LeadSwitch,
  parseLadder,
  pickRungs,
  type Rung,
  type RungProfile,
  rungsFor,
  surveyEncoders,
  Transcoder,
  type TranscoderReading,
} from '../pipeline/transcode/index.ts';
import { NO_LADDER } from './api/index.ts';

/** What transcoding needs of its owner. */
export interface TranscodingSettings {
  /** `auto` leaves out the rungs that the machine cannot hold at real time. */
  readonly mode: 'auto' | 'full';
  /** The ladder of a stream. */
  ladderOf(streamId: string): readonly RungProfile[];
  readonly ffmpegPath: string;
  /** Seconds. */
  readonly segmentDurationS: number;
  /** Finds out what the machine can do; undefined when FFmpeg does not run, or when aborted. */
  survey(signal: AbortSignal): Promise<Capacity | undefined>;
  readonly shelves: ThumbnailShelves;
  /** A fault of ours: nothing more will come of the stream's publisher. */
  failed(streamId: string): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How all transcoders together fare. */
export interface TranscodingTally {
  /** Broadcasts that are transcoded now, and those of them that were given up. */
  readonly running: number;
  readonly givenUp: number;
  readonly shedRungs: number;
  readonly restarts: ReadonlyMap<string, number>;
  readonly droppedSamples: number;
  /** The slowest of all: seconds that its output is behind, and seconds of media in a second. */
  readonly worstLagS: number;
  readonly worstSpeed: number;
}

/** One broadcast on its way through. */
interface Run {
  readonly broadcast: Broadcast;
  readonly source: Feed;
  readonly lead: LeadSwitch;
  readonly log: Log;
  transcoder: Transcoder | undefined;
  /** The present publisher sends several qualities itself. */
  sendsLadder: boolean;
  /** What our rungs are called, by their names in the ladder. */
  readonly names: Map<string, string>;
  /** The video that was asked about last. */
  track: VideoTrack | undefined;
  /** What is made of the source now, the best one first. */
  rungs: readonly Rung[];
  /** The source's own video has too few keyframes. */
  reencode: boolean;
  /** What it takes of the machine. */
  cores: number;
}

/** See the top of the file. */
export class Transcoding {
  readonly #settings: TranscodingSettings;
  readonly #runs = new Set<Run>();
  readonly #working = new Set<Promise<void>>();
  readonly #pastRestarts = new Map<string, number>();
  #pastDroppedSamples = 0;
  #faults = 0;
  /** Known before the first broadcast but on a first start. */
  #capacity: Capacity | undefined;

  readonly #closing = new AbortController();
  readonly #surveyed: Promise<Capacity | undefined>;

  constructor(settings: TranscodingSettings) {
    this.#settings = settings;
    this.#surveyed = settings.survey(this.#closing.signal);
    void this.#surveyed.then((capacity) => {
      this.#capacity = capacity;
    });
  }

  /** Resolves when it is known what the machine can do. */
  async surveyed(): Promise<void> {
    await this.#surveyed;
  }

  /** Transcoders that ended because of a fault of ours. */
  get faults(): number {
    return this.#faults;
  }

  /** See `TranscodingTally`. */
  get tally(): TranscodingTally {
    const readings = [...this.#runs].flatMap(({ transcoder }) =>
      transcoder === undefined ? [] : [transcoder.reading],
    );
    const restarts = new Map(this.#pastRestarts);
    for (const reading of readings) addTo(restarts, reading.restarts);
    const sum = (of: (reading: TranscoderReading) => number): number =>
      readings.reduce((total, reading) => total + of(reading), 0);
    return {
      running: readings.filter(({ state }) => state !== 'stopped').length,
      givenUp: readings.filter(({ state }) => state === 'passthrough').length,
      shedRungs: sum(({ shedRungs }) => shedRungs.length),
      restarts,
      droppedSamples: this.#pastDroppedSamples + sum((reading) => reading.droppedSamples),
      worstLagS: Math.max(0, ...readings.map(({ lagS }) => lagS)),
      worstSpeed: Math.min(1, ...readings.map(({ speed }) => speed ?? 1)),
    };
  }

  /** Qualities of the broadcast that were to be made and are not. */
  missingQualities({ id }: Broadcast): readonly string[] {
    const run = [...this.#runs].find(({ broadcast }) => broadcast.id === id);
    return run?.transcoder?.reading.missingRungs ?? [];
  }

  /** Begins with what a publisher sends into `source`; what is returned is to be packaged. */
  begin(broadcast: Broadcast, source: Feed): Feed {
    const { segmentDurationS } = this.#settings;
    const log = this.#settings.log.child({
      stream: broadcast.streamId,
      broadcast: broadcast.id,
    });
    const lead = new LeadSwitch({
      source,
      targetDuration: targetDurationOf(segmentDurationS),
      slotS: segmentDurationS,
      tooFewKeyframes: () => this.#reencode(run),
      publisherReplaced: () => this.#replaced(run),
    });
    const run: Run = {
      broadcast,
      source,
      lead,
      log,
      transcoder: undefined,
      sendsLadder: false,
      names: new Map(),
      track: undefined,
      rungs: [],
      reencode: false,
      cores: 0,
    };
    this.#watch(
      lead.run().catch((error: unknown) => {
        this.#fault(run, error);
        // Nothing hands on what the publisher sends any more.
        this.#settings.failed(broadcast.streamId);
      }),
    );
    this.#watch(this.#transcode(run).catch((error: unknown) => this.#fault(run, error)));
    return lead.program;
  }

  /** Resolves when the transcoders of sources that are closed have ended, and no FFmpeg runs. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#working, this.#surveyed]);
  }

  #watch(work: Promise<void>): void {
    this.#working.add(work);
    void work.finally(() => this.#working.delete(work));
  }

  async #transcode(run: Run): Promise<void> {
    const { ffmpegPath, clock, segmentDurationS } = this.#settings;
    // Without a wait where it is known: the first keyframe is about to come.
    const capacity = this.#capacity ?? (await this.#surveyed);
    if (capacity === undefined || run.source.closed) return;
    const transcoder = new Transcoder({
      source: run.source,
      jobFor: (track) => this.#jobFor(run, track, capacity),
      targetDuration: targetDurationOf(segmentDurationS),
      ffmpegPath,
      clock,
      log: run.log,
      stills: (small, posters, firstS) => this.#takeStills(run, { small, posters, firstS }),
    });
    run.transcoder = transcoder;
    this.#runs.add(run);
    try {
      await transcoder.run();
    } finally {
      this.#runs.delete(run);
      addTo(this.#pastRestarts, transcoder.reading.restarts);
      this.#pastDroppedSamples += transcoder.reading.droppedSamples;
    }
  }

  #jobFor(run: Run, track: VideoTrack, capacity: Capacity): EncodeJob {
    const { segmentDurationS, shelves } = this.#settings;
    const { broadcast, source } = run;
    // Another video may well have keyframes enough.
    if (run.track !== undefined && run.track !== track) run.reencode = false;
    run.track = track;
    run.cores = 0;
    run.sendsLadder = source.publisherRungs.size > 0;
    run.rungs = run.sendsLadder ? [] : named(run, this.#rungsFor(run, track, capacity));
    const leading = run.reencode ? run.rungs[0]?.name : undefined;
    run.lead.replaceWith(leading);
    const shelf = shelves.open(broadcast.streamId, broadcast.id, () => broadcast.zeroEpochMs);
    return {
      source: track,
      ...{ rungs: run.rungs, leading },
      keyframes: run.reencode ? { everyS: segmentDurationS } : 'source',
      family: capacity.family,
      thumbnails: isTooLarge(track) ? undefined : { everyS: shelf.intervalS },
    };
  }

  /** The rungs of `track` that are made, the best one first. */
  #rungsFor(run: Run, track: VideoTrack, { measure }: Capacity): readonly Rung[] {
    const { mode, ladderOf } = this.#settings;
    const ladder = ladderOf(run.broadcast.streamId);
    if (ladder.length === 0) return [];
    const rungs = rungsFor(ladder, track, { reencode: run.reencode });
    if (mode === 'full') return rungs;
    // A machine that is too slow to be measured holds none.
    if (measure === undefined) return [];
    const coresTaken = [...this.#runs].reduce((sum, { cores }) => sum + cores, 0);
    const held = pickRungs(measure, rungs, { source: track, coresTaken });
    // Stills alone are made of keyframes, and cost next to nothing.
    if (held.length > 0) run.cores = coresOf(measure, held, track);
    const left = rungs.filter((rung) => !held.includes(rung)).map(({ name }) => name);
    if (left.length > 0) run.log.info({ rungs: left }, 'machine too slow for some qualities');
    return held;
  }

  /** The publisher's video cannot be cut into segments: the best rung takes its place. */
  #reencode(run: Run): void {
    // Its rungs have no more keyframes than it has; the packager warns of it.
    if (run.source.publisherRungs.size > 0) return;
    run.reencode = true;
    run.transcoder?.renew();
    const advice = `Set the keyframe interval of your encoder to ${this.#settings.segmentDurationS} s.`;
    run.log.warn({ advice }, 'too few keyframes, so the video is encoded anew');
  }

  /** What the publisher before sent, and how, says nothing of what this one sends. */
  #replaced(run: Run): void {
    const sendsLadder = run.source.publisherRungs.size > 0;
    if (!run.reencode && run.sendsLadder === sendsLadder) return;
    run.reencode = false;
    run.transcoder?.renew();
  }

  #takeStills(
    run: Run,
    stills: { readonly small: Readable; readonly posters: Readable; readonly firstS: () => number },
  ): void {
    const { streamId, id } = run.broadcast;
    const shelf = this.#settings.shelves.open(streamId, id, () => run.broadcast.zeroEpochMs);
    const intake = new StillIntake(shelf, stills.firstS);
    let isBroken = false;
    const into = (take: (bytes: Uint8Array) => void) => (bytes: Uint8Array) => {
      if (isBroken) return;
      try {
        take(bytes);
      } catch (error) {
        // Its pipes are still read to their end, or the encoder would wait.
        isBroken = true;
        run.log.warn({ err: error }, 'stills given up');
      }
    };
    stills.small.on(
      'data',
      into((bytes) => intake.tileBytes(bytes)),
    );
    stills.posters.on(
      'data',
      into((bytes) => intake.posterBytes(bytes)),
    );
  }

  #fault(run: Run, error: unknown): void {
    this.#faults += 1;
    run.log.error({ err: error }, 'transcoding failed');
  }
}

/**
 * What this machine can encode and how much of it; undefined when it can encode nothing, which is
 * logged: broadcasts are then passed through.
 */
export async function surveyCapacity({
  log,
  ...request
}: {
  readonly ffmpegPath: string;
  readonly ladder: readonly RungProfile[];
  readonly dataDir: string;
  readonly isMeasured: boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
}): Promise<Capacity | undefined> {
  try {
    const { capacity } = await surveyEncoders(request);
    if (capacity === undefined) {
      const hint = 'install FFmpeg, or set FFMPEG_PATH to it, or TRANSCODE=off';
      log.warn({ program: request.ffmpegPath, hint }, 'no qualities without ffmpeg');
    } else {
      const { family, measure } = capacity;
      const measured = measure?.rungs.map(({ name }) => name);
      log.info({ encoders: family, measured }, 'qualities can be made');
    }
    return capacity;
  } catch (error) {
    if (request.signal.aborted) return undefined;
    log.error({ err: error }, 'encoder survey failed');
    return undefined;
  }
}

/** A stream's ladder as it is kept, or the server's; one that was kept is one that can be read. */
export function ladderFrom(
  kept: string | null | undefined,
  own: readonly RungProfile[],
): readonly RungProfile[] {
  if (kept === undefined || kept === null) return own;
  return kept === NO_LADDER ? [] : parseLadder(kept);
}

/** Rungs under names that are ours alone in the feed, as many as it may have. */
function named({ source, names, log }: Run, rungs: readonly Rung[]): readonly Rung[] {
  const taken = new Set([...source.rungs.keys(), ...names.values()]);
  return rungs.flatMap((rung) => {
    let name = names.get(rung.name);
    if (name === undefined && taken.size >= MAX_RUNGS) {
      log.warn({ rung: rung.name, most: MAX_RUNGS }, 'too many rungs for another');
      return [];
    }
    name ??= freeRungName(rung.name, (each) => taken.has(each));
    taken.add(name);
    names.set(rung.name, name);
    return [{ ...rung, name }];
  });
}

function addTo(total: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [reason, count] of counts) total.set(reason, (total.get(reason) ?? 0) + count);
}
