import type { ChatMessage } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import type { PostOutcome } from './post.ts';

/** Posts remembered by what their authors called them. */
const MOST_NONCES = 10_000;
/** Who comes back says it again by then; a room that is open for weeks holds no more than this. */
export const REMEMBERED_MS = 10 * 60_000;

interface Remembered {
  readonly outcome: Promise<PostOutcome>;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

/** What came of posts, for authors who do not know and say it again. */
export class PostMemory {
  /** Oldest first. */
  readonly #outcomes = new Map<string, Remembered>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Posts that are remembered. */
  get size(): number {
    return this.#outcomes.size;
  }

  /** What came of the author's post of that name; `post` where there was none. */
  once(authorId: string, nonce: string, post: () => Promise<PostOutcome>): Promise<PostOutcome> {
    const key = `${authorId} ${nonce}`;
    const known = this.#outcomes.get(key);
    if (known !== undefined) return known.outcome;
    const outcome = post();
    this.#remember(key, outcome);
    const forget = (): boolean => this.#outcomes.delete(key);
    // What was refused may be tried again.
    outcome.then((result) => 'refused' in result && forget(), forget);
    return outcome;
  }

  /** The message is in the room, from here or another server; `keep` tells whether it is kept. */
  saw(message: ChatMessage, nonce: string | null, keep: () => Promise<boolean>): void {
    const key = `${message.author.id} ${nonce}`;
    if (nonce === null || this.#outcomes.has(key)) return;
    const posted = {
      message,
      // Asked only when it is said again.
      get kept() {
        return keep();
      },
    };
    this.#remember(key, Promise.resolve(posted));
  }

  #remember(key: string, outcome: Promise<PostOutcome>): void {
    const nowMs = this.#clock.monotonicMs();
    this.#outcomes.set(key, { outcome, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#outcomes) {
      if (this.#outcomes.size <= MOST_NONCES && atMs > nowMs - REMEMBERED_MS) return;
      this.#outcomes.delete(oldest);
    }
  }
}
