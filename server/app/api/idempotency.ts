/**
 * A request that is sent again after its answer was lost is answered again, not done again: for
 * 24 h what a key was answered with is kept. Answers may hold secrets that are shown once, so they
 * are sealed with the key and with a secret of the server, neither of which the database has: keys
 * are a client's choice, and "1" is one.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { Refusal } from '../../../contract/index.ts';
import type { Principal } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';
import type { Database } from '../../store/sql/index.ts';

/** How long an answer is kept. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A request that has no answer after this was cut off with its server; its key is free again. */
const ANSWERED_WITHIN_MS = 60_000;
/** Visible ASCII, as draft-ietf-httpapi-idempotency-key-header-07 leaves it to the server. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** An answer as it is sent. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Null: none. */
  readonly text: string | null;
}

/** What makes a request the same as another. */
export interface KeyedRequest {
  readonly key: string;
  readonly principal: Principal;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Row {
  readonly request_hash: string;
  readonly status: number | null;
  readonly sealed: string | null;
  readonly created_at: Date;
}

/** What a key turned out to be. */
export type Claim =
  /** Nobody used it before: to be done, then kept or given up. */
  | {
      readonly isNew: true;
      readonly keep: (answer: KeptAnswer) => Promise<void>;
      readonly giveUp: () => Promise<void>;
    }
  | { readonly isNew: false; readonly answer: KeptAnswer };

/** The keys of the last 24 h. */
export class IdempotencyKeys {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #root: Uint8Array;

  /** `root`: at least 32 random bytes that are not in the database. */
  constructor(database: Database, clock: Clock, root: Uint8Array) {
    this.#database = database;
    this.#clock = clock;
    this.#root = root;
  }

  /** Claims the key for a request, or tells what the same request was answered with. */
  async claim(request: KeyedRequest): Promise<Claim | Refusal> {
    if (!KEY.test(request.key)) return malformedKey;
    // What a client chose can be guessed; without the root, no guess can be tried.
    const key = createHmac('sha256', this.#root).update(request.key).digest('hex');
    const place = [callerOf(request.principal), digest('key', key)];
    const hash = digest(
      'request',
      request.method,
      request.path,
      JSON.stringify(request.body) ?? '',
    );
    const now = new Date(this.#clock.epochMs());
    // One statement, so that of two at once exactly one has the key. A stale one is taken over.
    const [claimed] = await this.#database.query<Row>(
      `insert into idempotency_keys as held (principal, key, request_hash, created_at)
       values ($1, $2, $3, $4)
       on conflict (principal, key) do update
         set request_hash = $3, status = null, sealed = null, created_at = $4
         where held.created_at < $5 or (held.status is null and held.created_at < $6)
       returning request_hash, status, sealed, created_at`,
      [
        ...place,
        ...[hash, now],
        new Date(now.getTime() - KEPT_MS),
        new Date(now.getTime() - ANSWERED_WITHIN_MS),
      ],
    );
    if (claimed !== undefined) return this.#claimed(place, key, now);
    const [row] = await this.#database.query<Row>(
      `select request_hash, status, sealed, created_at from idempotency_keys
       where principal = $1 and key = $2`,
      place,
    );
    if (row !== undefined && row.request_hash !== hash) return otherRequest;
    if (row === undefined || row.status === null || row.sealed === null) return inProgress;
    return { isNew: false, answer: JSON.parse(open(row.sealed, key)) as KeptAnswer };
  }

  #claimed(place: readonly string[], key: string, at: Date): Claim {
    return {
      isNew: true,
      keep: async (answer) => {
        await this.#database.query(
          `update idempotency_keys set status = $4, sealed = $5
           where principal = $1 and key = $2 and created_at = $3`,
          [...place, at, answer.status, seal(JSON.stringify(answer), key)],
        );
      },
      giveUp: async () => {
        await this.#database.query(
          'delete from idempotency_keys where principal = $1 and key = $2 and created_at = $3',
          [...place, at],
        );
      },
    };
  }
}

const malformedKey: Refusal = {
  refused: 'invalid_request',
  detail: 'Cannot use Idempotency-Key: it must be 1 to 255 visible ASCII characters',
  errors: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
};

const otherRequest: Refusal = {
  refused: 'idempotency_conflict',
  detail: 'Cannot use Idempotency-Key: it was used for another request within 24 h',
};

const inProgress: Refusal = {
  refused: 'idempotency_in_progress',
  detail: 'Cannot answer request: the first one with this Idempotency-Key is being answered',
};

function callerOf(principal: Principal): string {
  switch (principal.kind) {
    case 'user':
      return principal.userId;
    case 'token':
      return principal.tokenId;
    default:
      return principal.kind;
  }
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function seal(text: string, key: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sealKey(key, nonce), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

function open(sealed: string, key: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', sealKey(key, nonce), nonce);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

function sealKey(key: string, nonce: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, nonce, 'idempotency', 32));
}
