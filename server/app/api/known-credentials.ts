import { createHash } from 'node:crypto';

/** Programs that ask one server at a time, with room; the one that was good longest ago is forgotten first. */
const MAX_KNOWN = 10_000;

/**
 * The credentials that were good when they were last looked at, as hashes. They are looked at also
 * where so many bad ones come from that others are not: whoever floods from behind the same router
 * must not shut them out.
 */
export class KnownCredentials {
  /** The one that was good longest ago comes first. */
  readonly #hashes = new Set<string>();

  /** Whether this header Authorization was good when it was last looked at. */
  has(authorization: string): boolean {
    return this.#hashes.has(hashOf(authorization));
  }

  /** It was good just now. */
  remember(authorization: string): void {
    const hash = hashOf(authorization);
    this.#hashes.delete(hash);
    this.#hashes.add(hash);
    if (this.#hashes.size <= MAX_KNOWN) return;
    const [oldest] = this.#hashes;
    if (oldest !== undefined) this.#hashes.delete(oldest);
  }

  /** It is good no longer: revoked, too old, or its owner is disabled. */
  forget(authorization: string): void {
    this.#hashes.delete(hashOf(authorization));
  }
}

function hashOf(authorization: string): string {
  return createHash('sha256').update(authorization).digest('base64');
}
