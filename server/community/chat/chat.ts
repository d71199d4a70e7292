/** All rooms of this server: opened when somebody comes, closed when nobody has for a while. */
import type { ChatFrame } from '../../../contract/index.ts';
import type { Cancel, Log } from '../../base/index.ts';
import type { RedisLink } from '../../store/shared/index.ts';
import { Guests } from './guests.ts';
import { RedisTickets } from './redis-tickets.ts';
import { Rereads } from './rereads.ts';
import { Room } from './room.ts';
import type { RoomParts } from './room-parts.ts';
import { type Member, newTicket, type Ticket, type TicketBox, Tickets } from './tickets.ts';

/** Rooms at once. */
const MOST_ROOMS = 5_000;
const SWEEP_MS = 30_000;
/** A room stays for who comes back soon. */
const UNUSED_MS = 5 * 60_000;

/** What chat needs of the application. */
export interface ChatParts extends Omit<RoomParts, 'rereads'> {
  readonly log: Log;
  /** Undefined where this server is alone. */
  readonly redis?: RedisLink | undefined;
  /** Secret, the same on all servers: guests are known again by it. */
  readonly guestKey: Uint8Array;
}

/** See the top of the file. */
export class Chat {
  readonly guests: Guests;
  readonly #parts: ChatParts & RoomParts;
  readonly #tickets: TicketBox;
  readonly #rooms = new Map<string, Promise<Room>>();
  readonly #open = new Map<string, Room>();
  #cancelSweep: Cancel | undefined;

  constructor(parts: ChatParts) {
    const { clock, guestKey, randomBytes } = parts;
    this.#parts = { ...parts, rereads: new Rereads(parts) };
    this.guests = new Guests(guestKey, randomBytes);
    const tickets = new Tickets(clock, randomBytes);
    const make = (): Ticket => newTicket(clock, randomBytes);
    this.#tickets =
      parts.redis === undefined ? tickets : new RedisTickets(parts.redis, tickets, make);
    this.#sweepLater();
  }

  /** Rooms that are open, who reads in them, and messages that wait to be kept or never were. */
  get tally() {
    let readers = 0;
    for (const room of this.#open.values()) readers += room.readers;
    return { rooms: this.#open.size, readers, ...this.#parts.keeper.tally };
  }

  /** The room of a stream that is known to be; undefined when there are too many. Rejects without a database. */
  room(streamId: string): Promise<Room> | undefined {
    const open = this.#open.get(streamId);
    if (open?.isLost === true) this.#forget(streamId);
    // Whoever asks for it is about to use it: it must not be closed in between.
    else open?.used();
    const known = this.#rooms.get(streamId);
    if (known !== undefined) return known;
    if (this.#rooms.size >= MOST_ROOMS) return undefined;
    const opening = Room.open(streamId, this.#parts);
    this.#rooms.set(streamId, opening);
    opening.then(
      (room) => this.#open.set(streamId, room),
      () => this.#rooms.delete(streamId),
    );
    return opening;
  }

  /** Streams whose rooms are open on this server. */
  get streams(): Iterable<string> {
    return this.#open.keys();
  }

  /** Closes the room of a stream that has no chat any more, and tells who is in it. */
  end(streamId: string): void {
    this.#open.get(streamId)?.sendAway('closed');
    this.#forget(streamId);
  }

  /** Tells those who read a stream's chat on this server. */
  tellHere(streamId: string, frame: ChatFrame): void {
    this.#open.get(streamId)?.tellHere(frame);
  }

  /** A ticket with which `member` joins once, soon. */
  issueTicket(streamId: string, member: Member): Promise<Ticket> {
    return this.#tickets.issue(streamId, member);
  }

  /** Whose the ticket was. */
  takeTicket(ticket: string, streamId: string): Promise<Member | undefined> {
    return this.#tickets.take(ticket, streamId);
  }

  /** Keeps what is not kept yet. Nobody may read or write any more. */
  async close(): Promise<void> {
    this.#cancelSweep?.();
    for (const room of this.#open.values()) room.close();
    this.#parts.rereads.close();
    await this.#parts.keeper.close();
  }

  #forget(streamId: string): void {
    this.#open.get(streamId)?.close();
    this.#open.delete(streamId);
    this.#rooms.delete(streamId);
  }

  #sweepLater(): void {
    const { clock, keeper } = this.#parts;
    this.#cancelSweep = clock.after(SWEEP_MS, () => {
      const limitMs = clock.monotonicMs() - UNUSED_MS;
      for (const [streamId, room] of this.#open) {
        const isUsed = (room.unusedSinceMs ?? limitMs) >= limitMs;
        // What is not kept yet has numbers that the database does not know.
        if (isUsed || keeper.holds(streamId)) continue;
        this.#forget(streamId);
      }
      this.#sweepLater();
    });
  }
}
