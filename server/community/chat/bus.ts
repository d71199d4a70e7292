/**
 * What carries a room between the servers that have readers in it: gives every entry its number and
 * hands it to each of them in order.
 */
import type { ChatEntry, ChatFrame, ChatSettings } from '../../../contract/index.ts';
import type { ChatStanding } from '../../account/index.ts';

/** An entry before it has a number. */
export type EntryDraft = ChatEntry extends infer Entry
  ? Entry extends ChatEntry
    ? Omit<Entry, 'seq'>
    : never
  : never;

/** An entry as the bus hands it to every server. */
export interface NumberedEntry {
  readonly entry: ChatEntry;
  /** Which run of numbers it is of. */
  readonly epoch: string;
  /** What its author called it; null: nothing. */
  readonly nonce: string | null;
}

/** Something without a number that every server should know; it is JSON on its way. */
export type RoomNotice =
  | { readonly type: 'settings'; readonly settings: ChatSettings }
  /** To be sent as it is. */
  | { readonly type: 'frame'; readonly to: Audience; readonly frame: ChatFrame }
  /** What somebody is and may do has changed. */
  | { readonly type: 'standing'; readonly authorId: string; readonly standing: ChatStanding }
  /** Something that the database has was changed while not everybody could be told. */
  | { readonly type: 'reread' };

/** Whom of a room a frame is for. */
export type Audience = 'everybody' | 'moderators' | { readonly authorId: string };

/** A server's part in a room. */
export interface RoomListener {
  /** Takes the next entry: one behind the one before. Must not throw. */
  deliver(numbered: NumberedEntry): void;
  notice(notice: RoomNotice): void;
  /**
   * What was told behind `seq` is to be forgotten: servers that were apart have put together what
   * was said meanwhile, and `entries` is what follows. Where these begin later than that, more was
   * said than is held, and nothing before them is to be shown. Also while the room is being opened.
   */
  rebase(seq: number, entries: readonly NumberedEntry[]): void;
  /** Entries that this server had published have these numbers now. */
  renumbered(entries: readonly NumberedEntry[]): void;
  /** This server hears the others, again or for the first time: what they told before was missed. */
  rejoined(): void;
  /** Too much was missed to go on: the room is to be left, and opened anew. */
  lost(): void;
}

/** What was published is in no room that anybody reads: it was closed before, or meanwhile. */
export class RoomClosedError extends Error {
  constructor() {
    super('Cannot publish: the room is closed');
    this.name = 'RoomClosedError';
  }
}

/** A server's way into a room, until it is closed. */
export interface BusRoom {
  /** Names the run of numbers of the next entry: another one after everything was forgotten. */
  readonly epoch: string;
  /** Resolves once this server's listener was handed the entry. Rejects with a `RoomClosedError`. */
  publish(draft: EntryDraft, nonce: string | null): Promise<NumberedEntry>;
  tell(notice: RoomNotice): Promise<void>;
  close(): void;
}

/** See the top of the file. */
export interface Bus {
  /** Enters a room whose last number, as far as the database knows, is `lastSeq`. */
  open(streamId: string, lastSeq: number, listener: RoomListener): Promise<BusRoom>;
}

interface LocalRoom {
  readonly epoch: string;
  readonly listeners: Set<RoomListener>;
  lastSeq: number;
}

/** The bus of a server that is alone. */
export class LocalBus implements Bus {
  readonly #rooms = new Map<string, LocalRoom>();
  readonly #newEpoch: () => string;

  /** `newEpoch` gives another name each time. */
  constructor(newEpoch: () => string) {
    this.#newEpoch = newEpoch;
  }

  async open(streamId: string, lastSeq: number, listener: RoomListener): Promise<BusRoom> {
    const known = this.#rooms.get(streamId);
    const room = known ?? { epoch: this.#newEpoch(), listeners: new Set(), lastSeq };
    room.listeners.add(listener);
    this.#rooms.set(streamId, room);
    return {
      epoch: room.epoch,
      publish: async (draft, nonce) => {
        if (!room.listeners.has(listener)) throw new RoomClosedError();
        room.lastSeq += 1;
        const numbered = { entry: { ...draft, seq: room.lastSeq }, epoch: room.epoch, nonce };
        for (const each of room.listeners) each.deliver(numbered);
        return numbered;
      },
      tell: async (notice) => {
        for (const each of room.listeners) each.notice(notice);
      },
      close: () => {
        room.listeners.delete(listener);
        if (room.listeners.size === 0) this.#rooms.delete(streamId);
      },
    };
  }
}
