/**
 * What is on air, in memory: decided here at once and written into the database afterwards,
 * because an encoder and its viewers cannot wait for one. What is known here of a stream is newer
 * than its row until that is written, and for a minute longer.
 */
import type { HealthChange, Refusal } from '../../contract/index.ts';
import { assert, base32, type Cancel, type Clock, newId } from '../base/index.ts';
import { type Actor, appendEvents, type PlatformEvent } from '../store/sql/index.ts';
import { isCutOff, SERVER_STOPPING } from './cut-off-reason.ts';
import { ACTION_TARGET, LIFECYCLE, refuseTransition, type StreamAction } from './lifecycle.ts';
import { type BroadcastRecord, isOnAir, isOver, type Stream } from './stream.ts';
import { eventsOf, type Transition, writeTransition } from './transition-record.ts';
import type { Write, WritePlace, WriteQueue } from './write-queue.ts';

/** An encoder that was told to stop comes back by itself within seconds, and again and again. */
export const KEYS_REFUSED_MS = 60_000;
/** Longer than any question to the database takes whose answer may be older than what is known. */
const REMEMBERED_MS = 60_000;
/** A start by request leaves an encoder so much time at least, also where lost ones get none. */
const LEAST_START_WAIT_MS = 10_000;
const BROADCAST_SUFFIX_BYTES = 5;
const BROADCAST_SUFFIX_LENGTH = 4;

/** What it works with. */
export interface LiveStreamsSettings {
  /** This server, which carries what goes on air here. */
  readonly nodeId: string;
  readonly queue: WriteQueue;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** How long a broadcast that was started by request waits for its first media. */
  readonly reconnectWindowMs: () => number;
}

/** An encoder that goes live. */
export interface Connecting {
  readonly stream: Stream;
  readonly keyId: string | null;
  readonly remoteAddress: string | null;
}

/** Why a step is taken, and by whom. */
interface Cause {
  readonly actor: Actor;
  readonly keyId?: string | null;
  readonly reason?: string;
}

interface Presence {
  stream: Stream;
  changedMs: number;
  /** Started by request, and no media has come. */
  isAwaited: boolean;
  keysRefusedUntilMs: number | null;
  /** Why nothing more comes of its broadcast, once that is known. */
  closedFor: string | undefined;
  cancelExpiry: Cancel | undefined;
}

/** Steps that nobody asked for from outside. */
const SYSTEM: Actor = { kind: 'system', id: null, remoteAddress: null };

/** See the top of the file. */
export class LiveStreams {
  readonly #settings: LiveStreamsSettings;
  readonly #presences = new Map<string, Presence>();
  #cancelSweep: Cancel | undefined;
  /** Tells the encoder of a stream to stop, if it has one. */
  stopEncoder: (streamId: string, reason: string) => void = () => undefined;
  /** Called with a stream after each step of it. */
  stepped: (stream: Stream) => void = () => undefined;

  constructor(settings: LiveStreamsSettings) {
    this.#settings = settings;
  }

  /** The stream while a broadcast of it is on air. */
  get(streamId: string): Stream | undefined {
    const stream = this.#presences.get(streamId)?.stream;
    return stream !== undefined && isOnAir(stream) ? stream : undefined;
  }

  /** What is on air, the latest to begin first. */
  all(): readonly Stream[] {
    const streams = [...this.#presences.values()].map(({ stream }) => stream).filter(isOnAir);
    const startOf = ({ broadcast }: Stream): number => broadcast?.startedAtMs ?? 0;
    return streams.sort((left, right) => startOf(right) - startOf(left));
  }

  /** A stream as it was read, with what is known better here. */
  overlay(read: Stream): Stream {
    const known = this.#presences.get(read.id)?.stream;
    if (known === undefined) return read;
    return { ...read, status: known.status, broadcast: known.broadcast };
  }

  /** Tells that the traits of a stream have changed. */
  refresh(stream: Stream): void {
    const presence = this.#presences.get(stream.id);
    if (presence !== undefined) presence.stream = this.overlay(stream);
  }

  /** Forgets a stream that has been deleted. */
  remove(streamId: string): void {
    this.#presences.get(streamId)?.cancelExpiry?.();
    this.#presences.delete(streamId);
  }

  /** Why no key of the stream may be used now; undefined when one may. */
  refuseKeys(read: Stream, readRefusedUntilMs: number | null): Refusal | undefined {
    const stream = this.overlay(read);
    const { id } = stream;
    const refusal = refuseBroadcast(stream, 'publish to');
    if (refusal !== undefined) return refusal;
    const presence = this.#presences.get(id);
    const untilMs = presence === undefined ? readRefusedUntilMs : presence.keysRefusedUntilMs;
    const waitMs = (untilMs ?? 0) - this.#settings.clock.epochMs();
    if (waitMs <= 0) return undefined;
    const seconds = Math.ceil(waitMs / 1000);
    const detail = `Cannot publish to stream ${id}: it was ended by request, try in ${seconds} s`;
    return { refused: 'stream_just_ended', detail };
  }

  /** Media of an encoder has come: its broadcast, which a start by request may have begun. */
  connect({ stream: granted, keyId, remoteAddress }: Connecting): BroadcastRecord {
    const stream = this.overlay(granted);
    const isAwaited = this.#presences.get(stream.id)?.isAwaited === true;
    const actor: Actor = { ...SYSTEM, remoteAddress };
    const { after } = this.#step(stream, isAwaited ? 'join' : 'connect', { actor, keyId });
    const { broadcast } = after;
    assert(broadcast !== null, `Cannot begin broadcast of ${stream.id}: it did not begin`);
    return broadcast;
  }

  /** The stream's encoder is gone and may come back. False when the stream is not live. */
  lose(streamId: string, reason?: string): boolean {
    return this.#follow(streamId, { action: 'lose', reason });
  }

  /** The stream's encoder is back. False when it was not lost. */
  resume(streamId: string): boolean {
    return this.#follow(streamId, { action: 'resume' });
  }

  /** Nothing more will come of the broadcast on air, for `reason`. */
  close(streamId: string, reason: string): void {
    const presence = this.#presences.get(streamId);
    if (presence !== undefined) presence.closedFor = reason;
  }

  /** A broadcast is over: for what it was closed for, else `reason`. False when it is not on air. */
  expire(streamId: string, broadcastId: string, reason: string): boolean {
    const presence = this.#presences.get(streamId);
    if (presence?.stream.broadcast?.id !== broadcastId) return false;
    return this.#follow(streamId, { action: 'expire', reason: presence.closedFor ?? reason });
  }

  /** Begins a broadcast that waits for its media. Resolves when it is kept. */
  async start(read: Stream, actor: Actor): Promise<Stream | Refusal> {
    const stream = this.overlay(read);
    const refusal = refuseBroadcast(stream, 'start') ?? refuseTransition(stream, 'start');
    if (refusal !== undefined) return refusal;
    const { presence, after, kept } = this.#step(stream, 'start', { actor });
    const { clock, reconnectWindowMs } = this.#settings;
    const broadcastId = after.broadcast?.id ?? '';
    presence.isAwaited = true;
    const waitMs = Math.max(reconnectWindowMs(), LEAST_START_WAIT_MS);
    presence.cancelExpiry = clock.after(waitMs, () => {
      this.expire(stream.id, broadcastId, 'no encoder came');
    });
    await kept;
    return after;
  }

  /** Ends the broadcast, tells its encoder to stop, and keeps it away. Resolves when it is kept. */
  async end(read: Stream, actor: Actor): Promise<Stream | Refusal> {
    const stream = this.overlay(read);
    const refusal = refuseTransition(stream, 'end');
    if (refusal !== undefined) return refusal;
    const reason = 'ended by request';
    const { after, kept } = this.#step(stream, 'end', { actor, reason });
    this.stopEncoder(stream.id, reason);
    await kept;
    return this.overlay(after);
  }

  /** Tells that something is wrong with a broadcast, or is so no more. */
  note(streamId: string, broadcastId: string, { type, finding }: HealthChange): void {
    const { clock, queue, randomBytes } = this.#settings;
    const stream = this.#presences.get(streamId)?.stream;
    // Forgotten by now, or deleted: then nobody waits to be told.
    if (stream === undefined) return;
    const atMs = clock.epochMs();
    const event: PlatformEvent = {
      id: newId('evt', atMs, randomBytes),
      type: `health.${type}`,
      occurredAt: new Date(atMs),
      ownerId: stream.broadcasterId,
      streamId,
      data: { streamId, title: stream.title, broadcastId, ...finding },
    };
    void queue.add((transaction) => appendEvents(transaction, [event]));
  }

  /** Ends what is on air still, as a start that waits for its encoder is; no timer runs any more. */
  stop(): void {
    this.#cancelSweep?.();
    for (const [id, { stream }] of this.#presences) {
      if (isOnAir(stream)) this.#follow(id, { action: 'expire', reason: SERVER_STOPPING });
    }
  }

  #follow(
    streamId: string,
    { action, reason }: { readonly action: StreamAction; readonly reason?: string | undefined },
  ): boolean {
    const stream = this.#presences.get(streamId)?.stream;
    if (stream === undefined || LIFECYCLE[stream.status][action] === null) return false;
    this.#step(stream, action, { actor: SYSTEM, ...(reason !== undefined && { reason }) });
    return true;
  }

  /** Takes a step that the table allows. */
  #step(stream: Stream, action: StreamAction, { actor, keyId = null, reason }: Cause) {
    const { nodeId, clock, queue, randomBytes } = this.#settings;
    const atMs = clock.epochMs();
    const { broadcast, replaced } = this.#broadcastAfter(stream, { action, atMs, reason });
    const after: Stream = { ...stream, status: ACTION_TARGET[action], broadcast };
    const presence = this.#presence(stream);
    if (action === 'end') {
      presence.keysRefusedUntilMs = presence.isAwaited ? null : atMs + KEYS_REFUSED_MS;
    } else if (action === 'start' || action === 'connect') presence.keysRefusedUntilMs = null;
    presence.cancelExpiry?.();
    presence.cancelExpiry = undefined;
    presence.isAwaited = false;
    presence.closedFor = undefined;
    presence.stream = after;
    presence.changedMs = clock.monotonicMs();
    const step: Transition = {
      ...{ action, atMs, nodeId, before: stream, after, replaced, actor, keyId },
      reason: reason ?? null,
      keysRefusedUntilMs: presence.keysRefusedUntilMs,
    };
    const events = eventsOf(step, randomBytes);
    const write: Write = (transaction) => writeTransition(transaction, step, events);
    const kept = queue.add(write, placeOf(step));
    this.stepped(after);
    return { presence, after, kept };
  }

  #broadcastAfter(
    { id, status, broadcast }: Stream,
    {
      action,
      atMs,
      reason,
    }: {
      readonly action: StreamAction;
      readonly atMs: number;
      readonly reason: string | undefined;
    },
  ) {
    const effect = LIFECYCLE[status][action];
    assert(effect !== null, `Cannot ${action} stream ${id}: it is ${status}`);
    // The wall clock may have been set back meanwhile; a broadcast never ends before it began.
    const ended =
      broadcast === null
        ? null
        : {
            ...broadcast,
            endedAtMs: Math.max(broadcast.startedAtMs, atMs),
            isCutOff: isCutOff(reason),
          };
    if (effect === 'ends') return { broadcast: ended, replaced: null };
    if (effect !== 'begins') return { broadcast, replaced: null };
    const begun = {
      ...{ id: this.#newBroadcastId(atMs), startedAtMs: atMs },
      ...{ endedAtMs: null, isCutOff: false },
    };
    return { broadcast: begun, replaced: isOnAir({ status }) ? ended : null };
  }

  #presence(stream: Stream): Presence {
    const present = this.#presences.get(stream.id);
    if (present !== undefined) return present;
    const made: Presence = {
      stream,
      changedMs: 0,
      isAwaited: false,
      keysRefusedUntilMs: null,
      closedFor: undefined,
      cancelExpiry: undefined,
    };
    this.#presences.set(stream.id, made);
    this.#cancelSweep ??= this.#settings.clock.after(REMEMBERED_MS, () => this.#sweep());
    return made;
  }

  /** Forgets what the database knows as well by now. */
  #sweep(): void {
    const { queue, clock } = this.#settings;
    const nowMs = clock.monotonicMs();
    for (const [id, { stream, changedMs }] of this.#presences) {
      const isKept = queue.length === 0 && nowMs - changedMs >= REMEMBERED_MS;
      if (isKept && !isOnAir(stream)) this.#presences.delete(id);
    }
    this.#cancelSweep = undefined;
    if (this.#presences.size === 0) return;
    this.#cancelSweep = clock.after(REMEMBERED_MS, () => this.#sweep());
  }

  /** Grows with time, so that a listing of files or logs is in the order of the broadcasts. */
  #newBroadcastId(nowMs: number): string {
    const chance = base32(this.#settings.randomBytes(BROADCAST_SUFFIX_BYTES));
    return `${nowMs.toString(36)}-${chance.slice(0, BROADCAST_SUFFIX_LENGTH)}`;
  }
}

/** Undefined where a step is the beginning of one broadcast and the end of another. */
function placeOf({ before, action, after, replaced }: Transition): WritePlace | undefined {
  if (after.broadcast === null || replaced !== null) return undefined;
  const { id: broadcastId } = after.broadcast;
  const effect = LIFECYCLE[before.status][action];
  if (effect === 'begins') return { broadcastId, part: 'first' };
  return { broadcastId, part: effect === 'ends' ? 'last' : 'middle' };
}

/** Why a stream can have no broadcast at all; undefined when it can. */
function refuseBroadcast(stream: Stream, verb: string): Refusal | undefined {
  const { id, isDisabled } = stream;
  if (isDisabled) {
    return { refused: 'stream_disabled', detail: `Cannot ${verb} stream ${id}: it is disabled` };
  }
  if (!isOver(stream)) return undefined;
  const detail = `Cannot ${verb} stream ${id}: it was made for one broadcast, which has ended`;
  return { refused: 'stream_ended', detail };
}
