/** One connection to a Redis server, from its handshake to its loss; it never comes back by itself. */
import { Redis } from 'ioredis';
import type { Cancel, Clock } from '../../base/index.ts';
import type { RedisAddress } from './redis-address.ts';
import { RedisUnavailableError, redisError } from './redis-error.ts';

/** Of the whole handshake. */
const CONNECT_MS = 5_000;
/** An answer that takes longer means that the server is gone: it answers in microseconds. */
const ANSWER_MS = 1_500;
/** Commands without an answer. */
const MOST_WAITING = 20_000;

/** What is sent to Redis beside the command's name. */
export type RedisArgument = string | number | Buffer;

/** What somebody published. */
export type RedisMessage = (channel: string, payload: string) => void;

/** Rejected when the connection is lost: a promise of that itself would hold on to all that ever waited. */
interface Waiting {
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  readonly reject: (error: RedisUnavailableError) => void;
}

/** See the top of the file. */
export class RedisSession {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #place: string;
  readonly #lost = Promise.withResolvers<RedisUnavailableError>();
  /** What waits for an answer, by a number of its own; oldest first. */
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #cancelWatch: Cancel | undefined;

  private constructor(redis: Redis, address: RedisAddress, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
    this.#place = address.place;
    let last: unknown;
    redis.on('error', (error) => {
      last = error;
    });
    redis.on('end', () => this.#end(last ?? new Error('the connection was lost')));
  }

  /** Connects. Throws a `RedisUnavailableError` that says why not. */
  static async open(address: RedisAddress, clock: Clock): Promise<RedisSession> {
    const redis = new Redis({
      ...address.options,
      lazyConnect: true,
      connectionName: 'millrace',
      connectTimeout: CONNECT_MS,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
    });
    const session = new RedisSession(redis, address, clock);
    const late = new Error(`no answer within ${CONNECT_MS / 1000} s`);
    const cancel = clock.after(CONNECT_MS, () => session.#end(late));
    // What the client rejects with says less than the error that came before it.
    const failed = session.lost.then((error) => {
      throw error;
    });
    try {
      const connected = redis.connect();
      connected.catch(() => {});
      await Promise.race([connected.catch(() => failed), failed]);
      return session;
    } finally {
      cancel();
      failed.catch(() => {});
    }
  }

  /** Resolves with the reason once the connection is of no use any more. */
  get lost(): Promise<RedisUnavailableError> {
    return this.#lost.promise;
  }

  /**
   * Sends a command; answers come in the order of commands. Rejects with a
   * `RedisUnavailableError` when the connection was lost: the server may have done it or not. What
   * the server itself says against it comes as its own error.
   */
  async send(command: string, args: readonly RedisArgument[]): Promise<unknown> {
    if (this.#waiting.size >= MOST_WAITING) {
      throw redisError(new Error('too much waits for its answer'), this.#place);
    }
    try {
      return await this.#orLost(this.#redis.call(command, ...args));
    } catch (error) {
      if (error instanceof RedisUnavailableError || isReply(error)) throw error;
      throw await this.lost;
    }
  }

  /** Hands over what is published on the channels that are subscribed to from now on. */
  listen(message: RedisMessage): void {
    this.#redis.on('message', message);
  }

  /** Begins or ends to be told what is published. Rejects as `send` does. */
  async follow(verb: 'subscribe' | 'unsubscribe', channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await this.#orLost(this.#redis[verb](...channels));
    } catch (error) {
      throw redisError(error, this.#place);
    }
  }

  /** Ends the connection. */
  close(): void {
    this.#end(new Error('the connection was closed'));
  }

  /** What `answer` resolves with; rejects with the reason when the connection is lost before. */
  async #orLost(answer: Promise<unknown>): Promise<unknown> {
    const number = this.#asked;
    this.#asked += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(number, { sinceMs: this.#clock.monotonicMs(), reject });
    this.#watch();
    answer.then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#waiting.delete(number);
    }
  }

  #watch(): void {
    this.#cancelWatch ??= this.#clock.after(ANSWER_MS, () => {
      this.#cancelWatch = undefined;
      const [oldest] = this.#waiting.values();
      if (oldest === undefined) return;
      const waitsMs = this.#clock.monotonicMs() - oldest.sinceMs;
      if (waitsMs >= ANSWER_MS) this.#end(new Error(`no answer within ${ANSWER_MS / 1000} s`));
      else this.#watch();
    });
  }

  #end(why: unknown): void {
    this.#cancelWatch?.();
    const error = redisError(why, this.#place);
    this.#lost.resolve(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#redis.disconnect();
  }
}

/** Whether the server itself said so, in an answer to the command. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
