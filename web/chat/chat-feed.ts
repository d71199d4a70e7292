/**
 * What was said in a room, as a page holds it: a pure function of the frames that came, in order.
 *
 * I1. Lines are in the order of the room, each once.
 * I2. At most `MOST_LINES` lines and `MOST_PENDING` own posts are held.
 * I3. What was taken back is not among the lines, nor does it come back.
 */
import type { ChatEntry, ChatFrame, ChatMessage } from '../../contract/index.ts';
import { typedLine } from './typed-line.ts';

/** Lines held, so that a viewer a while behind live still finds what belongs to the picture. */
export const MOST_LINES = 1_000;
/** Own posts whose message is not shown yet. */
const MOST_PENDING = 20;

/** A line of the panel: a message, or something that the panel says by itself. */
export type FeedLine =
  | {
      readonly kind: 'message';
      readonly key: string;
      /** Milliseconds since the epoch, of the server's clock. */
      readonly atMs: number;
      readonly message: ChatMessage;
    }
  | {
      readonly kind: 'notice';
      readonly key: string;
      readonly atMs: number;
      readonly text: string;
    };

/** What was sent, and is not shown as a message yet. */
export interface PendingPost {
  readonly nonce: string;
  readonly text: string;
  readonly replyTo: string | null;
  /** The message that it became; null: not known. */
  readonly id: string | null;
}

/** Everything that was said, as far as it is held. */
export interface Feed {
  readonly lines: readonly FeedLine[];
  readonly pending: readonly PendingPost[];
  /** Who this page writes as; null before the first welcome. */
  readonly youId: string | null;
  /** The number of the last entry that came. */
  readonly lastSeq: number;
  /** Messages of storms that were left out, since the page was opened. */
  readonly skipped: number;
}

/** Before anything came. */
export const EMPTY_FEED: Feed = { lines: [], pending: [], youId: null, lastSeq: 0, skipped: 0 };

/** The feed after a frame. */
export function afterFrame(feed: Feed, frame: ChatFrame): Feed {
  switch (frame.type) {
    case 'welcome':
      return { ...feed, youId: frame.you.id };
    case 'resync':
      return { ...feed, lines: feed.lines.filter(({ kind }) => kind === 'notice'), lastSeq: 0 };
    case 'history':
      return { ...afterEntries(feed, frame.entries), lastSeq: frame.seq };
    case 'entries': {
      const next = afterEntries(feed, frame.entries);
      return { ...next, lastSeq: frame.seq, skipped: feed.skipped + frame.skipped };
    }
    case 'posted':
      return { ...feed, pending: named(feed.pending, frame.nonce, frame.id) };
    case 'refused':
    case 'commanded':
      return { ...feed, pending: feed.pending.filter(({ nonce }) => nonce !== frame.nonce) };
    default:
      return feed;
  }
}

/** The feed with a post on its way. */
export function withPending(feed: Feed, post: PendingPost): Feed {
  return { ...feed, pending: [...feed.pending, post].slice(-MOST_PENDING) };
}

/** The feed without the own posts whose messages are shown. */
export function withoutShown(feed: Feed, shown: readonly FeedLine[]): Feed {
  if (feed.pending.every(({ id }) => id === null)) return feed;
  const keys = new Set(shown.map(({ key }) => key));
  const pending = feed.pending.filter(({ id }) => id === null || !keys.has(id));
  return pending.length === feed.pending.length ? feed : { ...feed, pending };
}

/** The feed with something that the panel says by itself, at its end. */
export function withNotice(feed: Feed, notice: FeedLine & { readonly kind: 'notice' }): Feed {
  return { ...feed, lines: [...feed.lines, notice].slice(-MOST_LINES) };
}

/** A message as a line. */
export function lineOf(message: ChatMessage): FeedLine {
  return { kind: 'message', key: message.id, atMs: Date.parse(message.timestamp), message };
}

/** What an entry leaves of what was shown before it. */
export function remaining(lines: readonly FeedLine[], entry: ChatEntry): readonly FeedLine[] {
  const isHidden = hiddenBy(entry);
  if (isHidden === null) return lines;
  const left = lines.filter((line) => line.kind === 'notice' || !isHidden(line.message));
  return left.length === lines.length ? lines : left;
}

/** The words of a message. */
export function textOf({ fragments }: Pick<ChatMessage, 'fragments'>): string {
  return fragments.map(({ text }) => text).join('');
}

function afterEntries(feed: Feed, entries: readonly ChatEntry[]): Feed {
  let { pending } = feed;
  let lines: readonly FeedLine[] = feed.lines;
  let fresh: FeedLine[] = [];
  for (const entry of entries) {
    if (entry.seq <= feed.lastSeq) continue;
    if (entry.type === 'message') {
      fresh.push(lineOf(entry));
      if (entry.author.id === feed.youId) pending = recognised(pending, entry);
      continue;
    }
    // One array for each run of messages: storms come in big frames.
    lines = remaining(fresh.length === 0 ? lines : [...lines, ...fresh], entry);
    fresh = [];
    pending = pending.filter(({ id }) => id === null || !isGone(entry, id, feed.youId));
  }
  if (fresh.length > 0) lines = [...lines, ...fresh];
  return { ...feed, lines: lines.slice(-MOST_LINES), pending };
}

function hiddenBy(entry: ChatEntry): ((message: ChatMessage) => boolean) | null {
  switch (entry.type) {
    case 'removal': {
      const ids = new Set(entry.ids);
      return ({ id }) => ids.has(id);
    }
    case 'purge':
      return ({ author, seq }) => author.id === entry.authorId && seq < entry.seq;
    case 'clear':
      return ({ seq }) => seq < entry.seq;
    default:
      // A message hides nothing, and what this version does not know is passed over.
      return null;
  }
}

function isGone(entry: ChatEntry, id: string, youId: string | null): boolean {
  if (entry.type === 'removal') return entry.ids.includes(id);
  return entry.type === 'clear' || (entry.type === 'purge' && entry.authorId === youId);
}

function named(
  pending: readonly PendingPost[],
  nonce: string | null,
  id: string,
): readonly PendingPost[] {
  return pending.map((post) => (post.nonce === nonce ? { ...post, id } : post));
}

/** A message may come before the answer to its post, which waits for the database. */
function recognised(pending: readonly PendingPost[], message: ChatMessage): readonly PendingPost[] {
  if (pending.some(({ id }) => id === message.id)) return pending;
  const words = plain(textOf(message));
  const found = pending.find(({ id, text }) => {
    const typed = typedLine(text);
    return id === null && typed.kind === message.kind && plain(typed.text) === words;
  });
  return found === undefined ? pending : named(pending, found.nonce, message.id);
}

/** As the server cleans it, as far as that can be told from here. */
function plain(text: string): string {
  const unescaped = text.startsWith('//') ? text.slice(1) : text;
  return unescaped.replace(/\s+/g, ' ').replace(/\p{C}/gu, '').trim();
}
