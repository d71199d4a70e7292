/** What a page makes of what it is told about raids: whether it goes along, and what it says. */
import type { ChatRaid } from '../../contract/index.ts';

/** How long after its time a raid is over for who comes then. Milliseconds. */
const LATE_MS = 15_000;
/** How long after its time the word to go is waited for: until a server that restarts is back. Milliseconds. */
const NO_WORD_MS = 20_000;

/** Where a page stands. */
export interface RaidWatch {
  /** The raid that takes it along. */
  readonly raid: ChatRaid | null;
  /** The one that it lets go. */
  readonly stayedFor: string | null;
}

/** A page that was told of none. */
export const NO_RAID: RaidWatch = { raid: null, stayedFor: null };

/** What follows from a raid that was told of, at `nowMs` of the server's clock, and what is to be said. */
export function hearRaid(
  watch: RaidWatch,
  raid: ChatRaid,
  nowMs: number,
): { readonly watch: RaidWatch; readonly words: string | null } {
  if (raid.id === watch.stayedFor) return { watch, words: null };
  if (raid.state === 'cancelled') {
    const isNews = watch.raid?.id === raid.id;
    return { watch: { ...watch, raid: null }, words: isNews ? calledOffWords(raid) : null };
  }
  return { watch: { ...watch, raid: isToCome(raid, nowMs) ? raid : null }, words: null };
}

/** The viewer stays. */
export function stayBehind({ raid, stayedFor }: RaidWatch): RaidWatch {
  return { raid: null, stayedFor: raid?.id ?? stayedFor };
}

/** Milliseconds after which no word to go is to be expected any more. */
export function patienceMs({ goesAt }: ChatRaid, nowMs: number): number {
  return Math.max(0, Date.parse(goesAt) - nowMs) + NO_WORD_MS;
}

/** Why nobody goes, in a sentence. */
export function calledOffWords({ streamTitle, reason }: ChatRaid): string {
  const what = `The raid to ${streamTitle} is called off`;
  if (reason === 'server_stopped') return `${what}: the server went away.`;
  return reason === 'target_ended' ? `${what}: it is not on air any more.` : `${what}.`;
}

/** Whether a raid still takes along who hears of it. */
function isToCome({ goesAt, spreadMs }: ChatRaid, nowMs: number): boolean {
  return Date.parse(goesAt) + spreadMs + LATE_MS > nowMs;
}
