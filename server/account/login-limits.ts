/** How often somebody may get a password wrong. */
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Refusal } from '../../contract/index.ts';
import { hashSecret } from './secrets.ts';

/** Failures in one window. An address may be a whole office behind one router. */
const MAX_FAILURES_PER_ADDRESS = 30;
const MAX_FAILURES_PER_ACCOUNT_AND_ADDRESS = 10;
/** From all addresses together, those left out from which its owner has signed in. */
const MAX_FAILURES_PER_ACCOUNT = 100;
const WINDOW_S = 15 * 60;
/** Addresses and accounts counted apart; later ones share a counter, so memory is bounded. */
const MAX_COUNTED = 50_000;
/** Accounts with addresses from which they were signed in to; the oldest are forgotten first. */
const MAX_KNOWN = 20_000;
/** An IPv6 customer has at least a /64 to choose addresses from, so it counts as one. */
const IPV6_PREFIX_BYTES = 8;

/** Counts under keys: `consume` rejects with an answer that has `msBeforeNext` when there are too many. */
export interface AttemptCounter {
  consume(key: string): Promise<unknown>;
  reward(key: string): Promise<unknown>;
}

/** Who tries. */
export interface SignInAttempt {
  /** Of the connection itself, or as a trusted proxy says. */
  readonly remoteAddress: string;
  /** As typed. */
  readonly name: string;
}

/** A refusal, and after how many seconds it makes sense to come again. */
export interface LimitRefusal extends Refusal {
  readonly retryAfterS: number;
}

/**
 * Limits failed sign-ins by address, by account at one address, and, more softly, by account: a
 * stranger must not shut its owner out, so an address from which somebody has signed in to an
 * account is not held back by what others do. An attempt counts from its beginning, so that many
 * at once get no further than many in a row; one that succeeds is given back.
 */
export class LoginLimits {
  readonly #addresses: AttemptCounter;
  readonly #pairs: AttemptCounter;
  readonly #accounts: AttemptCounter;
  /** Whose first sign-in was longest ago comes first. */
  readonly #known = new Set<string>();
  /** Attempts that were counted for their account. */
  readonly #counted = new WeakSet<SignInAttempt>();

  constructor(
    counters: {
      readonly addresses?: AttemptCounter;
      readonly pairs?: AttemptCounter;
      readonly accounts?: AttemptCounter;
    } = {},
  ) {
    this.#addresses = counters.addresses ?? boundedCounter(MAX_FAILURES_PER_ADDRESS);
    this.#pairs = counters.pairs ?? boundedCounter(MAX_FAILURES_PER_ACCOUNT_AND_ADDRESS);
    this.#accounts = counters.accounts ?? boundedCounter(MAX_FAILURES_PER_ACCOUNT);
  }

  /** Counts an attempt; a refusal when there were too many, or when they cannot be counted. */
  async begin(attempt: SignInAttempt): Promise<LimitRefusal | undefined> {
    const { address, pair, account } = keysOf(attempt);
    try {
      await this.#addresses.consume(address);
      await this.#pairs.consume(pair);
      if (this.#known.has(pair)) return undefined;
      await this.#accounts.consume(account);
      this.#counted.add(attempt);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Gives an attempt back, the same object as it began with, that was no failure. */
  async forget(attempt: SignInAttempt): Promise<void> {
    const { address, pair, account } = keysOf(attempt);
    await this.#addresses.reward(address);
    await this.#pairs.reward(pair);
    if (this.#counted.delete(attempt)) await this.#accounts.reward(account);
  }

  /** As `forget`; and the account is known to be used from there. */
  async succeeded(attempt: SignInAttempt): Promise<void> {
    await this.forget(attempt);
    this.learn(attempt);
  }

  /** Takes the address for one that the account's owner comes from. */
  learn(attempt: SignInAttempt): void {
    this.#known.add(keysOf(attempt).pair);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function refusalOf(error: unknown): LimitRefusal {
  const waitMs = waitOf(error);
  if (waitMs === undefined) {
    // Closed, not open: who breaks the counter must not get any number of guesses for it.
    const detail = 'Cannot sign in: attempts cannot be counted at the moment';
    return { refused: 'sign_in_unavailable', detail, retryAfterS: 1 };
  }
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
  const detail = `Cannot sign in: too many failed attempts, try again in ${retryAfterS} seconds`;
  return { refused: 'too_many_requests', detail, retryAfterS };
}

function waitOf(error: unknown): number | undefined {
  if (error instanceof Error || typeof error !== 'object' || error === null) return undefined;
  return 'msBeforeNext' in error && typeof error.msBeforeNext === 'number'
    ? error.msBeforeNext
    : undefined;
}

function boundedCounter(points: number): AttemptCounter {
  const limiter = new RateLimiterMemory({ points, duration: WINDOW_S });
  const counted = new Set<string>();
  const keyOf = (key: string): string => {
    if (counted.has(key)) return key;
    // A window after the first of them, what was counted is forgotten anyway.
    if (counted.size === 0) setTimeout(() => counted.clear(), WINDOW_S * 1000).unref();
    if (counted.size < MAX_COUNTED) {
      counted.add(key);
      return key;
    }
    return 'shared';
  };
  return {
    consume: (key) => limiter.consume(keyOf(key)),
    reward: (key) => limiter.reward(keyOf(key)),
  };
}

function keysOf({ remoteAddress, name }: SignInAttempt) {
  const [address, account] = [addressKey(remoteAddress), accountKey(name)];
  return { address, account, pair: `${account} ${address}` };
}

/** One key for all spellings of an address, and for all addresses of one IPv6 customer. */
function addressKey(remoteAddress: string): string {
  if (!ipaddr.isValid(remoteAddress)) return remoteAddress;
  const address = ipaddr.process(remoteAddress);
  const bytes = address.toByteArray();
  return bytes.slice(0, IPV6_PREFIX_BYTES).join('.');
}

/** Of one length, whatever was typed. */
function accountKey(name: string): string {
  return hashSecret(name.toLowerCase());
}
