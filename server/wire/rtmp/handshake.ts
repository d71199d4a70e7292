import { Violation } from '../../base/index.ts';

/** `size` bytes that a peer cannot foretell. */
export type RandomBytes = (size: number) => Uint8Array;
/** HMAC with SHA-256: 32 bytes. */
export type HmacSha256 = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

const VERSION = 3;
/** From here on a first byte could be text, such as the G of an HTTP request (section 5.2.2). */
const FIRST_TEXT_VERSION = 32;
const BODY_BYTES = 1536;
const C0_C1_BYTES = 1 + BODY_BYTES;
const DIGEST_BYTES = 32;
const DIGEST_RANGE = 728;
/** Where each scheme keeps the four bytes whose sum says where the digest is. */
const SCHEME_POINTERS = [772, 8];
/** Version 3 or above in byte 4 of S1 is what makes ffmpeg and Flash look for the digest. */
const SERVER_VERSION = Uint8Array.of(4, 5, 0, 1);

const ascii = new TextEncoder();
const CLIENT_KEY = ascii.encode('Genuine Adobe Flash Player 001');
const SERVER_KEY = ascii.encode('Genuine Adobe Flash Media Server 001');
const KEY_TAIL = Uint8Array.of(
  ...[0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e],
  ...[0x57, 0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb],
  ...[0x31, 0xae],
);

/**
 * The server's side of the handshake, simple (Adobe RTMP 1.0, section 5.2) or with digests (as
 * Flash Player 9 and later and ffmpeg open it; never published by Adobe).
 *
 *   C0 C1 -> S0 S1 S2, then C2 -> done
 *
 * C2 is counted and not compared: many encoders do not echo S1 faithfully.
 */
export class Handshake {
  readonly #random: RandomBytes;
  readonly #hmacSha256: HmacSha256;
  readonly #opening = new Uint8Array(C0_C1_BYTES);
  #received = 0;

  constructor(random: RandomBytes, hmacSha256: HmacSha256) {
    this.#random = random;
    this.#hmacSha256 = hmacSha256;
  }

  get done(): boolean {
    return this.#received === C0_C1_BYTES + BODY_BYTES;
  }

  /**
   * Takes what belongs to the handshake from the front of `bytes` and tells how much that was,
   * and what to send.
   *
   * @throws Violation `rtmp_version`
   */
  receive(bytes: Uint8Array, nowMs: number): { taken: number; reply: Uint8Array | undefined } {
    if (this.#received === 0) checkVersion(bytes[0] ?? VERSION);
    let taken = 0;
    let reply: Uint8Array | undefined;
    if (this.#received < C0_C1_BYTES) {
      taken = Math.min(bytes.length, C0_C1_BYTES - this.#received);
      this.#opening.set(bytes.subarray(0, taken), this.#received);
      this.#received += taken;
      if (this.#received === C0_C1_BYTES) reply = this.#reply(this.#opening.subarray(1), nowMs);
    }
    const rest = Math.min(bytes.length - taken, C0_C1_BYTES + BODY_BYTES - this.#received);
    if (this.#received >= C0_C1_BYTES) this.#received += rest;
    return { taken: taken + rest, reply };
  }

  #reply(c1: Uint8Array, nowMs: number): Uint8Array {
    const reply = new Uint8Array(1 + 2 * BODY_BYTES);
    reply[0] = VERSION;
    const s1 = reply.subarray(1, 1 + BODY_BYTES);
    const s2 = reply.subarray(1 + BODY_BYTES);
    s1.set(this.#random(BODY_BYTES - 8), 8);
    new DataView(s1.buffer, s1.byteOffset).setUint32(0, Math.floor(nowMs) >>> 0);
    const pointer = this.#findScheme(c1);
    if (pointer === undefined) {
      // An exact echo, second time field included: librtmp compares the whole of it.
      s2.set(c1);
      return reply;
    }
    s1.set(SERVER_VERSION, 4);
    this.#sign(s1, digestPosition(s1, pointer), SERVER_KEY);
    s2.set(this.#random(BODY_BYTES - DIGEST_BYTES));
    const at = digestPosition(c1, pointer);
    const fullKey = joined(SERVER_KEY, KEY_TAIL);
    const key = this.#hmacSha256(fullKey, c1.subarray(at, at + DIGEST_BYTES));
    this.#sign(s2, BODY_BYTES - DIGEST_BYTES, key);
    return reply;
  }

  /** The pointer of the scheme that the client signed C1 with; none for a simple handshake. */
  #findScheme(c1: Uint8Array): number | undefined {
    if (c1[4] === 0) return undefined;
    return SCHEME_POINTERS.find((pointer) => {
      const at = digestPosition(c1, pointer);
      return this.#digest(c1, at, CLIENT_KEY).every((byte, i) => byte === c1[at + i]);
    });
  }

  #sign(body: Uint8Array, at: number, key: Uint8Array): void {
    body.set(this.#digest(body, at, key), at);
  }

  /** The digest of `body` without the place of the digest itself. */
  #digest(body: Uint8Array, at: number, key: Uint8Array): Uint8Array {
    return this.#hmacSha256(key, joined(body.subarray(0, at), body.subarray(at + DIGEST_BYTES)));
  }
}

/** Versions 4 to 31 are answered with 3, for the client to take or leave (section 5.2.2). */
function checkVersion(version: number): void {
  if (version >= VERSION && version < FIRST_TEXT_VERSION) return;
  throw new Violation('rtmp_version', `Cannot shake hands: version ${version} is not RTMP`);
}

function digestPosition(body: Uint8Array, pointer: number): number {
  let sum = 0;
  for (const byte of body.subarray(pointer, pointer + 4)) sum += byte;
  return pointer + 4 + (sum % DIGEST_RANGE);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
