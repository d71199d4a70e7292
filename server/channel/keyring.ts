/** The keys of streams: issued, replaced with an overlap, revoked. Each is shown once. */
import type { PublishProtocol, Refusal } from '../../contract/index.ts';
import { type Clock, newId } from '../base/index.ts';
import {
  type Actor,
  appendAudit,
  appendEvents,
  type Database,
  type Queryable,
} from '../store/sql/index.ts';
import type { Admission } from './admission.ts';
import {
  forgetOldKeys,
  insertKey,
  isActive,
  keysOfStream,
  type StreamKey,
  updateKeyEnd,
} from './key-table.ts';
import type { Stream } from './stream.ts';
import type { StreamKeys } from './stream-key.ts';
import { lockStream } from './stream-table.ts';

/** Keys of one stream that work at the same time. */
export const MAX_KEYS_PER_STREAM = 20;
/** Keys that no longer work and are still listed. */
const MAX_OLD_KEYS = 50;
/** Protocols and ranges to which one key is limited. */
export const MAX_ADDRESS_RANGES = 20;
/** How long two keys of a stream may work while one replaces the other. */
export const MAX_OVERLAP_MS = 30 * 24 * 60 * 60 * 1000;

/** What a guest's key is made from. */
export interface KeyDraft {
  /** What its owner calls it. */
  readonly name: string;
  /** Empty: any. */
  readonly protocols: readonly PublishProtocol[];
  /** Up to `MAX_ADDRESS_RANGES` CIDR ranges; empty: any address. */
  readonly addressRanges: readonly string[];
  /** Null: when it is revoked. */
  readonly expiresAtMs: number | null;
}

/** How a stream's own key is replaced. */
export interface Rotation {
  /** How long the old key works on, up to `MAX_OVERLAP_MS`; 0: not at all. */
  readonly overlapMs: number;
  /** Whether who publishes by the old key is cut off when that ends; else it may finish. */
  readonly disconnects: boolean;
}

/** A key just made. */
export interface IssuedStreamKey {
  readonly key: StreamKey;
  /** Shown this once. */
  readonly streamKey: string;
}

/** What a keyring works with. */
export interface KeyringSettings {
  readonly database: Database;
  readonly keys: StreamKeys;
  readonly admission: Admission;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** A change of keys, for those who are told. */
interface KeyChange {
  readonly stream: Stream;
  readonly actor: Actor;
  readonly keyId: string;
  readonly change: 'issued' | 'rotated' | 'revoked';
}

/** See the top of the file. */
export class Keyring {
  readonly #settings: KeyringSettings;

  constructor(settings: KeyringSettings) {
    this.#settings = settings;
  }

  /** A key that is not kept yet. */
  make(streamId: string, draft: Partial<KeyDraft> & { readonly isMain: boolean }): IssuedStreamKey {
    const { keys, clock, randomBytes } = this.#settings;
    const nowMs = clock.epochMs();
    const { key: streamKey, hash, last4 } = keys.issue(streamId);
    const key: StreamKey = {
      id: newId('key', nowMs, randomBytes),
      streamId,
      name: '',
      protocols: [],
      addressRanges: [],
      expiresAtMs: null,
      ...draft,
      ...{ hash, last4, createdAtMs: nowMs, revokedAtMs: null, lastUsedAtMs: null },
    };
    return { key, streamKey };
  }

  /** All keys of a stream, the newest first. */
  async list(streamId: string): Promise<readonly StreamKey[]> {
    return keysOfStream(this.#settings.database, streamId);
  }

  /** Gives a stream one more key, for a guest; a refusal when its time would be over already. */
  async issue(streamId: string, draft: KeyDraft, actor: Actor): Promise<IssuedStreamKey | Refusal> {
    const { database, admission, clock } = this.#settings;
    const ended = refuseEnded(draft, clock.epochMs());
    if (ended !== undefined) return ended;
    const issued = this.make(streamId, { ...draft, isMain: false });
    const kept = await database.transaction(async (transaction) => {
      const stream = await lockStream(transaction, streamId);
      if (stream === undefined) return unknownStream('issue a key of', streamId);
      const active = await this.#activeKeys(transaction, streamId);
      if (active.length >= MAX_KEYS_PER_STREAM) return tooManyKeys(streamId);
      await this.#add(transaction, issued.key);
      await this.#tell(transaction, { stream, actor, keyId: issued.key.id, change: 'issued' });
      return stream;
    });
    if ('refused' in kept) return kept;
    admission.known.put({ key: issued.key, stream: kept, keysRefusedUntilMs: null });
    return issued;
  }

  /**
   * Gives a stream a new key of its own in place of the old one. Of two that overlap already, the
   * older is over at once: no more than two ever work.
   */
  async rotate(
    streamId: string,
    { overlapMs, disconnects }: Rotation,
    actor: Actor,
  ): Promise<IssuedStreamKey | Refusal> {
    const { database, admission, clock } = this.#settings;
    const issued = this.make(streamId, { isMain: true });
    const nowMs = clock.epochMs();
    const done = await database.transaction(async (transaction) => {
      const stream = await lockStream(transaction, streamId);
      if (stream === undefined) return unknownStream('replace the key of', streamId);
      const main = (await this.#activeKeys(transaction, streamId)).filter(({ isMain }) => isMain);
      const replaced = main.map((key) =>
        overlapMs > 0 && key.expiresAtMs === null
          ? { ...key, expiresAtMs: nowMs + overlapMs }
          : { ...key, revokedAtMs: nowMs },
      );
      for (const key of replaced) await updateKeyEnd(transaction, key);
      await this.#add(transaction, issued.key);
      await this.#tell(transaction, { stream, actor, keyId: issued.key.id, change: 'rotated' });
      return { stream, replaced };
    });
    if ('refused' in done) return done;
    const { stream, replaced } = done;
    if (!disconnects) admission.spare(replaced.map(({ id }) => id));
    for (const key of replaced) this.#note(key, stream);
    this.#note(issued.key, stream);
    return issued;
  }

  /** Makes a key void. Who publishes by it is cut off within seconds if `disconnects`. */
  async revoke(
    streamId: string,
    { keyId, disconnects }: { readonly keyId: string; readonly disconnects: boolean },
    actor: Actor,
  ): Promise<StreamKey | Refusal> {
    const { database, admission, clock } = this.#settings;
    const done = await database.transaction(async (transaction) => {
      const stream = await lockStream(transaction, streamId);
      if (stream === undefined) return unknownStream('revoke a key of', streamId);
      const keys = await keysOfStream(transaction, streamId);
      const key = keys.find(({ id }) => id === keyId);
      if (key === undefined) return unknownKey(streamId);
      if (key.revokedAtMs !== null) return { stream, key };
      const revoked = { ...key, revokedAtMs: clock.epochMs() };
      await updateKeyEnd(transaction, revoked);
      await this.#tell(transaction, { stream, actor, keyId, change: 'revoked' });
      return { stream, key: revoked };
    });
    if ('refused' in done) return done;
    if (!disconnects) admission.spare([keyId]);
    this.#note(done.key, done.stream);
    return done.key;
  }

  async #activeKeys(transaction: Queryable, streamId: string): Promise<readonly StreamKey[]> {
    const nowMs = this.#settings.clock.epochMs();
    const keys = await keysOfStream(transaction, streamId);
    return keys.filter((key) => isActive(key, nowMs));
  }

  async #add(transaction: Queryable, key: StreamKey): Promise<void> {
    await insertKey(transaction, key);
    const at = new Date(key.createdAtMs);
    await forgetOldKeys(transaction, key.streamId, { at, kept: MAX_OLD_KEYS });
  }

  /** What is known without the database must not be older than what it says. */
  #note(key: StreamKey, stream: Stream): void {
    const { admission, clock } = this.#settings;
    if (isActive(key, clock.epochMs())) {
      admission.known.put({ key, stream, keysRefusedUntilMs: null });
    } else admission.known.remove(key.hash);
  }

  async #tell(transaction: Queryable, { stream, actor, keyId, change }: KeyChange): Promise<void> {
    const { clock, randomBytes } = this.#settings;
    const nowMs = clock.epochMs();
    const at = new Date(nowMs);
    await appendAudit(transaction, {
      at,
      actor,
      action: `key.${change === 'issued' ? 'issue' : change === 'rotated' ? 'rotate' : 'revoke'}`,
      objectKind: 'stream',
      objectId: stream.id,
      changes: { keyId },
    });
    const event = {
      id: newId('evt', nowMs, randomBytes),
      type: 'key.rotated',
      occurredAt: at,
      ownerId: stream.broadcasterId,
      streamId: stream.id,
      data: { streamId: stream.id, keyId, change },
    } as const;
    await appendEvents(transaction, [event]);
  }
}

/** The refusal of whatever was to be done to a stream that is not there. */
export function unknownStream(action: string, id: string): Refusal {
  return {
    refused: 'stream_not_found',
    detail: `Cannot ${action} stream ${JSON.stringify(id.slice(0, 100))}: it is unknown`,
  };
}

function refuseEnded({ expiresAtMs }: KeyDraft, nowMs: number): Refusal | undefined {
  if (expiresAtMs === null || expiresAtMs > nowMs) return undefined;
  const message = `must not be in the past: it is ${new Date(nowMs).toISOString()} now`;
  const detail = `Cannot issue a key: expiresAt ${message}`;
  return { refused: 'invalid_request', detail, errors: [{ field: 'expiresAt', message }] };
}

function unknownKey(streamId: string): Refusal {
  const detail = `Cannot revoke key of stream ${streamId}: it has no key with this id`;
  return { refused: 'key_not_found', detail };
}

function tooManyKeys(streamId: string): Refusal {
  const detail = `Cannot issue a key of stream ${streamId}: ${MAX_KEYS_PER_STREAM} work already`;
  return { refused: 'too_many_keys', detail };
}
