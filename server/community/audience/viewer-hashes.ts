/**
 * What viewers are known by. Neither an address nor what a client says about itself is kept: a
 * device is a hash of both under a salt of the day, so that what is known today says nothing about
 * tomorrow. The salts are secret: who knew them could choose sessions that a sketch counts as many.
 */
import type { Clock } from '../../base/index.ts';
import type { MemberHash } from './sketch.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * For so long after the salt has changed, players without a page are not counted anew: they still
 * count by their old hash, and pages have not said yet which of the new ones are theirs.
 */
const SETTLING_MS = 25_000;
const BYTES = 8;

/** What hashes are made with. */
export interface ViewerHashSettings {
  readonly clock: Clock;
  /** SHA-256 of a text, as characters of U+0000 to U+00FF. */
  readonly digest: (text: string) => string;
  /** A secret of its own for each purpose; the same on all servers. */
  readonly secret: (purpose: string) => string;
}

/** See the top of the file. */
export class ViewerHashes {
  readonly #settings: ViewerHashSettings;
  readonly #sessionSalt: string;
  #day = Number.NaN;
  #daySalt = '';

  constructor(settings: ViewerHashSettings) {
    this.#settings = settings;
    this.#sessionSalt = settings.secret('viewer sessions');
  }

  /** Whether the salt of devices has just changed. */
  get isSettling(): boolean {
    return this.#settings.clock.epochMs() % DAY_MS < SETTLING_MS;
  }

  /** A page's session. */
  session(id: string): MemberHash {
    return this.#settings.digest(`${this.#sessionSalt} ${id}`).slice(0, BYTES);
  }

  /** A device: an address, and what software there calls itself. */
  device(address: string, userAgent: string): MemberHash {
    const day = Math.floor(this.#settings.clock.epochMs() / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#daySalt = this.#settings.secret(`viewer devices ${day}`);
    }
    return this.#settings.digest(`${this.#daySalt} ${address} ${userAgent}`).slice(0, BYTES);
  }
}
