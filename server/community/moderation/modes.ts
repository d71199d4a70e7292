/** What a room's modes ask of a message. */
import type { ChatFragment } from '../../../contract/index.ts';

/** Taken out one after the other, so that no text is read twice. */
const EMOJI = /\p{RGI_Emoji}|\p{Extended_Pictographic}|\s/gv;
const NO_LETTERS = /[^\p{L}\p{N}]+/gu;
/** What was said so long ago may be said again. */
const REPEAT_MS = 10 * 60_000;
/** Messages remembered for that. */
const MOST_REMEMBERED = 2_000;

/** Whether a message has nothing but emotes and emoji. */
export function isEmotesAlone(fragments: readonly ChatFragment[]): boolean {
  return fragments.every(({ type, text }) => {
    return type === 'emote' || (type === 'text' && text.replace(EMOJI, '') === '');
  });
}

/** What was said in a room lately, but for case, spaces and signs. */
export class SaidLately {
  /** Monotonic milliseconds, oldest first. */
  readonly #saidMs = new Map<string, number>();

  /** Whether the same was said in the last ten minutes. */
  has(fragments: readonly ChatFragment[], nowMs: number): boolean {
    const saidMs = this.#saidMs.get(keyOf(fragments));
    return saidMs !== undefined && nowMs - saidMs < REPEAT_MS;
  }

  add(fragments: readonly ChatFragment[], nowMs: number): void {
    const key = keyOf(fragments);
    this.#saidMs.delete(key);
    this.#saidMs.set(key, nowMs);
    if (this.#saidMs.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#saidMs.keys();
    if (oldest !== undefined) this.#saidMs.delete(oldest);
  }
}

function keyOf(fragments: readonly ChatFragment[]): string {
  const text = fragments.map((fragment) => fragment.text).join('');
  const letters = text.normalize('NFKC').toLowerCase().replace(NO_LETTERS, '');
  // Signs alone are told apart by themselves.
  return letters === '' ? text : letters;
}
