/** Passwords: what is accepted, and the slow hash under which they are kept. */
import { hash, verify } from '@node-rs/argon2';
import type { Refusal } from '../../contract/index.ts';

/** Fewer characters are guessed; long ones need no rules about what is in them (NIST SP 800-63B). */
export const MIN_PASSWORD_LENGTH = 10;
/** A longer one is no stronger, only slower to read. */
export const MAX_PASSWORD_LENGTH = 256;

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. About 30 ms of one core. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashes at once. Each holds a thread that the disk needs too, and there are four of those. */
const MAX_HASHING = 2;
/** Hashes that wait, some two seconds' worth; whoever comes later is sent away. */
const MAX_WAITING = 64;

/** A slow hash. `hash` salts by itself, and `verify` reads how it was done from the hash. */
export interface PasswordAlgorithm {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

/** Argon2id (RFC 9106) in PHC form; the package's default algorithm. */
export const argon2id: PasswordAlgorithm = {
  hash: (password) => hash(password, ARGON2),
  verify: (kept, password) => verify(kept, password),
};

/** Hashes and checks passwords, a few at a time. */
export class Passwords {
  readonly #algorithm: PasswordAlgorithm;
  /** Of a password that nobody knows. */
  readonly #decoy: string;
  readonly #waiting: (() => void)[] = [];
  #hashing = 0;

  private constructor(algorithm: PasswordAlgorithm, decoy: string) {
    this.#algorithm = algorithm;
    this.#decoy = decoy;
  }

  /** `unknown` is a password that nobody knows, made for this. */
  static async create(algorithm: PasswordAlgorithm, unknown: string): Promise<Passwords> {
    return new Passwords(algorithm, await algorithm.hash(unknown));
  }

  /** The hash to keep of a password; a refusal when too many are being hashed. */
  async hash(password: string): Promise<string | Refusal> {
    return this.#inTurn(() => this.#algorithm.hash(normal(password)));
  }

  /**
   * Whether `password` is the one under `kept`. Null, for whoever is unknown or has none, is false
   * after the same work, so that the time says nothing about who has an account.
   */
  async verify(kept: string | null, password: string): Promise<boolean | Refusal> {
    const right = await this.#inTurn(() =>
      this.#algorithm.verify(kept ?? this.#decoy, normal(password)),
    );
    return right === true && kept === null ? false : right;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T | Refusal> {
    if (this.#hashing >= MAX_HASHING) {
      if (this.#waiting.length >= MAX_WAITING) return busy();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#hashing += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on, so that nobody who comes in between takes it.
      if (next === undefined) this.#hashing -= 1;
      else next();
    }
  }
}

/** Two keyboards may write one letter as different code points. */
function normal(password: string): string {
  return password.normalize('NFKC');
}

function busy(): Refusal {
  return {
    refused: 'sign_in_unavailable',
    detail: 'Cannot check password: too many are being checked, try again in a moment',
  };
}
