/**
 * What a server shares with others through Redis: one connection that is made anew whenever it is
 * lost. Nobody waits for a Redis that is away: what is asked of it then is refused at once.
 *
 *             connected, channels followed
 *     away  ------------------------------->  up
 *      ^ |  <-------------------------------
 *      +-+   lost: no answer for 1.5 s, closed
 *    tried again
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { type RedisAddress, redisAddress } from './redis-address.ts';
import { type RedisUnavailableError, redisError } from './redis-error.ts';
import { type RedisArgument, RedisSession } from './redis-session.ts';

/** From one sign of life to the next, when nothing else is asked. */
const PULSE_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/** What a link needs of the world. */
export interface RedisLinkSettings {
  /** `redis://` or `rediss://`, checked; secret. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A script of Lua that Redis runs as one step. */
export interface RedisScript {
  /** Rejects as `RedisLink.send` does. */
  run(keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
}

/** See the top of the file. */
export class RedisLink {
  /** Begins every key and channel; others may use the same server. */
  readonly prefix: string;
  readonly #settings: RedisLinkSettings;
  readonly #address: RedisAddress;
  readonly #channels = new Map<string, Set<(payload: string) => void>>();
  readonly #watchers = new Set<(isUp: boolean) => void>();
  #session: RedisSession | undefined;
  #isUp = false;
  #isClosed = false;
  #failures = 0;
  #cancelRetry: Cancel | undefined;
  #cancelPulse: Cancel | undefined;

  private constructor(settings: RedisLinkSettings) {
    this.#settings = settings;
    this.#address = redisAddress(settings.url);
    // What is published does not know of databases.
    this.prefix = `millrace:${this.#address.db}:`;
  }

  /**
   * Connects. A server that cannot be reached now is waited for in the background, so that video
   * goes on without it; one that refuses name, password or certificate throws a
   * `RedisUnavailableError`.
   */
  static async open(settings: RedisLinkSettings): Promise<RedisLink> {
    const link = new RedisLink(settings);
    const { place } = link.#address;
    try {
      await link.#connect();
      settings.log.info({ redis: place }, 'redis is used');
    } catch (error) {
      const problem = redisError(error, place);
      if (problem.isRefusal) {
        link.close();
        throw problem;
      }
      settings.log.warn({ error: problem }, 'redis is away, this server goes on alone');
      link.#retryLater();
    }
    return link;
  }

  /** Whether Redis answers, as far as is known. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Calls back when `isUp` has changed. */
  watch(watcher: (isUp: boolean) => void): Cancel {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /**
   * Sends a command; answers come in the order of commands. Rejects with a `RedisUnavailableError`
   * while Redis is away, and when it goes away before it has answered: then it may have done what
   * was asked, or do it later.
   */
  send(command: string, ...args: RedisArgument[]): Promise<unknown> {
    const session = this.#session;
    if (!this.#isUp || session === undefined) return Promise.reject(this.#away());
    return session.send(command, args);
  }

  /** A script; it is sent whole, so that a server that was restarted needs no preparation. */
  script(lua: string): RedisScript {
    return { run: (keys, args) => this.send('EVAL', lua, keys.length, ...keys, ...args) };
  }

  /**
   * Hands over what is published on a channel, also after Redis was away; what was published
   * meanwhile is not told. Resolves when nothing published from then on is missed, as long as Redis
   * is up; while it is away, at once.
   */
  async subscribe(channel: string, listener: (payload: string) => void): Promise<Cancel> {
    const known = this.#channels.get(channel);
    if (known === undefined) this.#channels.set(channel, new Set([listener]));
    else known.add(listener);
    // Also when it is known: the first one may be waiting still.
    if (this.#isUp) await this.#session?.follow('subscribe', [channel]).catch(() => {});
    return () => this.#unsubscribe(channel, listener);
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelPulse?.();
    this.#session?.close();
    this.#turn(false);
  }

  #unsubscribe(channel: string, listener: (payload: string) => void): void {
    const listeners = this.#channels.get(channel);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.#channels.delete(channel);
    if (this.#isUp) void this.#session?.follow('unsubscribe', [channel]).catch(() => {});
  }

  async #connect(): Promise<void> {
    const { clock } = this.#settings;
    const session = await RedisSession.open(this.#address, clock);
    session.listen((channel, payload) => {
      for (const listener of this.#channels.get(channel) ?? []) listener(payload);
    });
    try {
      // Whoever subscribes while this is waited for is not among them.
      let followed = 0;
      while (followed < this.#channels.size) {
        const channels = [...this.#channels.keys()];
        followed = channels.length;
        await session.follow('subscribe', channels);
      }
    } catch (error) {
      session.close();
      throw error;
    }
    if (this.#isClosed) {
      session.close();
      throw this.#away();
    }
    this.#session = session;
    this.#failures = 0;
    void session.lost.then((error) => this.#lose(session, error));
    this.#pulseLater(session);
    this.#turn(true);
  }

  #lose(session: RedisSession, error: RedisUnavailableError): void {
    if (session !== this.#session || this.#isClosed) return;
    this.#session = undefined;
    this.#cancelPulse?.();
    this.#settings.log.warn({ error }, 'redis is away, this server goes on alone');
    this.#turn(false);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelRetry = this.#settings.clock.after(waitMs, () => {
      this.#connect().then(
        () => this.#settings.log.info({}, 'redis answers again'),
        (error) => {
          this.#settings.log.debug({ error }, 'redis is still away');
          this.#retryLater();
        },
      );
    });
  }

  #pulseLater(session: RedisSession): void {
    this.#cancelPulse = this.#settings.clock.after(PULSE_MS, () => {
      // One that does not answer is lost by that; one that says no is there.
      const next = (): void => {
        if (session === this.#session) this.#pulseLater(session);
      };
      session.send('PING', []).then(next, next);
    });
  }

  #turn(isUp: boolean): void {
    if (this.#isUp === isUp) return;
    this.#isUp = isUp;
    for (const watcher of [...this.#watchers]) watcher(isUp);
  }

  #away(): RedisUnavailableError {
    return redisError(new Error('it is away'), this.#address.place);
  }
}
