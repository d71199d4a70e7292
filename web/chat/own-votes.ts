/** What this page votes for: the server tells how a poll stands, and not which vote is one's own. */
import type { ChatFrame } from '../../contract/index.ts';

/** A vote: the poll, and the index of the choice. */
export interface Vote {
  readonly pollId: string;
  readonly index: number;
}

/** What is known of them. */
export interface OwnVotes {
  /** The latest that the server has taken. */
  readonly counted: Vote | null;
  /** On their way, by the nonces of their posts. */
  readonly sent: ReadonlyMap<string, Vote>;
}

/** Before anything was voted for. */
export const NO_VOTES: OwnVotes = { counted: null, sent: new Map() };

/** The votes with one on its way. */
export function withSent(votes: OwnVotes, nonce: string, vote: Vote): OwnVotes {
  return { ...votes, sent: new Map(votes.sent).set(nonce, vote) };
}

/** The votes after the answer to a post, which need not have been a vote. */
export function afterAnswer(
  votes: OwnVotes,
  { type, nonce }: ChatFrame & { readonly type: 'commanded' | 'refused' },
): OwnVotes {
  const vote = votes.sent.get(nonce ?? '');
  if (vote === undefined) return votes;
  const sent = new Map(votes.sent);
  sent.delete(nonce ?? '');
  // One has one vote: the first that was taken.
  const isFirst = votes.counted?.pollId !== vote.pollId;
  return { sent, counted: type === 'commanded' && isFirst ? vote : votes.counted };
}

/** The index of one's own choice in a poll, counted or on its way; null: there is none. */
export function ownChoice({ counted, sent }: OwnVotes, pollId: string): number | null {
  const known = counted === null ? [...sent.values()] : [counted, ...sent.values()];
  return known.find((vote) => vote.pollId === pollId)?.index ?? null;
}
