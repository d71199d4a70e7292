/**
 * Streams that transcoders feed over HTTP. Every change happens in memory at once and in order;
 * its answer waits until the journal has it, so that what is acknowledged survives `kill -9`.
 */
import type { Refusal } from '../../../contract/index.ts';
import { assert, type Clock, type Log } from '../../base/index.ts';
import type {
  PartRegistration,
  Passed,
  Presentation,
  Registered,
  RenditionAttributes,
  SegmentRegistration,
} from '../../live/index.ts';
import type { Journal } from '../../store/journal/index.ts';
import { Deadlines } from './deadlines.ts';
import { JournalKeeper } from './journal-keeper.ts';
import {
  MAX_RENDITIONS,
  type OrchestratedRendition,
  type OrchestratedStream,
  type StreamDefaults,
} from './orchestrated-stream.ts';
import type { JournalRecord, StreamSettings } from './record.ts';
import { Replay } from './replay.ts';
import { MAX_STREAMS, StreamShelf } from './stream-shelf.ts';
import { type OrchestratedStreamView, viewOf } from './view.ts';

/** A live stream that nothing was registered of for so long may be ended to make room. */
export const SILENT_MS = 24 * 3_600_000;

/** What an orchestrator needs of its owner. */
export interface OrchestratorSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly defaults: StreamDefaults;
  /** A stream is forgotten to make room: whatever is remembered of its addresses is void. */
  readonly evicted?: (streamId: string) => void;
}

/** What happened since the start; only grows. */
export interface OrchestratorCounters {
  segmentsRegistered: number;
  partsRegistered: number;
  duplicates: number;
  late: number;
  /** Refusals because the number was taken by other content. */
  conflicts: number;
  /** All refusals, conflicts included. */
  refusals: number;
  /** Undeclared targets that had to rise. */
  targetRises: number;
  gapsPublished: number;
  /** Segments that were listed without all of their parts. */
  closedShort: number;
  streamsEnded: number;
  streamsEvicted: number;
  /** Answers that could not be given because the journal could not be written. */
  journalFailures: number;
}

/** See the top of the file. */
export class Orchestrator {
  readonly counters: OrchestratorCounters = {
    segmentsRegistered: 0,
    partsRegistered: 0,
    duplicates: 0,
    late: 0,
    conflicts: 0,
    refusals: 0,
    targetRises: 0,
    gapsPublished: 0,
    closedShort: 0,
    streamsEnded: 0,
    streamsEvicted: 0,
    journalFailures: 0,
  };
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #evicted: (streamId: string) => void;
  readonly #journal: Journal;
  readonly #keeper: JournalKeeper;
  readonly #streams: StreamShelf;
  readonly #deadlines: Deadlines;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor({ clock, log, journal, defaults, evicted }: OrchestratorSettings) {
    this.#clock = clock;
    this.#log = log;
    this.#evicted = evicted ?? (() => {});
    this.#journal = journal;
    this.#streams = new StreamShelf(defaults);
    const snapshots = (): Iterable<JournalRecord> => this.#streams.snapshots();
    this.#keeper = new JournalKeeper({ journal, clock, log, snapshots });
    const due = (rendition: OrchestratedRendition, nowMs: number): void => {
      const risesBefore = rendition.rendition.timeline.targetRises;
      this.#noteSettling(rendition, () => {
        this.#passed(rendition, rendition.sequencer.tick(nowMs));
      });
      this.#noteRises(rendition, risesBefore);
    };
    this.#deadlines = new Deadlines({ clock, log, due });
  }

  /** Streams that have not ended. */
  get activeStreams(): number {
    return this.#streams.active;
  }

  /** Takes up everything that was kept. Once, before anything else. */
  async recover(): Promise<void> {
    assert(this.#state === 'new', 'an orchestrator recovers once');
    const startedMs = this.#clock.monotonicMs();
    const replay = new Replay(this.#streams, this.#log, startedMs);
    const recovery = await this.#journal.recover((bytes) => replay.apply(bytes));
    for (const stream of this.#streams.all()) {
      stream.heardMs = startedMs;
      for (const rendition of stream.renditions.values()) this.#deadlines.watch(rendition);
    }
    this.#state = 'open';
    const { records, sizeBytes, tornBytes, corruption } = recovery;
    if (tornBytes > 0) this.#log.warn({ tornBytes }, 'journal had a torn last record');
    if (corruption !== undefined) this.#log.error({ ...corruption }, 'journal is damaged');
    const tookMs = Math.round(this.#clock.monotonicMs() - startedMs);
    const { skipped } = replay;
    const streams = this.#streams.size;
    this.#log.info({ streams, records, skipped, sizeBytes, tookMs }, 'journal recovered');
  }

  /** Registers a segment; stream and rendition are made on first sight. */
  registerSegment(
    stream: string,
    rendition: string,
    segment: SegmentRegistration,
  ): Promise<Registered | Refusal> {
    return this.#register(stream, rendition, (into) => {
      const answer = into.sequencer.register(segment, this.#clock.monotonicMs());
      if ('refused' in answer || answer.status !== 'created') return answer;
      this.counters.segmentsRegistered += 1;
      this.#keeper.append({ kind: 'segment', stream, rendition, segment });
      return answer;
    });
  }

  /** Registers a part; stream and rendition are made on first sight. */
  registerPart(
    stream: string,
    rendition: string,
    part: PartRegistration,
  ): Promise<Registered | Refusal> {
    return this.#register(stream, rendition, (into) => {
      const answer = into.sequencer.registerPart(part, this.#clock.monotonicMs());
      if ('refused' in answer || answer.status !== 'created') return answer;
      this.counters.partsRegistered += 1;
      this.#keeper.append({ kind: 'part', stream, rendition, part });
      return answer;
    });
  }

  /** Adds to what is declared of a stream, which is made on first sight. */
  async declareStream(
    id: string,
    settings: StreamSettings,
  ): Promise<OrchestratedStreamView | Refusal> {
    const stream = this.#writable(id);
    if ('refused' in stream) return this.#refused(stream);
    const fixed = fixedTarget(stream, settings);
    if (fixed !== undefined) return this.#refused(fixed);
    stream.declare(settings);
    this.#keeper.append({ kind: 'declared', stream: id, settings });
    for (const rendition of stream.renditions.values()) this.#deadlines.watch(rendition);
    return this.#kept(viewOf(stream));
  }

  /** Says what the multivariant playlist tells of a rendition, which is made on first sight. */
  async declareRendition(
    id: string,
    rendition: string,
    attributes: RenditionAttributes,
  ): Promise<OrchestratedStreamView | Refusal> {
    const stream = this.#writable(id, rendition);
    if ('refused' in stream) return this.#refused(stream);
    stream.describe(rendition, attributes);
    this.#keeper.append({ kind: 'described', stream: id, rendition, attributes });
    return this.#kept(viewOf(stream));
  }

  /** Ends a stream for ever. Idempotent. */
  async end(id: string): Promise<OrchestratedStreamView | Refusal> {
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#refused(unknownStream(id));
    const barred = this.#barred();
    if (barred !== undefined) return this.#refused(barred);
    if (!stream.ended) this.#end(stream);
    return this.#kept(viewOf(stream));
  }

  /** Where a stream stands. */
  view(id: string): OrchestratedStreamView | Refusal {
    const stream = this.#streams.get(id);
    return stream === undefined ? unknownStream(id) : viewOf(stream);
  }

  /** Where streams stand, in the order of their ids: at most `limit`, those behind `after`. */
  views({ after = '', limit = MAX_STREAMS } = {}): readonly OrchestratedStreamView[] {
    return this.#streams.page(after, limit).map(viewOf);
  }

  /** What delivery shows of a stream. */
  presentation(streamId: string): Presentation | undefined {
    return this.#streams.get(streamId)?.presentation;
  }

  /** A playlist of the rendition is being served: its start may not move back from now on. */
  served(streamId: string, rendition: string): void {
    const known = this.#streams.get(streamId)?.renditions.get(rendition);
    if (known === undefined || known.sequencer.settled || this.#state !== 'open') return;
    this.#noteSettling(known, () => known.sequencer.served());
  }

  /** Takes no more, writes what is left, and lets go of the journal. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.#deadlines.stop();
    await this.#keeper.close();
  }

  async #register(
    id: string,
    name: string,
    register: (into: OrchestratedRendition) => Registered | Refusal,
  ): Promise<Registered | Refusal> {
    const stream = this.#writable(id, name);
    if ('refused' in stream) return this.#refused(stream);
    const rendition = stream.rendition(name);
    const risesBefore = rendition.rendition.timeline.targetRises;
    const answer = this.#noteSettling(rendition, () => register(rendition));
    if ('refused' in answer) return this.#refused(answer);
    if (answer.status === 'duplicate') this.counters.duplicates += 1;
    if (answer.status === 'late') this.counters.late += 1;
    this.#noteRises(rendition, risesBefore);
    this.#deadlines.watch(rendition);
    return this.#kept(answer);
  }

  /** The stream if it may be changed, made on first sight. */
  #writable(id: string, rendition?: string): OrchestratedStream | Refusal {
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    const known = this.#streams.get(id);
    if (known?.ended === true) {
      return { refused: 'stream_ended', detail: `Cannot change stream ${id}: it has ended` };
    }
    if (rendition !== undefined && known?.hasRoomFor(rendition) === false) {
      const detail = `Cannot add rendition ${rendition} to stream ${id}: it has ${MAX_RENDITIONS}`;
      return { refused: 'too_many_renditions', detail };
    }
    const stream = known ?? this.#create(id);
    if (!('refused' in stream)) stream.heardMs = this.#clock.monotonicMs();
    return stream;
  }

  #create(id: string): OrchestratedStream | Refusal {
    if (this.#streams.size >= MAX_STREAMS) {
      const oldest = this.#streams.evictOldestEnded() ?? this.#evictSilent();
      if (oldest === undefined) {
        const detail = `Cannot make stream ${id}: ${MAX_STREAMS} streams are live, end some`;
        return { refused: 'too_many_streams', detail };
      }
      this.counters.streamsEvicted += 1;
      this.#keeper.append({ kind: 'evicted', stream: oldest.id });
      this.#log.info({ streamId: oldest.id }, 'ended stream forgotten to make room');
      this.#evicted(oldest.id);
    }
    this.#log.info({ streamId: id }, 'stream created');
    const stream = this.#streams.create(id);
    const { defaultWindowSize } = stream;
    this.#keeper.append({ kind: 'created', stream: id, defaultWindowSize });
    return stream;
  }

  /** Transcoders that are gone for good end nothing: without this a server would be full one day. */
  #evictSilent(): OrchestratedStream | undefined {
    const silent = this.#streams.longestSilent(this.#clock.monotonicMs() - SILENT_MS);
    if (silent === undefined) return undefined;
    this.#log.warn({ streamId: silent.id }, 'stream that nobody ended is ended to make room');
    this.#end(silent);
    return this.#streams.evictOldestEnded();
  }

  #end(stream: OrchestratedStream): void {
    const nowMs = this.#clock.monotonicMs();
    for (const rendition of stream.renditions.values()) {
      this.#count(rendition, rendition.sequencer.end(nowMs));
      this.#deadlines.watch(rendition);
    }
    this.#streams.end(stream);
    this.counters.streamsEnded += 1;
    this.#keeper.append({ kind: 'ended', stream: stream.id });
    this.#log.info({ streamId: stream.id }, 'stream ended');
  }

  #barred(): Refusal | undefined {
    if (this.#state !== 'open') {
      return { refused: 'shutting_down', detail: 'Cannot change streams: the server is stopping' };
    }
    return this.#keeper.hasRoom ? undefined : NOT_KEPT;
  }

  /** An answer, once all that it tells of is kept. */
  async #kept<T extends object>(answer: T): Promise<T | Refusal> {
    if (await this.#keeper.kept()) return answer;
    this.counters.journalFailures += 1;
    return NOT_KEPT;
  }

  #refused(refusal: Refusal): Refusal {
    this.counters.refusals += 1;
    const { refused } = refusal;
    if (refused === 'segment_conflict' || refused === 'part_conflict') this.counters.conflicts += 1;
    return refusal;
  }

  #passed(rendition: OrchestratedRendition, passed: Passed | undefined): void {
    if (passed === undefined) return;
    this.#keeper.append({
      kind: 'passed',
      stream: rendition.streamId,
      rendition: rendition.rendition.name,
      upTo: passed.upTo,
    });
    this.#count(rendition, passed);
  }

  #count({ streamId, rendition }: OrchestratedRendition, passed: Passed | undefined): void {
    if (passed === undefined) return;
    this.counters.gapsPublished += passed.gaps;
    this.counters.closedShort += passed.closedShort;
    const fields = { streamId, rendition: rendition.name, ...passed };
    this.#log.warn(fields, 'missing segments or parts given up');
  }

  /** A start that settles in `work`, also by its age, stays settled: a replay knows no time. */
  #noteSettling<T>({ streamId, rendition, sequencer }: OrchestratedRendition, work: () => T): T {
    const wasSettled = sequencer.settled;
    const result = work();
    if (sequencer.settled && !wasSettled) {
      this.#keeper.append({ kind: 'served', stream: streamId, rendition: rendition.name });
    }
    return result;
  }

  #noteRises({ streamId, rendition }: OrchestratedRendition, before: number): void {
    const { targetRises, targetDuration, partTarget } = rendition.timeline;
    if (targetRises <= before) return;
    this.counters.targetRises += targetRises - before;
    const fields = { streamId, rendition: rendition.name, targetDuration, partTarget };
    this.#log.warn(fields, 'undeclared target had to rise');
  }
}

const NOT_KEPT: Refusal = {
  refused: 'journal_write_failed',
  detail: 'Cannot keep the change: the journal could not be written. Send it again',
};

function unknownStream(id: string): Refusal {
  return { refused: 'stream_not_found', detail: `Cannot find stream ${id}: it was never made` };
}

/** Why a target cannot be declared so; undefined when it can. */
function fixedTarget(stream: OrchestratedStream, settings: StreamSettings): Refusal | undefined {
  if (!stream.started) return undefined;
  for (const name of ['targetDuration', 'partTarget'] as const) {
    const wanted = settings[name];
    const fixed = stream.settings[name];
    if (wanted === undefined || wanted === fixed) continue;
    const why = `it is ${fixed === undefined ? 'undeclared' : `${fixed} s`} since the first segment`;
    const detail = `Cannot declare ${name} of ${wanted} s for stream ${stream.id}: ${why}`;
    return { refused: 'target_is_fixed', detail };
  }
  return undefined;
}
