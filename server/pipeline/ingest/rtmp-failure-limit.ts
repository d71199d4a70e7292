import { isIPv6 } from 'node:net';

interface Failures {
  count: number;
  /** Failures count until then; so does the ban that too many of them earn. */
  untilMs: number;
}

/** How much failure is too much, and how many addresses to remember it of. */
export interface FailureLimitOptions {
  /** Failures within a window after which an address is blocked. */
  readonly failures: number;
  /** The window, and how long a block lasts, in milliseconds. */
  readonly windowMs: number;
  /** Addresses remembered at most. */
  readonly addresses: number;
}

/**
 * Counts how often an address was refused, so that stream keys cannot be guessed. IPv6 addresses
 * count by their /64, since one customer has all of it.
 */
export class FailureLimit {
  readonly #options: FailureLimitOptions;
  /** In order of their first failure. */
  readonly #failures = new Map<string, Failures>();

  constructor(options: FailureLimitOptions) {
    this.#options = options;
  }

  /** Addresses remembered now. */
  get size(): number {
    return this.#failures.size;
  }

  /** Notes one refusal; true when it is the one that has the address blocked. */
  fail(address: string, nowMs: number): boolean {
    const { failures, windowMs } = this.#options;
    const group = addressGroup(address);
    const known = this.#failures.get(group);
    if (known !== undefined && nowMs < known.untilMs) {
      known.count++;
      if (known.count === failures) known.untilMs = nowMs + windowMs;
      return known.count === failures;
    }
    this.#failures.delete(group);
    this.#forgetOldest();
    this.#failures.set(group, { count: 1, untilMs: nowMs + windowMs });
    return failures === 1;
  }

  /** Whether an address has failed too often of late. */
  blocks(address: string, nowMs: number): boolean {
    const known = this.#failures.get(addressGroup(address));
    return known !== undefined && nowMs < known.untilMs && known.count >= this.#options.failures;
  }

  #forgetOldest(): void {
    if (this.#failures.size < this.#options.addresses) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }
}

/** IPv4 as it is, also when it comes mapped into IPv6; the first four groups of IPv6. */
function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Math.max(0, 8 - front.length - back.length) : 0;
  const groups = [...front, ...Array<string>(zeros).fill('0'), ...back];
  return `${groups.slice(0, 4).join(':').toLowerCase()}::/64`;
}
