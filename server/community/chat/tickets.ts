import type { Clock } from '../../base/index.ts';
import type { Bearer, Speaker } from './post.ts';

const TICKET_BYTES = 24;
/** A page asks for a ticket when it is about to connect. */
export const TICKET_MS = 30_000;
/** Tickets not used yet; past this those made first are worth nothing. */
const MOST_TICKETS = 20_000;

/** A ticket as it was given out. */
export interface Ticket {
  readonly ticket: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/** Somebody who is signed in; JSON. */
export type Member = Pick<Speaker, 'author' | 'isAdmin'> & { readonly bearer: Bearer };

/**
 * Lets who is signed in open a socket: a socket bears no session, since other sites' pages could
 * open one with it. Each ticket is for one stream and works once.
 */
export interface TicketBox {
  /** Makes a ticket for `member`. */
  issue(streamId: string, member: Member): Promise<Ticket>;
  /** Whose the ticket is; it is used up by this, whatever comes of it. */
  take(ticket: string, streamId: string): Promise<Member | undefined>;
}

interface Holder {
  readonly streamId: string;
  readonly member: Member;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

/** Tickets of one server. */
export class Tickets implements TicketBox {
  readonly #clock: Clock;
  readonly #randomBytes: (size: number) => Uint8Array;
  /** Oldest first. */
  readonly #holders = new Map<string, Holder>();

  constructor(clock: Clock, randomBytes: (size: number) => Uint8Array) {
    this.#clock = clock;
    this.#randomBytes = randomBytes;
  }

  async issue(streamId: string, member: Member): Promise<Ticket> {
    const made = newTicket(this.#clock, this.#randomBytes);
    const untilMs = this.#clock.monotonicMs() + TICKET_MS;
    this.#holders.set(made.ticket, { streamId, member, untilMs });
    this.#sweep();
    return made;
  }

  async take(ticket: string, streamId: string): Promise<Member | undefined> {
    const holder = this.#holders.get(ticket);
    this.#holders.delete(ticket);
    if (holder === undefined || holder.streamId !== streamId) return undefined;
    return holder.untilMs < this.#clock.monotonicMs() ? undefined : holder.member;
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [ticket, { untilMs }] of this.#holders) {
      if (untilMs >= nowMs && this.#holders.size <= MOST_TICKETS) return;
      this.#holders.delete(ticket);
    }
  }
}

/** A ticket that nobody holds yet. */
export function newTicket(clock: Clock, randomBytes: (size: number) => Uint8Array): Ticket {
  const ticket = Buffer.from(randomBytes(TICKET_BYTES)).toString('base64url');
  return { ticket, expiresAtMs: clock.epochMs() + TICKET_MS };
}
