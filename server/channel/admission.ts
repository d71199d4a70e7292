/**
 * Who may publish, and whether those who do still may. The database is asked each time, by an
 * index and on a way of its own; where it is away or slow, what was last seen of a key decides, so
 * that encoders which are known come back and go on.
 */
import type { PublishProtocol, Refusal } from '../../contract/index.ts';
import type { Cancel, Clock, Log } from '../base/index.ts';
import { type Database, DatabaseUnavailableError } from '../store/sql/index.ts';
import { isInRanges } from './address-range.ts';
import {
  findKeyByHash,
  findKeysById,
  isActive,
  type KeyAndStream,
  latestKeys,
  type StreamKey,
} from './key-table.ts';
import { KnownKeys, MAX_KNOWN_KEYS } from './known-keys.ts';
import type { LiveStreams } from './live-streams.ts';
import { OneTimeKeys } from './one-time-keys.ts';
import { isOnAir, isOver, type Stream } from './stream.ts';
import { isStreamKey, type StreamKeys } from './stream-key.ts';
import { findStream } from './stream-table.ts';

/** The application in `rtmp://host/live`; people put a slash behind it. */
const APPLICATIONS: readonly string[] = ['live', 'live/'];
/** How long the database has to answer before what is known of a key decides. */
const PATIENCE_MS = 100;
/** From one look at the keys in use to the next; a revoked one is cut within twice that. */
const RECHECK_MS = 2_000;

/** Someone who wants to publish. */
export interface PublishAttempt {
  /** The application named in `connect`: the first step of the address. */
  readonly app: string;
  readonly streamKey: string;
  readonly protocol: PublishProtocol;
  /** The peer's IP address; undefined when it is gone already. */
  readonly remoteAddress: string | undefined;
}

/** The permission to publish to one stream. */
export interface PublishGrant {
  readonly streamId: string;
  /** The stream as it was then. */
  readonly stream: Stream;
  /** Null for a key that worked once. */
  readonly keyId: string | null;
  readonly remoteAddress: string | null;
}

/** Ends the publisher of a stream, for a reason in words that its user reads. */
export type CutPublisher = (streamId: string, reason: string) => void;

/** What it works with. */
export interface AdmissionSettings {
  readonly database: Database;
  readonly keys: StreamKeys;
  readonly live: LiveStreams;
  readonly clock: Clock;
  readonly log: Log;
}

interface Publisher {
  readonly grant: PublishGrant;
  /** Null when nothing that happens to the key matters to it. */
  keyId: string | null;
}

/** See the top of the file. */
export class Admission {
  readonly known = new KnownKeys();
  readonly oneTimeKeys: OneTimeKeys;
  readonly #settings: AdmissionSettings;
  readonly #publishers = new Map<string, Publisher>();
  #cancelRecheck: Cancel | undefined;
  #isClosed = false;

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
    this.oneTimeKeys = new OneTimeKeys(settings.keys, settings.clock);
  }

  /** Learns the keys that were used last; without them it goes as long as the database is there. */
  async preload(): Promise<void> {
    const { database, clock, log } = this.#settings;
    const at = new Date(clock.epochMs());
    try {
      const seen = await latestKeys(database, { at, most: MAX_KNOWN_KEYS });
      for (const each of seen.toReversed()) this.known.put(each);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      log.warn({ error }, 'stream keys could not be learned ahead');
    }
  }

  /**
   * Whether a publisher may publish, and to which stream. Malformed and unknown keys are refused
   * with the same words, and neither the words nor the time taken tell how near a guess was.
   */
  async authorize(attempt: PublishAttempt): Promise<{ readonly granted: PublishGrant } | Refusal> {
    const { app, streamKey, remoteAddress = null } = attempt;
    const { keys, live } = this.#settings;
    if (!APPLICATIONS.includes(app) || !isStreamKey(streamKey)) return refusedKey;
    const hash = keys.hash(streamKey);
    const once = this.oneTimeKeys.take(hash, attempt.remoteAddress);
    if (once !== undefined) return this.#grantOnce(once, remoteAddress);
    const seen = await this.#look(hash);
    if (seen !== undefined && 'refused' in seen) return seen;
    if (seen === undefined || !this.#isGood(seen.key, hash)) return refusedKey;
    const { key, stream, keysRefusedUntilMs } = seen;
    const refusal =
      refuseOwner(seen) ?? refusePlace(key, attempt) ?? live.refuseKeys(stream, keysRefusedUntilMs);
    if (refusal !== undefined) return refusal;
    return {
      granted: { streamId: stream.id, stream: live.overlay(stream), keyId: key.id, remoteAddress },
    };
  }

  /** The stream that a key is good for, wherever it comes from; else a refusal. */
  async streamOfKey(streamKey: string): Promise<Stream | Refusal> {
    if (!isStreamKey(streamKey)) return refusedKey;
    const hash = this.#settings.keys.hash(streamKey);
    const seen = await findKeyByHash(this.#settings.database, hash);
    return seen !== undefined && this.#isGood(seen.key, hash) ? seen.stream : refusedKey;
  }

  /**
   * A publisher has begun by `grant`; the newest one of a stream counts. The returned function says
   * that it is gone.
   */
  publishing(grant: PublishGrant): () => void {
    const publisher: Publisher = { grant, keyId: grant.keyId };
    this.#publishers.set(grant.streamId, publisher);
    return () => {
      if (this.#publishers.get(grant.streamId) === publisher) {
        this.#publishers.delete(grant.streamId);
      }
    };
  }

  /** By which grant somebody publishes to a stream now. */
  grantOf(streamId: string): PublishGrant | undefined {
    return this.#publishers.get(streamId)?.grant;
  }

  /** Lets those who publish by these keys go on, whatever becomes of the keys. */
  spare(keyIds: readonly string[]): void {
    for (const publisher of this.#publishers.values()) {
      if (publisher.keyId !== null && keyIds.includes(publisher.keyId)) publisher.keyId = null;
    }
  }

  /** From now on cuts publishers whose key or stream is no longer good. */
  watch(cut: CutPublisher): void {
    this.#cancelRecheck = this.#settings.clock.after(RECHECK_MS, () => {
      void this.recheck(cut).finally(() => {
        if (!this.#isClosed) this.watch(cut);
      });
    });
  }

  /** Looks at all keys in use once, in one query. */
  async recheck(cut: CutPublisher): Promise<void> {
    const { database, log } = this.#settings;
    const checked = [...this.#publishers.values()].filter(({ keyId }) => keyId !== null);
    if (checked.length === 0) return;
    const ids = checked.flatMap(({ keyId }) => (keyId === null ? [] : [keyId]));
    let seen: ReadonlyMap<string, KeyAndStream>;
    try {
      const found = await findKeysById(database, ids);
      seen = new Map(found.map((each) => [each.key.id, each]));
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) {
        log.error({ error }, 'keys in use could not be looked at');
      }
      return;
    }
    for (const publisher of checked) {
      const { keyId, grant } = publisher;
      // Another has taken its place, or its key no longer matters.
      if (keyId === null || this.#publishers.get(grant.streamId) !== publisher) continue;
      const reason = this.#whyNoMore(seen.get(keyId));
      if (reason === undefined) continue;
      log.warn({ stream: grant.streamId, key: keyId, reason }, 'publisher cut off');
      cut(grant.streamId, reason);
    }
  }

  /** Keys for one use are void from now on, and nobody is cut any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRecheck?.();
    this.oneTimeKeys.clear();
  }

  #isGood(key: StreamKey, hash: string): boolean {
    const { keys, clock } = this.#settings;
    return keys.equal(hash, key.hash) && isActive(key, clock.epochMs());
  }

  #whyNoMore(seen: KeyAndStream | undefined): string | undefined {
    if (seen === undefined) return 'the stream key is gone';
    const { key } = seen;
    if (key.revokedAtMs !== null) return 'the stream key was revoked';
    if (!isActive(key, this.#settings.clock.epochMs())) return 'the stream key has expired';
    if (seen.isOwnerBarred) return 'the stream’s owner may not broadcast any more';
    const { live } = this.#settings;
    const stream = live.overlay(seen.stream);
    const elsewhere = whyElsewhere(seen.stream, live.get(stream.id));
    if (elsewhere !== undefined) return elsewhere;
    if (stream.isDisabled) return 'the stream is disabled';
    return isOver(stream) ? 'the stream has ended' : undefined;
  }

  async #grantOnce(
    issuedFor: Stream,
    remoteAddress: string | null,
  ): Promise<{ readonly granted: PublishGrant } | Refusal> {
    const { database, live } = this.#settings;
    let stream: Stream | undefined = issuedFor;
    try {
      stream = await findStream(database, issuedFor.id);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
    }
    if (stream === undefined) return refusedKey;
    // It was issued by this server itself, after whatever its stream's other keys are refused for.
    const refusal = live.refuseKeys(stream, null);
    if (refusal !== undefined) return refusal;
    return {
      granted: { streamId: stream.id, stream: live.overlay(stream), keyId: null, remoteAddress },
    };
  }

  /** What is known of a key: by the database, or without it. */
  async #look(hash: string): Promise<KeyAndStream | Refusal | undefined> {
    const { database, clock } = this.#settings;
    const known = this.known.get(hash);
    const asked = findKeyByHash(database, hash).then((seen) => this.#note(hash, seen));
    if (known === undefined) return asked.catch(unavailable);
    const { promise, resolve } = Promise.withResolvers<KeyAndStream | undefined>();
    const cancel = clock.after(PATIENCE_MS, () => resolve(known));
    asked.then(resolve, (error: unknown) => {
      if (!(error instanceof DatabaseUnavailableError)) {
        this.#settings.log.error({ error }, 'stream key could not be looked up');
      }
      resolve(known);
    });
    return promise.finally(cancel);
  }

  #note(hash: string, seen: KeyAndStream | undefined): KeyAndStream | undefined {
    if (seen === undefined || !this.#isGood(seen.key, hash)) {
      this.known.remove(hash);
      return seen;
    }
    // The row may be older than what is known of the stream, and is remembered longer than that.
    this.known.put({ ...seen, stream: this.#settings.live.overlay(seen.stream) });
    return seen;
  }
}

/** The answer to a key that is not good for anything; it tells nothing about why. */
const refusedKey: Refusal = {
  refused: 'unauthorized',
  detail: 'Cannot publish: the stream key is not one of this server',
};

function unavailable(error: unknown): Refusal {
  if (!(error instanceof DatabaseUnavailableError)) throw error;
  const detail = 'Cannot publish: the database is away, and the stream key is not known without it';
  return { refused: 'database_unavailable', detail };
}

/** What another server on the database has made of a broadcast that is on air here. */
function whyElsewhere(row: Stream, here: Stream | undefined): string | undefined {
  const [kept, own] = [row.broadcast, here?.broadcast ?? null];
  if (kept === null || own === null) return undefined;
  if (kept.id === own.id) {
    return isOnAir(row) ? undefined : 'the broadcast was ended by another server';
  }
  // An older one is what was there before ours, which is not written yet.
  const isNewer = isOnAir(row) && kept.startedAtMs > own.startedAtMs;
  return isNewer ? 'the stream is published to another server' : undefined;
}

/** Whose account is disabled or no broadcaster's goes on air by no key, however many they handed out. */
function refuseOwner({ stream, isOwnerBarred }: KeyAndStream): Refusal | undefined {
  if (!isOwnerBarred) return undefined;
  const detail = `Cannot publish: the account of stream ${stream.id}’s owner is disabled, or no broadcaster’s`;
  return { refused: 'owner_may_not_broadcast', detail };
}

function refusePlace(
  { id, protocols, addressRanges }: StreamKey,
  { protocol, remoteAddress }: PublishAttempt,
): Refusal | undefined {
  const isAllowed =
    (protocols.length === 0 || protocols.includes(protocol)) &&
    (addressRanges.length === 0 || isInRanges(remoteAddress, addressRanges));
  if (isAllowed) return undefined;
  const detail = `Cannot publish: key ${id} is limited to other protocols or addresses`;
  return { refused: 'key_not_allowed_here', detail };
}
