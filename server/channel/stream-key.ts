/**
 * The key that an encoder shows to publish: `live_<stream id>_<secret>`. As sensitive as a
 * password, so it is handed out once and only its hash is kept. The id part lets a person see
 * which stream a key belongs to; it proves nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { base32 } from '../base/index.ts';

/** 160 bits: guessing is hopeless, so the hash need not be slow. */
const SECRET_BYTES = 20;
const KEY_FORM = /^live_([a-z2-7]{12})_([a-z2-7]{32})$/;
const LAST = 4;

/** A key just made, and what may be kept of it. */
export interface IssuedKey {
  /** Shown to its owner once. */
  readonly key: string;
  readonly hash: string;
  readonly last4: string;
}

/** Whether `text` has the form of a stream key. Says nothing about whether one was issued. */
export function isStreamKey(text: string): boolean {
  return KEY_FORM.test(text);
}

/** The stream that a key claims to be for; undefined for what is no key. */
export function streamIdOf(key: string): string | undefined {
  return KEY_FORM.exec(key)?.[1];
}

/** Issues keys and recognises them by their hash under one pepper. */
export class StreamKeys {
  readonly #pepper: Uint8Array;
  readonly #randomBytes: (size: number) => Uint8Array;

  /** `randomBytes` must be cryptographically strong. */
  constructor(pepper: Uint8Array, randomBytes: (size: number) => Uint8Array) {
    this.#pepper = pepper;
    this.#randomBytes = randomBytes;
  }

  /** A new key for the stream, which has an id of this server's own making. */
  issue(streamId: string): IssuedKey {
    const key = `live_${streamId}_${base32(this.#randomBytes(SECRET_BYTES))}`;
    return { key, hash: this.hash(key), last4: key.slice(-LAST) };
  }

  /** HMAC-SHA-256 in hex: whoever steals the store cannot test guesses without the pepper. */
  hash(key: string): string {
    return createHmac('sha256', this.#pepper).update(key).digest('hex');
  }

  /** Compares two hashes in a time that does not depend on where they differ. */
  equal(left: string, right: string): boolean {
    const [a, b] = [Buffer.from(left, 'hex'), Buffer.from(right, 'hex')];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}
