/** What a chat lets in by itself, and what becomes of the rest. */

/** What becomes of a message: it waits for a moderator, or is not let in. */
export const AUTOMOD_ACTIONS = ['hold', 'block'] as const;

/** See `AUTOMOD_ACTIONS`. */
export type AutomodAction = (typeof AUTOMOD_ACTIONS)[number];

/** How terms are sought: not at all, as words, or within words as well. */
export const AUTOMOD_LEVELS = ['off', 'standard', 'strict'] as const;

/** See `AUTOMOD_LEVELS`. */
export type AutomodLevel = (typeof AUTOMOD_LEVELS)[number];

/** A word or phrase, and what becomes of messages that have it. */
export interface AutomodTerm {
  /** As its owner wrote it: `*` at its beginning or end lets the word go on there. */
  readonly text: string;
  readonly action: AutomodAction;
}

/** How a chat's filter is set. It does not hold for moderators. */
export interface AutomodSettings {
  readonly level: AutomodLevel;
  readonly terms: readonly AutomodTerm[];
  /** What becomes of links to other domains than those named. */
  readonly links: 'allow' | AutomodAction;
  /** Domains that links may lead to, and those below them. */
  readonly domains: readonly string[];
}
