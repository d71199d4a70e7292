import { createHash } from 'node:crypto';
import { type RedisLink, RedisUnavailableError } from '../../store/shared/index.ts';
import { type Member, TICKET_MS, type Ticket, type TicketBox } from './tickets.ts';

interface Holder {
  readonly streamId: string;
  readonly member: Member;
}

/**
 * Tickets that each of several servers takes, and that work once among all of them. One that is
 * made while Redis is away is for this server.
 */
export class RedisTickets implements TicketBox {
  readonly #link: RedisLink;
  readonly #own: TicketBox;
  readonly #newTicket: () => Ticket;

  /** `own` keeps what Redis cannot. */
  constructor(link: RedisLink, own: TicketBox, newTicket: () => Ticket) {
    this.#link = link;
    this.#own = own;
    this.#newTicket = newTicket;
  }

  async issue(streamId: string, member: Member): Promise<Ticket> {
    const ticket = this.#newTicket();
    const holder: Holder = { streamId, member };
    try {
      const key = this.#keyOf(ticket.ticket);
      await this.#link.send('SET', key, JSON.stringify(holder), 'PX', TICKET_MS);
      return ticket;
    } catch {
      // Also when it answers and says no, for want of memory for instance.
      return this.#own.issue(streamId, member);
    }
  }

  async take(ticket: string, streamId: string): Promise<Member | undefined> {
    const own = await this.#own.take(ticket, streamId);
    if (own !== undefined) return own;
    try {
      const held = await this.#link.send('GETDEL', this.#keyOf(ticket));
      if (typeof held !== 'string') return undefined;
      const holder: Holder = JSON.parse(held);
      return holder.streamId === streamId ? holder.member : undefined;
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
      return undefined;
    }
  }

  /** Whoever may look into Redis does not find tickets there. */
  #keyOf(ticket: string): string {
    const hash = createHash('sha256').update(ticket).digest('base64url');
    return `${this.#link.prefix}ticket:${hash}`;
  }
}
