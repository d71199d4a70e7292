/**
 * All streams of this server, in memory, kept by a store. Answers about keys come without
 * waiting, because a publisher's handshake cannot wait for a disk. What is live is decided here
 * at once and kept afterwards: a full disk must not stop a broadcast.
 */
import { networkInterfaces } from 'node:os';
import type { Refusal } from '../../contract/index.ts';
import { assert, base32, type Cancel, type Clock, type Log } from '../base/index.ts';
import type { BroadcastRecord, StreamRecord, StreamStore } from '../store/streams/index.ts';
import {
  beginBroadcast,
  endBroadcast,
  type Stream,
  type StreamDraft,
  statusOf,
  streamOf,
} from './stream.ts';
import { isStreamKey, type StreamKeys } from './stream-key.ts';

/** Streams of one server; more belong into a database. */
const DEFAULT_MAX_STREAMS = 10_000;
/** Keys for one use that wait for it; more are a fault of ours. */
const MAX_ONE_TIME_KEYS = 64;
/** 60 bits: 12 characters of base32 hold them, and the thirteenth would be half empty. */
const ID_BYTES = 8;
const ID_LENGTH = 12;
const BROADCAST_SUFFIX_LENGTH = 4;

/** The application in `rtmp://host/live`; people put a slash behind it. */
const APPLICATIONS: readonly string[] = ['live', 'live/'];

/** Someone who wants to publish. */
export interface PublishAttempt {
  /** The application named in `connect`: the first step of the address. */
  readonly app: string;
  readonly streamKey: string;
  /** The peer's IP address; undefined when it is gone already. */
  readonly remoteAddress: string | undefined;
}

/** The permission to publish to one stream. */
export interface PublishGrant {
  readonly streamId: string;
}

/** What a directory works with. */
export interface StreamDirectorySettings {
  readonly store: StreamStore;
  readonly keys: StreamKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly maxStreams?: number;
}

interface OneTimeKey {
  readonly streamId: string;
  readonly cancelExpiry: Cancel;
}

/** The streams, who may publish to them, and which are live. */
export class StreamDirectory {
  readonly #settings: StreamDirectorySettings;
  readonly #records = new Map<string, StreamRecord>();
  readonly #idByKeyHash = new Map<string, string>();
  readonly #oneTimeKeys = new Map<string, OneTimeKey>();
  /** Places taken by streams that are being kept. */
  #reserved = 0;

  private constructor(settings: StreamDirectorySettings) {
    this.#settings = settings;
  }

  /**
   * Reads every stream. No publisher outlives the process that served it, so a broadcast that the
   * store still calls live was cut off; it ends now.
   */
  static async open(settings: StreamDirectorySettings): Promise<StreamDirectory> {
    const directory = new StreamDirectory(settings);
    const nowMs = settings.clock.epochMs();
    const cutOff: StreamRecord[] = [];
    for (const record of await settings.store.load()) {
      const { broadcast } = record;
      const known = broadcast === null ? record : endBroadcast(record, { id: broadcast.id, nowMs });
      if (known !== record) cutOff.push(known);
      directory.#index(known);
    }
    await Promise.all(cutOff.map((record) => settings.store.put(record)));
    for (const { id, broadcast } of cutOff) {
      settings.log.warn({ stream: id, broadcast: broadcast?.id }, 'broadcast was cut off');
    }
    return directory;
  }

  /** Makes a stream and its key, which is returned this once. Resolves when both are kept. */
  async create(
    draft: StreamDraft,
  ): Promise<{ readonly stream: Stream; readonly streamKey: string } | Refusal> {
    const { store, keys, clock, maxStreams = DEFAULT_MAX_STREAMS } = this.#settings;
    if (this.#records.size + this.#reserved >= maxStreams) {
      const detail = `Cannot create stream: there are ${maxStreams} already`;
      return { refused: 'too_many_streams', detail };
    }
    const id = this.#newId();
    const { key, hash, last4 } = keys.issue(id);
    const record: StreamRecord = {
      id,
      broadcasterId: draft.broadcasterId,
      title: draft.title,
      createdAtMs: clock.epochMs(),
      keyHash: hash,
      keyLast4: last4,
      broadcast: null,
    };
    this.#reserved += 1;
    try {
      await store.put(record);
    } finally {
      this.#reserved -= 1;
    }
    this.#index(record);
    return { stream: streamOf(record), streamKey: key };
  }

  /** Gives the stream a new key, returned this once. The old one is refused when this resolves. */
  async replaceKey(streamId: string): Promise<{ readonly streamKey: string } | Refusal> {
    const { store, keys } = this.#settings;
    if (!this.#records.has(streamId)) return unknownStream('replace key of', streamId);
    const { key, hash, last4 } = keys.issue(streamId);
    const before = this.#record(streamId);
    // Before it is kept: whoever asks for a new key fears for the old one.
    this.#index({ ...before, keyHash: hash, keyLast4: last4 });
    await store.put(this.#record(streamId));
    return { streamKey: key };
  }

  /** Gives the stream's next broadcasts these qualities; null: those of the server. */
  async setLadder(streamId: string, ladder: string | null): Promise<Stream | Refusal> {
    if (!this.#records.has(streamId)) return unknownStream('change', streamId);
    this.#index({ ...this.#record(streamId), ladder: ladder ?? undefined });
    await this.#settings.store.put(this.#record(streamId));
    return streamOf(this.#record(streamId));
  }

  /** The stream with this id. */
  get(id: string): Stream | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : streamOf(record);
  }

  /** All streams, oldest first. */
  list(): readonly Stream[] {
    return [...this.#records.values()].map(streamOf);
  }

  /** The streams that are live now, the latest to begin first. */
  live(): readonly Stream[] {
    const live = [...this.#records.values()].filter(
      ({ broadcast }) => statusOf(broadcast) === 'live',
    );
    const startOf = ({ broadcast }: StreamRecord): number => broadcast?.startedAtMs ?? 0;
    return live.sort((left, right) => startOf(right) - startOf(left)).map(streamOf);
  }

  /**
   * Whether a publisher may publish, and to which stream. Malformed and unknown keys are refused
   * with the same words, and neither the words nor the time taken tell how near a guess was.
   */
  authorize(attempt: PublishAttempt): { readonly granted: PublishGrant } | Refusal {
    const { keys } = this.#settings;
    const { app, streamKey, remoteAddress } = attempt;
    if (!APPLICATIONS.includes(app) || !isStreamKey(streamKey)) return refusedKey;
    const hash = keys.hash(streamKey);
    if (this.#oneTimeKeys.size > 0 && isThisMachine(remoteAddress)) {
      const once = this.#takeOneTimeKey(hash);
      if (once !== undefined) return { granted: { streamId: once.streamId } };
    }
    const streamId = this.#idByKeyHash.get(hash);
    const record = streamId === undefined ? undefined : this.#records.get(streamId);
    if (record === undefined || !keys.equal(hash, record.keyHash)) return refusedKey;
    return { granted: { streamId: record.id } };
  }

  /**
   * A key that works once, for a publisher on this machine, within `lifetimeMs`. For a program
   * that can only be told its key where others see it, such as its command line: what they see
   * is worth nothing by the time they could use it.
   */
  issueOneTimeKey(streamId: string, lifetimeMs: number): string {
    const { keys, clock } = this.#settings;
    assert(this.#records.has(streamId), `Cannot issue key: stream ${streamId} is unknown`);
    assert(
      this.#oneTimeKeys.size < MAX_ONE_TIME_KEYS,
      `Cannot issue key: ${MAX_ONE_TIME_KEYS} wait for their use`,
    );
    const { key, hash } = keys.issue(streamId);
    const cancelExpiry = clock.after(lifetimeMs, () => this.#oneTimeKeys.delete(hash));
    this.#oneTimeKeys.set(hash, { streamId, cancelExpiry });
    return key;
  }

  /** The stream goes live with a new broadcast. One still on air ends now: the newest wins. */
  beginBroadcast(streamId: string): BroadcastRecord {
    const before = this.#record(streamId);
    const nowMs = this.#settings.clock.epochMs();
    const record = beginBroadcast(before, { id: this.#newBroadcastId(nowMs), nowMs });
    const { broadcast } = record;
    assert(broadcast !== null, `Cannot begin broadcast of ${streamId}: it did not begin`);
    this.#keep(record);
    return broadcast;
  }

  /** The broadcast is over. False when it was not the one on air; then nothing changes. */
  endBroadcast(streamId: string, broadcastId: string): boolean {
    const before = this.#record(streamId);
    const nowMs = this.#settings.clock.epochMs();
    const record = endBroadcast(before, { id: broadcastId, nowMs });
    if (record === before) return false;
    this.#keep(record);
    return true;
  }

  /** Resolves when everything is kept. Keys for one use are void from now on. */
  async close(): Promise<void> {
    for (const { cancelExpiry } of this.#oneTimeKeys.values()) cancelExpiry();
    this.#oneTimeKeys.clear();
    await this.#settings.store.close();
  }

  #record(streamId: string): StreamRecord {
    const record = this.#records.get(streamId);
    assert(record !== undefined, `Cannot find stream ${streamId}: it is unknown`);
    return record;
  }

  #index(record: StreamRecord): void {
    const before = this.#records.get(record.id);
    if (before !== undefined) this.#idByKeyHash.delete(before.keyHash);
    this.#records.set(record.id, record);
    this.#idByKeyHash.set(record.keyHash, record.id);
  }

  #keep(record: StreamRecord): void {
    const { store, log } = this.#settings;
    this.#index(record);
    store.put(record).catch((error: unknown) => {
      log.error({ stream: record.id, error }, 'stream state not kept');
    });
  }

  #takeOneTimeKey(hash: string): OneTimeKey | undefined {
    const found = this.#oneTimeKeys.get(hash);
    if (found === undefined) return undefined;
    this.#oneTimeKeys.delete(hash);
    found.cancelExpiry();
    return found;
  }

  #newId(): string {
    for (;;) {
      const id = base32(this.#settings.randomBytes(ID_BYTES)).slice(0, ID_LENGTH);
      if (!this.#records.has(id)) return id;
    }
  }

  /** Grows with time, so that a listing of files or logs is in the order of the broadcasts. */
  #newBroadcastId(nowMs: number): string {
    const suffix = base32(this.#settings.randomBytes(ID_BYTES)).slice(0, BROADCAST_SUFFIX_LENGTH);
    return `${nowMs.toString(36)}-${suffix}`;
  }
}

const refusedKey: Refusal = {
  refused: 'unauthorized',
  detail: 'Cannot publish: the stream key is not one of this server',
};

/** The refusal of whatever was to be done to a stream that is not there. */
function unknownStream(action: string, id: string): Refusal {
  return {
    refused: 'stream_not_found',
    detail: `Cannot ${action} stream ${JSON.stringify(id)}: it is unknown`,
  };
}

/** Whether a peer is on this machine: on loopback, or at an address of one of its interfaces. */
function isThisMachine(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (plain === '::1' || plain.startsWith('127.')) return true;
  const interfaces = Object.values(networkInterfaces()).flat();
  return interfaces.some((each) => each?.address === plain);
}
