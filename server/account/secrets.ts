/** Secrets that a machine makes and keeps: long enough that a fast hash of them tells nothing. */
import { createHash } from 'node:crypto';
import { base32 } from '../base/index.ts';

/** 160 bits: guessing is hopeless, so the hash need not be slow. */
const SECRET_BYTES = 20;
const SECRET_FORM = /^[a-z2-7]{32}$/;

/** Fills `size` bytes; must be cryptographically strong. */
export type RandomBytes = (size: number) => Uint8Array;

/** A new secret: 32 characters that need no escaping in an address, a cookie or a header. */
export function makeSecret(randomBytes: RandomBytes): string {
  return base32(randomBytes(SECRET_BYTES));
}

/** Whether `text` can be one of ours, which spares the database whatever cannot. */
export function isSecret(text: string): boolean {
  return SECRET_FORM.test(text);
}

/** What is kept of a secret: SHA-256 in hex. To find it by this tells nobody how close a guess was. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
