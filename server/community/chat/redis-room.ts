/**
 * One room on one server, as it is shared through Redis.
 *
 *     merging --nothing of our own is left--> shared
 *      ^   |                                     |
 *      |   +--Redis away--> alone <--Redis away--+
 *      +----Redis is back-----+
 *
 * Shared: Redis gives every number, and what it publishes is handed on in order. Alone: this server
 * gives numbers, of a run of its own, to what is said here. Merging: what is said here waits, while
 * what was said alone is put behind what others have said. It keeps its numbers where nobody else
 * has said anything.
 *
 * I1. The listener is told consecutive numbers; entries up to `#agreedSeq` are in Redis' order.
 * I2. An entry is published once: what may have reached Redis before the connection was lost is
 *     looked for there after a fence that nothing sent before can pass.
 */
import { RedisUnavailableError } from '../../store/shared/index.ts';
import {
  type BusRoom,
  type EntryDraft,
  type NumberedEntry,
  RoomClosedError,
  type RoomListener,
  type RoomNotice,
} from './bus.ts';
import { MergeRetry } from './merge-retry.ts';
import { RedisNotices } from './redis-notices.ts';
import { bodyOf, type SharedEntry, sharedEntry } from './redis-record.ts';
import type { RedisRoomParts } from './redis-room-parts.ts';
import type { Entrance, SharedState } from './redis-rooms.ts';
import { EntryTail } from './redis-tail.ts';

/** What a room is shown of what Redis holds when it is opened. */
const RECENT_ENTRIES = 200;
/** A number that no room ends with. */
const NOWHERE = -1;
/** Entries given up at once when too many wait to be merged. */
const GIVE_UP_ENTRIES = 500;

interface Pending {
  readonly body: string;
  readonly resolve: (numbered: NumberedEntry) => void;
  readonly reject: (error: RoomClosedError) => void;
}

/** See the top of the file. */
export class RedisRoom implements BusRoom {
  readonly #streamId: string;
  readonly #parts: RedisRoomParts;
  readonly #listener: RoomListener;
  #state: 'shared' | 'alone' | 'merging' | 'closed' = 'alone';
  #epoch: string;
  /** All behind `#agreedSeq` are in it. */
  readonly #tail: EntryTail;
  #agreedSeq: number;
  /** Entries behind `#agreedSeq` that count among those that wait. */
  #unmerged = 0;
  /** By key, in the order in which they were said. */
  readonly #pending = new Map<string, Pending>();
  readonly #notices: RedisNotices;
  #entrance: Entrance;
  /** The highest number that Redis has published. */
  #heardSeq = 0;
  #isFilling = false;
  #isAttempting = false;
  readonly #retry: MergeRetry;

  constructor(
    streamId: string,
    parts: RedisRoomParts,
    { lastSeq, listener }: { readonly lastSeq: number; readonly listener: RoomListener },
  ) {
    this.#streamId = streamId;
    this.#parts = parts;
    this.#listener = listener;
    this.#retry = new MergeRetry(parts.clock, () => void this.merge());
    this.#notices = new RedisNotices({
      ...{ streamId, parts, listener },
      failed: (error) => this.#fail(error),
    });
    this.#epoch = parts.newEpoch();
    this.#tail = new EntryTail(lastSeq);
    this.#agreedSeq = lastSeq;
    this.#entrance = { streamId, node: parts.node, number: 0 };
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Takes up what Redis has of the room; alone where it has no answer. Never rejects. */
  open(): Promise<void> {
    return this.#attempt(() => this.#takeUp());
  }

  publish(draft: EntryDraft, nonce: string | null): Promise<NumberedEntry> {
    // Only messages have a name of their own.
    const key = draft.type === 'message' ? draft.id : this.#parts.newEpoch();
    const body = bodyOf({ key, nonce, draft });
    if (this.#state === 'closed') return Promise.reject(new RoomClosedError());
    return new Promise((resolve, reject) => {
      const pending = { body, resolve, reject };
      this.#pending.set(key, pending);
      if (this.#state === 'shared') this.#send(pending);
      else if (this.#state !== 'merging') this.#numberAlone();
    });
  }

  tell(notice: RoomNotice): Promise<void> {
    return this.#notices.tell(notice, this.#state === 'shared');
  }

  close(): void {
    this.#state = 'closed';
    this.#retry.cancel();
    this.#parts.accepted(this.#streamId);
    this.#parts.giveUnmerged(this.#unmerged);
    this.#unmerged = 0;
    for (const { reject } of this.#pending.values()) reject(new RoomClosedError());
    this.#pending.clear();
  }

  /** Takes what was published on the room's channel. */
  hear(text: string): void {
    const [, digits, epoch = '', body = ''] = /^(\d+) (\S+) (.*)$/s.exec(text) ?? [];
    if (digits === undefined) {
      if (this.#state !== 'closed') this.#notices.hear(text);
      return;
    }
    this.#heardSeq = Number(digits);
    this.#take({ epoch, last: this.#heardSeq }, body);
  }

  /** Redis is away. */
  goAlone(): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'alone') this.#epoch = this.#parts.newEpoch();
    this.#state = 'alone';
    this.#numberAlone();
  }

  /** Redis is back. Never rejects. */
  async merge(): Promise<void> {
    if (this.#state === 'alone') await this.#attempt(() => this.#merge());
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#isAttempting) return;
    this.#isAttempting = true;
    this.#state = 'merging';
    try {
      await this.#still(work());
      this.#share();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isAttempting = false;
    }
  }

  /** Fences off what was sent before, and makes the room where Redis has none. */
  async #enter(): Promise<SharedState> {
    const { rooms, newEpoch, nextEntrance } = this.#parts;
    for (;;) {
      this.#heardSeq = 0;
      this.#entrance = { ...this.#entrance, number: nextEntrance() };
      const epoch = newEpoch();
      const last = this.#agreedSeq;
      const state = await this.#still(rooms.enter(this.#entrance, epoch, last));
      if (state !== undefined) return state;
      const made = rooms.create(this.#entrance, { epoch, last }, this.#tail.upTo(last));
      if (await this.#still(made)) return { epoch, last };
    }
  }

  /** Begins with what Redis has, over what the database has. */
  async #takeUp(): Promise<void> {
    const { rooms } = this.#parts;
    const { epoch, last } = await this.#enter();
    let entries = await this.#still(rooms.latest(this.#streamId, RECENT_ENTRIES));
    const first = entries[0]?.numbered.entry.seq ?? last + 1;
    if (first > this.#tail.seq + 1) {
      entries = await this.#still(rooms.from(this.#streamId, this.#tail.seq + 1));
    }
    this.#epoch = epoch;
    this.#rebase(entries, last);
  }

  async #merge(): Promise<void> {
    const { rooms } = this.#parts;
    const state = await this.#enter();
    const { base, sameSeq, theirs } = await this.#fork(state);
    const known = new Set(theirs.map(({ key }) => key));
    const apart = theirs.findIndex(
      ({ key }, index) => this.#tail.at(base + 1 + index)?.key !== key,
    );
    // What Redis holds begins too late to be compared.
    const hasGap = sameSeq < base;
    const agreedSeq = hasGap ? sameSeq : base + (apart < 0 ? theirs.length : apart);
    this.#epoch = state.epoch;
    if (!hasGap && agreedSeq === this.#tail.seq) {
      for (const entry of theirs.slice(agreedSeq - base)) this.#deliver(entry);
      this.#agree(this.#tail.seq);
      return;
    }
    const own = this.#tail.behind(agreedSeq).filter(({ key }) => !known.has(key));
    const isBehind = !hasGap && apart < 0 && agreedSeq < this.#tail.seq;
    const from = isBehind ? agreedSeq : NOWHERE;
    const outcome = await this.#still(rooms.merge(this.#entrance, from, own));
    if (outcome === undefined) throw new Error('Redis forgot the room while it was merged');
    if (outcome === 'kept' && isBehind) {
      this.#agree(this.#tail.seq);
      return;
    }
    const entries = await this.#still(rooms.from(this.#streamId, base + 1));
    const keys = new Set(own.map(({ key }) => key));
    this.#rebase(entries, entries.length === 0 ? base : sameSeq);
    const renumbered = entries.filter(({ key }) => keys.has(key));
    this.#listener.renumbered(renumbered.map(({ numbered }) => numbered));
  }

  /** What Redis has behind `base`, and up to which number this server and Redis agree at least. */
  async #fork({ last }: SharedState) {
    const { rooms } = this.#parts;
    const near = await this.#still(rooms.from(this.#streamId, this.#agreedSeq));
    const [same, ...behind] = near;
    const agreed = { base: this.#agreedSeq, sameSeq: this.#agreedSeq };
    if (same !== undefined && this.#isSame(same)) return { ...agreed, theirs: behind };
    // It has not moved since this server opened the room from the database.
    if (near.length === 0 && last === this.#agreedSeq) return { ...agreed, theirs: [] };
    const all = await this.#still(rooms.from(this.#streamId, 0));
    const from = (all[0]?.numbered.entry.seq ?? last + 1) - 1;
    let base = Math.max(from, Math.min(this.#tail.floorSeq, this.#agreedSeq, last));
    // What both had from Redis they had in the same order, whether or not it holds it still.
    let sameSeq = Math.min(base, this.#agreedSeq);
    const next = (): SharedEntry | undefined => all[base - from];
    for (let entry = next(); entry !== undefined && this.#isSame(entry); entry = next()) {
      base += 1;
      sameSeq = base;
    }
    return { base, sameSeq, theirs: all.slice(base - from) };
  }

  #isSame({ numbered, key }: SharedEntry): boolean {
    const own = this.#tail.at(numbered.entry.seq);
    return own?.key === key && own.numbered.epoch === numbered.epoch;
  }

  /** Begins anew with what Redis has behind `last`, or up to it where that is all it has. */
  #rebase(entries: readonly SharedEntry[], last: number): void {
    const first = entries[0]?.numbered.entry.seq;
    const base = first === undefined ? last : first - 1;
    this.#tail.restart(base, entries, base <= last);
    this.#agree(this.#tail.seq);
    this.#listener.rebase(
      Math.min(base, last),
      entries.map(({ numbered }) => numbered),
    );
  }

  #agree(seq: number): void {
    this.#agreedSeq = seq;
    this.#parts.giveUnmerged(this.#unmerged);
    this.#unmerged = 0;
    this.#tail.trim();
  }

  #share(): void {
    this.#state = 'shared';
    this.#retry.reset();
    this.#parts.accepted(this.#streamId);
    for (const pending of this.#pending.values()) this.#send(pending);
    this.#listener.rejoined();
    this.#notices.catchUp();
    if (this.#heardSeq > this.#tail.seq) void this.#fill();
  }

  /** What `work` resolves with; rejects when this server has gone alone meanwhile. */
  async #still<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    if (this.#state === 'merging') return result;
    throw new RedisUnavailableError('Cannot merge room: Redis is away', { isRefusal: false });
  }

  #send(pending: Pending): void {
    const { rooms } = this.#parts;
    rooms.publish(this.#entrance, pending.body).then(
      (state) => {
        if (this.#state !== 'shared') return;
        if (state !== undefined) {
          this.#take(state, pending.body);
          return;
        }
        // Redis forgot the room.
        this.goAlone();
        void this.merge();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** An entry has a number: Redis says so by its answer and on the channel, in either order. */
  #take({ epoch, last: seq }: SharedState, body: string): void {
    if (this.#state !== 'shared' || this.#isFilling) return;
    if (seq === this.#tail.seq + 1) this.#deliver(sharedEntry(seq, epoch, body));
    else if (seq > this.#tail.seq) void this.#fill();
  }

  /** Something was missed that Redis has. */
  async #fill(): Promise<void> {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      do {
        const entries = await this.#parts.rooms.from(this.#streamId, this.#tail.seq + 1);
        if (this.#state !== 'shared') return;
        if (entries[0]?.numbered.entry.seq !== this.#tail.seq + 1) {
          this.#lose();
          return;
        }
        for (const entry of entries) this.#deliver(entry);
      } while (this.#heardSeq > this.#tail.seq);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isFilling = false;
    }
  }

  #deliver(entry: SharedEntry): void {
    this.#append(entry);
    this.#agreedSeq = this.#tail.seq;
    this.#epoch = entry.numbered.epoch;
    this.#tail.trim();
  }

  #append(entry: SharedEntry): void {
    const { numbered, key } = entry;
    this.#tail.append(entry);
    this.#listener.deliver(numbered);
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    pending?.resolve(numbered);
  }

  /** Gives numbers here to what was said and has none. */
  #numberAlone(): void {
    for (const { body } of [...this.#pending.values()]) {
      this.#makeRoom();
      this.#append(sharedEntry(this.#tail.seq + 1, this.#epoch, body));
    }
  }

  /** The oldest of too many are left to the database; others will not be told of them. */
  #makeRoom(): void {
    const { takeUnmerged, giveUnmerged, log } = this.#parts;
    if (takeUnmerged()) {
      this.#unmerged += 1;
      return;
    }
    log.warn({ streamId: this.#streamId }, 'chat said without redis will not all be shared');
    const dropped = Math.min(GIVE_UP_ENTRIES, this.#unmerged);
    this.#tail.drop(GIVE_UP_ENTRIES);
    this.#unmerged -= dropped;
    giveUnmerged(dropped);
  }

  #lose(): void {
    this.close();
    this.#listener.lost();
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return;
    const { isUp, refused } = this.#parts;
    this.goAlone();
    if (!(error instanceof RedisUnavailableError)) refused(this.#streamId, error);
    if (isUp()) this.#retry.later();
    else this.#retry.cancel();
  }
}
