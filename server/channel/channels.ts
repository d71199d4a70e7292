/**
 * The streams: what they are, who may publish to them, and which are live. The database is the
 * truth about all of it but the present: what is on air is known in memory at once and written
 * behind. Each change is one transaction with the event and the audit entry that tell of it.
 */
import type { HealthChange, Refusal } from '../../contract/index.ts';
import { assert, base32, type Clock, type Log } from '../base/index.ts';
import type { Actor, Database, Databases, Queryable } from '../store/sql/index.ts';
import {
  Admission,
  type CutPublisher,
  type PublishAttempt,
  type PublishGrant,
} from './admission.ts';
import { insertKey } from './key-table.ts';
import { type IssuedStreamKey, Keyring, unknownStream } from './keyring.ts';
import { LiveStreams } from './live-streams.ts';
import { NodePulse } from './node-pulse.ts';
import {
  type BroadcastRecord,
  isOnAir,
  newStream,
  type Stream,
  type StreamDraft,
} from './stream.ts';
import { changeStream, refusePastStart, type StreamUpdate, tellChange } from './stream-changes.ts';
import type { StreamKeys } from './stream-key.ts';
import { listStreams, type StreamFilter, type StreamPage } from './stream-list.ts';
import { refuseBarredOwner } from './stream-owner.ts';
import {
  countStreams,
  deleteStream,
  findStream,
  insertStream,
  lockStream,
} from './stream-table.ts';
import { tellingDatabase } from './telling-database.ts';
import { WriteQueue } from './write-queue.ts';

/** Streams of one broadcaster. */
const DEFAULT_MAX_STREAMS = 10_000;
/** How long a broadcast that was started by request waits for its encoder. */
const DEFAULT_RECONNECT_WINDOW_MS = 60_000;
/** Encoders that were cut off come back by themselves within this, also where none is waited for. */
const LEAST_RETURN_MS = 60_000;
/** Encoders have given up on a server that was away for longer. */
const LONGEST_AWAY_MS = 86_400_000;
/** 60 bits: 12 characters of base32 hold them, and the thirteenth would be half empty. */
const ID_BYTES = 8;
const ID_LENGTH = 12;

/** What channels work with. */
export interface ChannelsSettings {
  readonly databases: Databases;
  /** Which of the servers on these databases this is. */
  readonly nodeId: string;
  readonly keys: StreamKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** How long a broadcast that was started by request waits for its encoder; 60 s without it. */
  readonly reconnectWindowMs?: () => number;
  /** Streams that one broadcaster may have. */
  readonly maxStreams?: number;
}

/** How the database lags behind what is so. */
export interface UnwrittenTally {
  /** Changes that wait. */
  readonly waiting: number;
  /** Changes that were left out since the start. */
  readonly lost: number;
  /** Whether too many wait, so that some are left out. */
  readonly isFull: boolean;
}

/** See the top of the file. Whatever asks the database throws `DatabaseUnavailableError`. */
export class Channels {
  /** The keys of the streams. */
  readonly keyring: Keyring;
  readonly #settings: ChannelsSettings;
  readonly #control: Database;
  readonly #queue: WriteQueue;
  readonly #live: LiveStreams;
  readonly #admission: Admission;
  readonly #pulse: NodePulse;
  readonly #openedMs: number;
  #told: () => void = () => undefined;

  private constructor(settings: ChannelsSettings) {
    this.#settings = settings;
    this.#openedMs = settings.clock.epochMs();
    const { clock, log, randomBytes, keys, nodeId } = settings;
    const { reconnectWindowMs = () => DEFAULT_RECONNECT_WINDOW_MS } = settings;
    const told = (): void => this.#told();
    const database = tellingDatabase(settings.databases.admission, told);
    this.#control = tellingDatabase(settings.databases.control, told);
    this.#queue = new WriteQueue({ database, clock, log });
    this.#pulse = new NodePulse({ nodeId, database: this.#control, clock, log, randomBytes });
    this.#live = new LiveStreams({
      ...{ nodeId, queue: this.#queue, clock, randomBytes, reconnectWindowMs },
    });
    this.#admission = new Admission({ database, keys, live: this.#live, clock, log });
    const admission = this.#admission;
    this.#live.stepped = (stream) => admission.known.refresh(stream);
    this.keyring = new Keyring({
      database: this.#control,
      ...{ keys, admission, clock, randomBytes },
    });
  }

  /** Ends this server's broadcasts that were cut off, and learns the keys that were used last. */
  static async open(settings: ChannelsSettings): Promise<Channels> {
    const channels = new Channels(settings);
    await channels.#pulse.start();
    await channels.#admission.preload();
    return channels;
  }

  /** Changes of what is on air that are not in the database yet, and those that never will be. */
  get unwritten(): UnwrittenTally {
    const { length: waiting, lost, isFull } = this.#queue;
    return { waiting, lost, isFull };
  }

  /** Makes a stream and its own key, which is returned this once. */
  async create(
    draft: StreamDraft,
    actor: Actor,
  ): Promise<(IssuedStreamKey & { readonly stream: Stream }) | Refusal> {
    const { maxStreams = DEFAULT_MAX_STREAMS } = this.#settings;
    const { broadcasterId, scheduledStartMs: startMs = null } = draft;
    const nowMs = this.#settings.clock.epochMs();
    const past = startMs === null ? undefined : refusePastStart(startMs, 'create stream', nowMs);
    if (past !== undefined) return past;
    const made = await this.#control.transaction(async (transaction) => {
      const count = await countStreams(transaction, broadcasterId);
      if (count >= maxStreams) return tooManyStreams(broadcasterId, count);
      const barred = await refuseBarredOwner(transaction, 'create stream', broadcasterId);
      if (barred !== undefined) return barred;
      const stream = await this.#insertNew(transaction, draft);
      const issued = this.keyring.make(stream.id, { isMain: true });
      await insertKey(transaction, issued.key);
      const changes = { broadcasterId, title: stream.title };
      const told = { type: 'stream.created', action: 'stream.create', stream, actor } as const;
      await tellChange(transaction, { ...told, changes }, this.#settings);
      return { ...issued, stream };
    });
    if ('refused' in made) return made;
    const { key, stream } = made;
    this.#admission.known.put({ key, stream, keysRefusedUntilMs: null });
    return made;
  }

  /** The stream with this id. What is on air is known without the database. */
  async get(id: string): Promise<Stream | undefined> {
    return this.#live.get(id) ?? this.#read(id);
  }

  /**
   * Whether an ended stream is likely to go on any moment: its server stopped, and this one has not
   * been there for longer than encoders take to come back. What was cut off days before this one was
   * started has been given up.
   */
  isReturning({ status, broadcast, isDisabled }: Stream): boolean {
    if (status !== 'ended' || broadcast?.isCutOff !== true || isDisabled) return false;
    const { clock, reconnectWindowMs = () => DEFAULT_RECONNECT_WINDOW_MS } = this.#settings;
    const endedMs = broadcast.endedAtMs ?? 0;
    if (this.#openedMs - endedMs > LONGEST_AWAY_MS) return false;
    const sinceMs = Math.max(endedMs, this.#openedMs);
    return clock.epochMs() - sinceMs < Math.max(reconnectWindowMs(), LEAST_RETURN_MS);
  }

  /** How many streams somebody has. */
  async countOf(broadcasterId: string): Promise<number> {
    return countStreams(this.#control, broadcasterId);
  }

  /** What is on air under this id now, without asking the database. */
  onAir(id: string): Stream | undefined {
    return this.#live.get(id);
  }

  /** What is on air, the latest to begin first, without asking the database. */
  live(): readonly Stream[] {
    return this.#live.all();
  }

  /** One page of streams, newest first; refuses a cursor that was not given out. */
  async list(filter: StreamFilter): Promise<StreamPage | Refusal> {
    const page = await listStreams(this.#control, filter);
    if ('refused' in page) return page;
    return { ...page, streams: page.streams.map((stream) => this.#live.overlay(stream)) };
  }

  /**
   * Changes what a stream is like, and announces when it begins or takes that back: all or nothing.
   * Its qualities hold from the next broadcast on.
   */
  async update(id: string, update: StreamUpdate, actor: Actor): Promise<Stream | Refusal> {
    const isScheduling = update.scheduledStartMs !== undefined;
    // What is on its way into the row would otherwise be written over this.
    if (isScheduling) await this.#queue.settled();
    const overlay = (stream: Stream): Stream => this.#live.overlay(stream);
    const changed = await this.#control.transaction((transaction) =>
      changeStream(transaction, { id, update, actor, overlay }, this.#settings),
    );
    if ('refused' in changed) return changed;
    // Unless an encoder came meanwhile, the row is the newest there is.
    if (isScheduling && !isOnAir(overlay(changed))) this.#live.remove(id);
    // At once, and whatever it publishes by; a recheck looks at lasting keys alone.
    if (changed.isDisabled) this.#live.stopEncoder(id, 'the stream is disabled');
    return this.#learn(changed);
  }

  /** Removes a stream with its keys and broadcasts. One on air has to be ended first. */
  async delete(id: string, actor: Actor): Promise<Stream | Refusal> {
    await this.#queue.settled();
    const deleted = await this.#control.transaction(async (transaction) => {
      const read = await lockStream(transaction, id);
      if (read === undefined) return unknownStream('delete', id);
      const stream = this.#live.overlay(read);
      if (isOnAir(stream)) {
        const detail = `Cannot delete stream ${id}: it is ${stream.status}, end it first`;
        return { refused: 'invalid_transition', detail } as const;
      }
      await deleteStream(transaction, id);
      const told = { type: 'stream.deleted', action: 'stream.delete', stream, actor } as const;
      await tellChange(transaction, told, this.#settings);
      return stream;
    });
    if ('refused' in deleted) return deleted;
    this.#admission.known.removeStream(id);
    this.#live.remove(id);
    this.#live.stopEncoder(id, 'the stream was deleted');
    return deleted;
  }

  /**
   * Puts a stream on air by its key, in words; the broadcast waits for its encoder, and ends when
   * none comes within the reconnect window.
   */
  async start(id: string, streamKey: string, actor: Actor): Promise<Stream | Refusal> {
    const stream = await this.#read(id);
    if (stream === undefined) return unknownStream('start', id);
    const named = await this.#admission.streamOfKey(streamKey);
    if ('refused' in named || named.id !== id) {
      const detail = `Cannot start stream ${id}: the stream key is not one of its keys`;
      return { refused: 'unauthorized', detail };
    }
    const { broadcasterId } = stream;
    const barred = await refuseBarredOwner(this.#control, `start stream ${id}`, broadcasterId);
    if (barred !== undefined) return barred;
    return this.#live.start(stream, actor);
  }

  /** Ends the broadcast, tells its encoder to stop, and refuses the stream's keys for 60 s. */
  async end(id: string, actor: Actor): Promise<Stream | Refusal> {
    const stream = await this.#read(id);
    return stream === undefined ? unknownStream('end', id) : this.#live.end(stream, actor);
  }

  /** See `Admission.authorize`. */
  authorize(attempt: PublishAttempt): Promise<{ readonly granted: PublishGrant } | Refusal> {
    return this.#admission.authorize(attempt);
  }

  /** The stream that a key is good for, wherever it is used; else a refusal. */
  streamOfKey(streamKey: string): Promise<Stream | Refusal> {
    return this.#admission.streamOfKey(streamKey);
  }

  /** See `OneTimeKeys`. */
  issueOneTimeKey(stream: Stream, lifetimeMs: number): string {
    return this.#admission.oneTimeKeys.issue(stream, lifetimeMs);
  }

  /** A publisher has begun by `grant`; the returned function says that it is gone. */
  publishing(grant: PublishGrant): () => void {
    return this.#admission.publishing(grant);
  }

  /** Uses `cut` on publishers that must stop: by request, or because of their key, within 5 s. */
  watchPublishers(cut: CutPublisher): void {
    this.#live.stopEncoder = cut;
    this.#admission.watch(cut);
  }

  /** The first media of a stream's publisher has come: its broadcast. */
  beginBroadcast(streamId: string): BroadcastRecord {
    const grant = this.#admission.grantOf(streamId);
    assert(grant !== undefined, `Cannot begin broadcast of ${streamId}: nobody publishes to it`);
    return this.#live.connect(grant);
  }

  /** The stream's encoder is gone and may come back. False when the stream is not live. */
  loseBroadcast(streamId: string, reason?: string): boolean {
    return this.#live.lose(streamId, reason);
  }

  /** The stream's encoder is back. False when it was not lost. */
  resumeBroadcast(streamId: string): boolean {
    return this.#live.resume(streamId);
  }

  /** No more will come of the broadcast on air, for `reason`; it is over once it is packaged. */
  closeBroadcast(streamId: string, reason: string): void {
    this.#live.close(streamId, reason);
  }

  /** The broadcast is over. False when it was not the one on air; then nothing changes. */
  endBroadcast(streamId: string, broadcastId: string): boolean {
    return this.#live.expire(streamId, broadcastId, 'the encoder is gone');
  }

  /** Tells that something is wrong with a broadcast, or is so no more. */
  noteHealth(streamId: string, broadcastId: string, change: HealthChange): void {
    this.#live.note(streamId, broadcastId, change);
  }

  /** Calls `told` after each change that others may be told of. */
  watchChanges(told: () => void): void {
    this.#told = told;
  }

  /** Resolves when what can be kept is kept. The databases stay open. */
  async close(): Promise<void> {
    this.#admission.close();
    this.#live.stop();
    await this.#pulse.close();
    await this.#queue.close();
  }

  async #read(id: string): Promise<Stream | undefined> {
    const stream = await findStream(this.#control, id);
    return stream === undefined ? undefined : this.#live.overlay(stream);
  }

  /** What memory holds of a stream follows the row. */
  #learn(stream: Stream): Stream {
    this.#live.refresh(stream);
    const known = this.#live.overlay(stream);
    this.#admission.known.refresh(known);
    return known;
  }

  async #insertNew(transaction: Queryable, draft: StreamDraft): Promise<Stream> {
    for (;;) {
      const id = base32(this.#settings.randomBytes(ID_BYTES)).slice(0, ID_LENGTH);
      const stream = newStream(id, draft, this.#settings.clock.epochMs());
      if (await insertStream(transaction, stream)) return stream;
    }
  }
}

function tooManyStreams(broadcasterId: string, count: number): Refusal {
  const detail = `Cannot create stream: ${JSON.stringify(broadcasterId)} has ${count} already`;
  return { refused: 'too_many_streams', detail };
}
