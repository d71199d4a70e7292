/** Everything that tells others what happens: webhooks, the event stream, and what is kept of both. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Cancel, Clock, Log } from '../base/index.ts';
import { EventStreams } from '../notice/event-stream/index.ts';
import {
  Courier,
  Deliveries,
  type DeliveriesTally,
  WebhookSender,
  Webhooks,
} from '../notice/webhook/index.ts';
import { type Database, EventTail, Retention } from '../store/sql/index.ts';

/** Nobody notices so little, and a burst of changes costs one look at the outbox. */
const WAKE_DELAY_MS = 25;

/** What notices need of the application. */
export interface NoticesSettings {
  readonly database: Database;
  /** The secret that the server keeps outside of its database. */
  readonly pepper: Uint8Array;
  /** WEBHOOK_ALLOW_LOCAL: receivers may be on this machine, without TLS. */
  readonly allowsLoopback: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is told to metrics. */
export type NoticesTally = DeliveriesTally & {
  /** Connections that follow events now. */
  readonly readers: number;
};

/** See the top of the file. */
export class Notices {
  readonly database: Database;
  readonly webhooks: Webhooks;
  readonly streams: EventStreams;
  readonly #tail: EventTail;
  readonly #deliveries: Deliveries;
  readonly #retention: Retention;
  readonly #clock: Clock;
  #cancelWake: Cancel | undefined;

  constructor({ database, pepper, allowsLoopback, clock, log }: NoticesSettings) {
    this.database = database;
    this.#clock = clock;
    const policy = { allowsLoopback };
    const sender = new WebhookSender({ clock, policy });
    // A key of its own for each purpose: nothing that signs here can stand for a stream key's hash.
    const root = createHmac('sha256', pepper).update('webhook secrets').digest();
    const courier = new Courier({ clock, sender, root });
    const random = Math.random;
    this.#deliveries = new Deliveries({ database, clock, log, courier, randomBytes, random });
    const requeued = (): void => this.#deliveries.wake();
    this.webhooks = new Webhooks({ database, clock, courier, policy, randomBytes, requeued });
    this.#tail = new EventTail({ database, clock, log });
    this.#tail.listen(() => this.#deliveries.wake());
    this.streams = new EventStreams({ tail: this.#tail, clock, log });
    this.#retention = new Retention({ database, clock, log });
  }

  /** Deliveries so far, what waits, and who follows events now. */
  get tally(): NoticesTally {
    return { ...this.#deliveries.tally, readers: this.streams.readers };
  }

  /** Takes up where the last run stopped. */
  async start(): Promise<void> {
    await this.#tail.start();
    this.#deliveries.start();
    this.#retention.start();
  }

  /** To be called after events were committed, so that they are told soon: many at once count as one. */
  wake(): void {
    this.#cancelWake ??= this.#clock.after(WAKE_DELAY_MS, () => {
      this.#cancelWake = undefined;
      this.#tail.wake();
    });
  }

  /** Ends the connections that follow events; to be called before the HTTP server closes. */
  endStreams(): void {
    this.streams.close();
  }

  /** Resolves when nothing is sent and the database is not asked any more. What waits is kept. */
  async close(): Promise<void> {
    this.streams.close();
    this.#cancelWake?.();
    await Promise.all([this.#deliveries.close(), this.#tail.close(), this.#retention.close()]);
  }
}
