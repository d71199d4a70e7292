import { networkInterfaces } from 'node:os';
import { assert, type Cancel, type Clock } from '../base/index.ts';
import type { Stream } from './stream.ts';
import type { StreamKeys } from './stream-key.ts';

/** Keys for one use that wait for it; more are a fault of ours. */
const MAX_ONE_TIME_KEYS = 64;

interface OneTimeKey {
  readonly stream: Stream;
  readonly cancelExpiry: Cancel;
}

/**
 * Keys that work once, for a publisher on this machine, within seconds. For a program that can only
 * be told its key where others see it, such as its command line: what they see is worth nothing by
 * the time they could use it. They are in memory alone.
 */
export class OneTimeKeys {
  readonly #keys: StreamKeys;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, OneTimeKey>();

  constructor(keys: StreamKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  issue(stream: Stream, lifetimeMs: number): string {
    assert(
      this.#waiting.size < MAX_ONE_TIME_KEYS,
      `Cannot issue key: ${MAX_ONE_TIME_KEYS} wait for their use`,
    );
    const { key, hash } = this.#keys.issue(stream.id);
    const cancelExpiry = this.#clock.after(lifetimeMs, () => this.#waiting.delete(hash));
    this.#waiting.set(hash, { stream, cancelExpiry });
    return key;
  }

  /** The stream of the key, which is used up; undefined when it is none, or not from here. */
  take(hash: string, remoteAddress: string | undefined): Stream | undefined {
    const found = this.#waiting.get(hash);
    if (found === undefined || !isThisMachine(remoteAddress)) return undefined;
    this.#waiting.delete(hash);
    found.cancelExpiry();
    return found.stream;
  }

  /** All are void from now on. */
  clear(): void {
    for (const { cancelExpiry } of this.#waiting.values()) cancelExpiry();
    this.#waiting.clear();
  }
}

/** Whether a peer is on this machine: on loopback, or at an address of one of its interfaces. */
function isThisMachine(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (plain === '::1' || plain.startsWith('127.')) return true;
  const interfaces = Object.values(networkInterfaces()).flat();
  return interfaces.some((each) => each?.address === plain);
}
