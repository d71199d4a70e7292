import { isIPv6 } from 'node:net';
import type { Principal } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';

/** Requests of one caller in one window, by who asks. */
export interface RateBudgets {
  /** One address; everybody behind one router counts as one. */
  readonly anonymous: number;
  readonly user: number;
  readonly token: number;
  readonly operator: number;
}

/** What pages and programs need, with room; a loop gone wild is stopped. */
export const DEFAULT_BUDGETS: RateBudgets = {
  anonymous: 6_000,
  user: 3_000,
  token: 6_000,
  operator: 60_000,
};

/** Heartbeats of pages: an address with 1,000 viewers behind it, and whoever tries it out locally. */
export const VIEWER_BUDGETS: RateBudgets = { ...DEFAULT_BUDGETS, operator: 600_000 };

const WINDOW_MS = 60_000;
/** Callers counted at once; past this those counted longest ago are forgotten first. */
const MAX_CALLERS = 20_000;

/** How a caller stands, as the RateLimit headers tell it. */
export interface RateStanding {
  readonly limit: number;
  /** Requests left in this window, after this one. */
  readonly remaining: number;
  /** Whole seconds to the end of the window, rounded up. */
  readonly resetS: number;
  /** Whether this request is one too many. */
  readonly isExceeded: boolean;
}

interface Window {
  readonly beganMs: number;
  count: number;
}

/** Counts the requests of each caller in windows of a minute. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #budgets: RateBudgets;
  /** Oldest window first. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, budgets: RateBudgets = DEFAULT_BUDGETS) {
    this.#clock = clock;
    this.#budgets = budgets;
  }

  /** Counts one request. `remoteAddress` is that of whoever asks. */
  count(principal: Principal, remoteAddress: string | undefined): RateStanding {
    const nowMs = this.#clock.monotonicMs();
    const window = this.#windowOf(callerOf(principal, remoteAddress), nowMs);
    const limit = this.#budgets[principal.kind];
    window.count += 1;
    return {
      limit,
      remaining: Math.max(0, limit - window.count),
      resetS: Math.ceil((window.beganMs + WINDOW_MS - nowMs) / 1000),
      isExceeded: window.count > limit,
    };
  }

  /** Counts credentials that were refused, against the address they came from. */
  countRefused(remoteAddress: string | undefined): void {
    this.#windowOf(refusedFrom(remoteAddress), this.#clock.monotonicMs()).count += 1;
  }

  /**
   * How an address stands from which so many refused credentials came that no others are looked at;
   * undefined while they are. Looking at them asks the database, before anything else is counted.
   */
  refusedTooOften(remoteAddress: string | undefined): RateStanding | undefined {
    const nowMs = this.#clock.monotonicMs();
    const window = this.#windows.get(refusedFrom(remoteAddress));
    const limit = this.#budgets.anonymous;
    if (window === undefined || window.count < limit || nowMs >= window.beganMs + WINDOW_MS) {
      return undefined;
    }
    const resetS = Math.ceil((window.beganMs + WINDOW_MS - nowMs) / 1000);
    return { limit, remaining: 0, resetS, isExceeded: true };
  }

  #windowOf(caller: string, nowMs: number): Window {
    const known = this.#windows.get(caller);
    if (known !== undefined && nowMs < known.beganMs + WINDOW_MS) return known;
    const fresh = { beganMs: nowMs, count: 0 };
    this.#windows.delete(caller);
    this.#windows.set(caller, fresh);
    if (this.#windows.size > MAX_CALLERS) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    return fresh;
  }
}

function callerOf(principal: Principal, remoteAddress: string | undefined): string {
  switch (principal.kind) {
    case 'user':
      return principal.userId;
    case 'token':
      return principal.tokenId;
    case 'operator':
      return 'operator';
    case 'anonymous':
      return `address ${networkOf(remoteAddress ?? '')}`;
  }
}

function refusedFrom(remoteAddress: string | undefined): string {
  return `refused ${networkOf(remoteAddress ?? '')}`;
}

/** One household has a whole /64 of IPv6 addresses to come from. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const { hostname } = new URL(`http://[${address.split('%', 1)[0]}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::', 2);
  const first = head.split(':').filter((group) => group !== '');
  const last = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
