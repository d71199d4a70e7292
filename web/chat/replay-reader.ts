/** Asks what was said around the picture of a viewer who is behind what the socket told. */
import type { ChatEntry } from '../../contract/index.ts';
import { ask } from '../base/index.ts';
import { type FeedLine, lineOf, remaining } from './chat-feed.ts';
import { placeOf } from './in-step.ts';
import { nextAsk, type ReplayBook, withAnswer } from './replay-book.ts';

/** How long before history is asked for again after it failed. Milliseconds. */
const ASK_AGAIN_MS = 5_000;
/** With so many lines before the picture, none from before them are needed. */
const ENOUGH_LINES = 100;

/** See the top of the file. */
export class ReplayReader {
  /** What was answered, as lines. */
  #lines: readonly FeedLine[] = [];
  #book: ReplayBook | null = null;
  #isAsking = false;
  #askAgainMs = 0;
  readonly #streamId: string;

  constructor(streamId: string) {
    this.#streamId = streamId;
  }

  /** Resolves with whether something came that belongs before `told`, by the time of the picture. */
  async read(told: readonly FeedLine[], pictureMs: number): Promise<boolean> {
    const place = placeOf(told, pictureMs);
    const wanted = place === null ? null : nextAsk(this.#book, place);
    if (wanted === null || this.#isAsking || performance.now() < this.#askAgainMs) return false;
    this.#isAsking = true;
    const request = { params: { id: this.#streamId }, query: { ...wanted } };
    const answer = await ask('GET /api/streams/{id}/chat', request);
    this.#isAsking = false;
    if (answer.failed !== undefined) {
      this.#askAgainMs = performance.now() + ASK_AGAIN_MS;
      return false;
    }
    this.#book = withAnswer(this.#book, wanted, answer.value);
    this.#lines = this.#book.messages.map(lineOf);
    return true;
  }

  /** What an entry leaves of it. */
  takeAway(entry: ChatEntry): void {
    if (this.#book === null) return;
    this.#lines = remaining(this.#lines, entry);
    const left = new Set(this.#lines.map(({ key }) => key));
    this.#book = { ...this.#book, messages: this.#book.messages.filter(({ id }) => left.has(id)) };
  }

  /** What the socket told, and before that what was asked for. */
  before(told: readonly FeedLine[], pictureMs: number): readonly FeedLine[] {
    const first = told.find(({ kind }) => kind === 'message');
    if (this.#lines.length === 0 || first?.kind !== 'message') return told;
    if (told.length > ENOUGH_LINES && (told[ENOUGH_LINES]?.atMs ?? 0) <= pictureMs) return told;
    const { seq } = first.message;
    return [...this.#lines.filter((l) => l.kind === 'message' && l.message.seq < seq), ...told];
  }

  /** The line of a message that was asked for. */
  find(key: string): FeedLine | undefined {
    return this.#lines.find((line) => line.key === key);
  }
}
