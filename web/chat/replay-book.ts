/**
 * What was said around a moment that lies before what the socket told: asked for as a viewer who has
 * rewound goes on. A pure function of what was answered. Times are seconds of media time.
 */
import type { ChatMessage } from '../../contract/index.ts';

/** Messages asked for before the moment that a viewer went to. */
const BEFORE_MESSAGES = 100;
/** The most that a page of history may hold. */
const PAGE_MESSAGES = 200;
/** How far ahead of the picture is asked, and how much at a time. */
const AHEAD_S = 15;
/** So near behind the beginning of what the socket told, there is little before the picture. */
const NEAR_S = 10;
const STRETCH_S = 60;
/** Messages held. */
const MOST_MESSAGES = 1_000;

/** A stretch of a broadcast of which all messages are known, but for those forgotten at its beginning. */
export interface ReplayBook {
  readonly broadcastId: string;
  readonly fromS: number;
  readonly toS: number;
  readonly messages: readonly ChatMessage[];
  /** Where a page goes on that did not reach the end of what was asked. */
  readonly cursor: string | null;
}

/** What is to be asked next. */
export interface ReplayAsk {
  readonly broadcastId: string;
  readonly from: number;
  readonly to: number;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly cursor?: string;
}

/** Where a viewer is. */
export interface ReplayPlace {
  readonly broadcastId: string;
  /** Of the picture on screen. */
  readonly mediaS: number;
  /** From where on the socket has told everything. */
  readonly liveFromS: number;
}

/** What has to be asked so that the panel can show what belongs to the picture; null: nothing. */
export function nextAsk(book: ReplayBook | null, place: ReplayPlace): ReplayAsk | null {
  const { broadcastId, mediaS, liveFromS } = place;
  if (mediaS < 0 || mediaS >= liveFromS + NEAR_S) return null;
  const to = Math.min(mediaS, liveFromS);
  if (book === null || !covers(book, broadcastId, to)) {
    return { broadcastId, from: 0, to, order: 'newest', limit: BEFORE_MESSAGES };
  }
  if (book.toS >= liveFromS || book.toS - mediaS > AHEAD_S) return null;
  const end = Math.min(liveFromS, book.toS + STRETCH_S);
  const ask = {
    broadcastId,
    from: book.toS,
    to: end,
    order: 'oldest',
    limit: PAGE_MESSAGES,
  } as const;
  return book.cursor === null ? ask : { ...ask, cursor: book.cursor };
}

/** The book with what was answered to `ask`. */
export function withAnswer(
  book: ReplayBook | null,
  ask: ReplayAsk,
  answer: { readonly messages: readonly ChatMessage[]; readonly next_cursor: string | null },
): ReplayBook {
  const { messages, next_cursor: cursor } = answer;
  const { broadcastId } = ask;
  if (ask.order === 'newest' || book === null) {
    const fromS = cursor === null ? ask.from : (messages[0]?.streamTime ?? ask.to);
    return { broadcastId, fromS, toS: ask.to, messages, cursor: null };
  }
  const known = new Set(book.messages.map(({ id }) => id));
  const fresh = messages.filter(({ id }) => !known.has(id));
  const all = [...book.messages, ...fresh];
  const kept = all.slice(-MOST_MESSAGES);
  const fromS = kept.length < all.length ? (kept[0]?.streamTime ?? book.fromS) : book.fromS;
  const toS = cursor === null ? ask.to : (messages.at(-1)?.streamTime ?? book.toS);
  return { broadcastId, fromS, toS, messages: kept, cursor };
}

function covers(book: ReplayBook, broadcastId: string, mediaS: number): boolean {
  // The one who goes on where the book ends needs the next page, not another book.
  return book.broadcastId === broadcastId && mediaS >= book.fromS && mediaS <= book.toS + AHEAD_S;
}
