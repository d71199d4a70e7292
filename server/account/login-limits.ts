/** How often somebody may get a password wrong. */
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Refusal } from '../../contract/index.ts';
import { hashSecret } from './secrets.ts';

/** Failures in one window. An address may be a whole office behind one router. */
const MAX_FAILURES_PER_ADDRESS = 30;
const MAX_FAILURES_PER_ACCOUNT = 10;
const WINDOW_S = 15 * 60;
/** Addresses and accounts counted apart; later ones share a counter, so memory is bounded. */
const MAX_COUNTED = 50_000;
/** An IPv6 customer has at least a /64 to choose addresses from, so it counts as one. */
const IPV6_PREFIX_BYTES = 8;

/** Counts under keys: `consume` rejects with an answer that has `msBeforeNext` when there are too many. */
export interface AttemptCounter {
  consume(key: string): Promise<unknown>;
  reward(key: string): Promise<unknown>;
}

/** Who tries. */
export interface SignInAttempt {
  /** Of the connection itself: no header is believed. */
  readonly remoteAddress: string;
  /** As typed. */
  readonly name: string;
}

/** A refusal, and after how many seconds it makes sense to come again. */
export interface LimitRefusal extends Refusal {
  readonly retryAfterS: number;
}

/**
 * Limits failed sign-ins by address and by account. An attempt counts from its beginning, so that
 * many at once get no further than many in a row; one that succeeds is given back.
 */
export class LoginLimits {
  readonly #addresses: AttemptCounter;
  readonly #accounts: AttemptCounter;

  constructor(
    counters: { readonly addresses?: AttemptCounter; readonly accounts?: AttemptCounter } = {},
  ) {
    this.#addresses = counters.addresses ?? boundedCounter(MAX_FAILURES_PER_ADDRESS);
    this.#accounts = counters.accounts ?? boundedCounter(MAX_FAILURES_PER_ACCOUNT);
  }

  /** Counts an attempt; a refusal when there were too many, or when they cannot be counted. */
  async begin({ remoteAddress, name }: SignInAttempt): Promise<LimitRefusal | undefined> {
    try {
      await this.#addresses.consume(addressKey(remoteAddress));
      await this.#accounts.consume(accountKey(name));
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Gives an attempt back that was no failure. */
  async succeeded({ remoteAddress, name }: SignInAttempt): Promise<void> {
    await this.#addresses.reward(addressKey(remoteAddress));
    await this.#accounts.reward(accountKey(name));
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
