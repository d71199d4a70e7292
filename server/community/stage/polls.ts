/**
 * Polls, one at a time in each room. Votes are gathered for a second and counted by the database, so
 * that an author has one vote however many servers it speaks to.
 *
 *     (none) --open--> open --its time, or end()--> ending --settled--> closed, with its result
 *
 * While it is ending nobody votes any more, and every server brings in what it has gathered. The votes
 * of who is banned meanwhile are not counted.
 */
import {
  type ChatEntry,
  type ChatPoll,
  POLL_RESULT_MS,
  type Refusal,
} from '../../../contract/index.ts';
import { type Cancel, type Clock, type Log, newId } from '../../base/index.ts';
import { type Actor, UniqueViolationError } from '../../store/sql/index.ts';
import type { PollStore } from './poll-store.ts';
import type { StageVoice } from './stage-voice.ts';

/** Between two counts. */
const COUNT_MS = 1_000;
/** From a ban to the count without the banned; more of them follow each other closely. */
const RECOUNT_MS = 250;
/** How long votes of other servers may take behind the end. */
const SETTLE_MS = 2_000;
/** Votes that wait to be counted. */
const MOST_GATHERED = 50_000;
/** Authors of a poll who are known to have voted; the database knows the others. */
const MOST_KNOWN = 100_000;

/** What is asked. */
export interface PollDraft {
  readonly question: string;
  readonly choices: readonly string[];
  readonly durationS: number;
}

/** A poll that is open, on this server. */
interface Ballot {
  poll: ChatPoll;
  gathered: Map<string, number>;
  readonly voters: Set<string>;
  cancelCount: Cancel | undefined;
  /** When the next count is due, in monotonic milliseconds. */
  countMs: number;
  cancelEnd: Cancel | undefined;
}

/** What polls need of the rest. */
export interface PollSettings {
  readonly store: PollStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly voice: StageVoice;
}

/** See the top of the file. */
export class Polls {
  readonly #settings: PollSettings;
  readonly #ballots = new Map<string, Ballot>();
  /** Whether the last count of all failed; thousands in a row are told once. */
  #isStalled = false;

  constructor(settings: PollSettings) {
    this.#settings = settings;
  }

  /** What a room that opens shows: the poll that is open, or the result of one that just was. */
  async load(streamId: string): Promise<ChatPoll | null> {
    const poll = await this.#settings.store.latest(streamId);
    if (poll === undefined) return null;
    if (poll.isOpen) this.heard(streamId, poll);
    const isShown = Date.parse(poll.endsAt) > this.#settings.clock.epochMs() - POLL_RESULT_MS;
    return poll.isOpen || isShown ? poll : null;
  }

  /** Polls of a room, newest first. */
  list(streamId: string, limit: number): Promise<readonly ChatPoll[]> {
    return this.#settings.store.list(streamId, limit);
  }

  /** Asks everybody. */
  async open(streamId: string, draft: PollDraft, actor: Actor): Promise<ChatPoll | Refusal> {
    const { store, clock, randomBytes, voice } = this.#settings;
    if (new Set(draft.choices).size < draft.choices.length) {
      const message = 'must differ from each other';
      const errors = [{ field: 'choices', message }];
      return {
        refused: 'invalid_request',
        detail: `Cannot begin a poll: choices ${message}`,
        errors,
      };
    }
    const nowMs = clock.epochMs();
    const poll: ChatPoll = {
      id: newId('poll', nowMs, randomBytes),
      question: draft.question,
      choices: draft.choices.map((text) => ({ text, votes: 0 })),
      startedAt: new Date(nowMs).toISOString(),
      endsAt: new Date(nowMs + draft.durationS * 1000).toISOString(),
      isOpen: true,
    };
    try {
      await store.open(streamId, poll, actor);
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      return { refused: 'poll_open', detail: 'Cannot begin a poll: another one is open' };
    }
    await voice.tell(streamId, { type: 'poll', poll });
    return poll;
  }

  /** Counts a vote; `choice` from 0. Undefined: it is counted. */
  vote(streamId: string, authorId: string, choice: number): Refusal | undefined {
    const ballot = this.#ballots.get(streamId);
    if (ballot === undefined || this.#leftMs(ballot.poll) <= 0) return noPoll('vote');
    const { poll, voters, gathered } = ballot;
    if (poll.choices[choice] === undefined) {
      const detail = `Cannot vote for ${choice + 1}: the poll has ${poll.choices.length} choices`;
      return { refused: 'invalid_request', detail };
    }
    if (voters.has(authorId)) {
      return { refused: 'already_voted', detail: 'Cannot vote: you have one vote, and it is cast' };
    }
    if (gathered.size >= MOST_GATHERED) {
      return { refused: 'too_many_requests', detail: 'Cannot vote: too many do now; try again' };
    }
    if (voters.size < MOST_KNOWN) voters.add(authorId);
    gathered.set(authorId, choice);
    this.#countWithin(COUNT_MS, streamId, ballot);
    return undefined;
  }

  /** Ends the open poll now; its result follows within seconds. */
  async end(streamId: string, actor: Actor): Promise<ChatPoll | Refusal> {
    const ballot = this.#ballots.get(streamId);
    if (ballot === undefined) return noPoll('end the poll');
    const { store, clock, voice } = this.#settings;
    const at = new Date(clock.epochMs());
    await store.end(streamId, ballot.poll.id, { at, actor });
    const ended = { ...ballot.poll, endsAt: at.toISOString() };
    const poll = Date.parse(ballot.poll.endsAt) < at.getTime() ? ballot.poll : ended;
    await voice.tell(streamId, { type: 'poll', poll });
    return poll;
  }

  /** A poll was told in a room, from here or another server. */
  heard(streamId: string, poll: ChatPoll | null): void {
    const known = this.#ballots.get(streamId);
    if (poll === null || !poll.isOpen) {
      if (known !== undefined && known.poll.id === poll?.id) this.#forget(streamId, known);
      return;
    }
    if (known?.poll.id === poll.id) {
      const isEarlier = poll.endsAt !== known.poll.endsAt;
      known.poll = poll;
      if (isEarlier) this.#endLater(streamId, known);
      return;
    }
    if (known !== undefined) this.#forget(streamId, known);
    const ballot: Ballot = {
      ...{ poll, gathered: new Map(), voters: new Set() },
      ...{ cancelCount: undefined, countMs: Infinity, cancelEnd: undefined },
    };
    this.#ballots.set(streamId, ballot);
    this.#endLater(streamId, ballot);
  }

  /** An entry is in a room: who is banned takes the vote along. */
  saw(streamId: string, entry: ChatEntry): void {
    const ballot = this.#ballots.get(streamId);
    if (ballot === undefined || entry.type !== 'purge' || entry.durationS !== null) return;
    this.#countWithin(RECOUNT_MS, streamId, ballot);
  }

  /** Counts no more; what was gathered in the last second is brought in. */
  async close(): Promise<void> {
    for (const [streamId, ballot] of this.#ballots) {
      this.#forget(streamId, ballot);
      if (ballot.gathered.size > 0) await this.#settings.store.vote(ballot.poll, ballot.gathered);
    }
  }

  #leftMs(poll: ChatPoll): number {
    return Date.parse(poll.endsAt) - this.#settings.clock.epochMs();
  }

  #forget(streamId: string, ballot: Ballot): void {
    ballot.cancelCount?.();
    ballot.cancelEnd?.();
    if (this.#ballots.get(streamId) === ballot) this.#ballots.delete(streamId);
  }

  #countWithin(delayMs: number, streamId: string, ballot: Ballot): void {
    const { clock } = this.#settings;
    const dueMs = clock.monotonicMs() + delayMs;
    if (ballot.countMs <= dueMs) return;
    ballot.cancelCount?.();
    ballot.countMs = dueMs;
    ballot.cancelCount = clock.after(delayMs, () => {
      ballot.countMs = Infinity;
      this.#try(streamId, ballot, () => this.#count(streamId, ballot));
    });
  }

  #endLater(streamId: string, ballot: Ballot): void {
    ballot.cancelEnd?.();
    const delayMs = Math.max(0, this.#leftMs(ballot.poll)) + SETTLE_MS;
    ballot.cancelEnd = this.#settings.clock.after(delayMs, () =>
      this.#try(streamId, ballot, () => this.#settle(streamId, ballot)),
    );
  }

  /** What fails, with the database away, is tried again. */
  #try(streamId: string, ballot: Ballot, work: () => Promise<void>): void {
    const done = (): void => {
      this.#isStalled = false;
    };
    work().then(done, (error: unknown) => {
      if (!this.#isStalled) this.#settings.log.warn({ error }, 'polls cannot be counted');
      this.#isStalled = true;
      if (this.#ballots.get(streamId) !== ballot) return;
      this.#countWithin(COUNT_MS, streamId, ballot);
      if (this.#leftMs(ballot.poll) <= 0) this.#endLater(streamId, ballot);
    });
  }

  async #count(streamId: string, ballot: Ballot): Promise<void> {
    const { gathered, poll } = ballot;
    ballot.gathered = new Map();
    let counts: readonly number[];
    try {
      counts = await this.#settings.store.vote(poll, gathered);
    } catch (error) {
      for (const [authorId, choice] of gathered) ballot.gathered.set(authorId, choice);
      throw error;
    }
    if (this.#ballots.get(streamId) !== ballot) return;
    const choices = ballot.poll.choices.map((choice, index) => {
      return { text: choice.text, votes: counts[index] ?? 0 };
    });
    await this.#settings.voice.tell(streamId, { type: 'poll', poll: { ...ballot.poll, choices } });
  }

  async #settle(streamId: string, ballot: Ballot): Promise<void> {
    const { store, voice } = this.#settings;
    if (ballot.gathered.size > 0) await store.vote(ballot.poll, ballot.gathered);
    const closed = await store.close(ballot.poll.id);
    // Else another server was first, and has told everybody.
    if (closed !== undefined) await voice.tell(streamId, { type: 'poll', poll: closed });
    // Told already, unless the room could not be opened.
    this.#forget(streamId, ballot);
  }
}

function noPoll(verb: string): Refusal {
  return { refused: 'poll_not_found', detail: `Cannot ${verb}: no poll is open` };
}
