/** A server's webhooks on a clock that stands still, for tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ManualClock, newId, silentLog } from '../../base/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { type Actor, appendEvents, type PlatformEvent } from '../../store/sql/index.ts';
import { Courier } from './courier.ts';
import { Deliveries } from './deliveries.ts';
import type { TryOutcome, WebhookRequest } from './webhook-sender.ts';
import { Webhooks } from './webhooks.ts';

/** Who makes the webhooks of tests. */
export const OPERATOR: Actor = { kind: 'operator', id: null, remoteAddress: null };
/** Shared by the tests of a file; cleared before each. */
export const database = await testDatabase();

interface Body {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly number?: number };
}

/** A server's webhooks, with receivers that answer as a test says. */
export class Stage {
  readonly clock = new ManualClock();
  /** What came in, accepted or not. */
  readonly seen: {
    url: string;
    headers: Readonly<Record<string, string>>;
    body: Body;
    status: number;
  }[] = [];
  answer: (request: WebhookRequest, body: Body) => TryOutcome | Promise<TryOutcome> = () =>
    status(200);
  #number = 0;
  readonly #courier = new Courier({
    clock: this.clock,
    root: Buffer.alloc(32, 1),
    sender: {
      send: async (request) => {
        const body: Body = JSON.parse(request.body);
        const outcome = await this.answer(request, body);
        const { url, headers } = request;
        this.seen.push({
          url,
          headers,
          body,
          status: outcome.kind === 'answered' ? outcome.status : 0,
        });
        return outcome;
      },
    },
  });
  readonly deliveries = this.server();
  readonly webhooks = new Webhooks({
    database,
    clock: this.clock,
    courier: this.#courier,
    policy: { allowsLoopback: false },
    randomBytes,
    requeued: () => {},
  });

  server(): Deliveries {
    const { clock } = this;
    const random = () => 0.5;
    return new Deliveries({
      database,
      clock,
      courier: this.#courier,
      random,
      randomBytes,
      log: silentLog,
    });
  }

  async webhook(
    draft: {
      url?: string;
      ownerId?: string | null;
      createdBy?: string | null;
      eventTypes?: PlatformEvent['type'][];
    } = {},
  ) {
    const made = await this.webhooks.create(
      {
        ...{ url: 'https://one.test/', ownerId: null, createdBy: null },
        ...{ description: '', eventTypes: [] },
        ...draft,
      },
      OPERATOR,
    );
    assert.ok('id' in made);
    return made;
  }

  async happen(event: Partial<PlatformEvent> = {}): Promise<void> {
    const occurredAt = new Date(this.clock.epochMs());
    const id = newId('evt', occurredAt.getTime(), randomBytes);
    const data = { number: this.#number++ };
    const whole = {
      id,
      type: 'stream.updated',
      occurredAt,
      ownerId: null,
      streamId: 's',
      data,
    } as const;
    await database.transaction((transaction) =>
      appendEvents(transaction, [{ ...whole, ...event }]),
    );
  }

  /** Does what is due now. */
  async settle(): Promise<Date | undefined> {
    for (;;) {
      const before = this.seen.length;
      const next = await this.deliveries.round();
      await this.deliveries.idle();
      if (this.seen.length === before) return next;
    }
  }

  /** Lets time pass, doing everything at its time. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.epochMs() + durationMs;
    for (;;) {
      const next = await this.settle();
      const dueMs = next?.getTime() ?? Number.POSITIVE_INFINITY;
      if (dueMs > endMs) break;
      this.clock.advance(Math.max(1, dueMs - this.clock.epochMs()));
    }
    this.clock.advance(Math.max(0, endMs - this.clock.epochMs()));
  }

  /** Numbers of the events that a receiver accepted, in order. */
  accepted(url = 'https://one.test/'): (number | undefined)[] {
    return this.seen
      .filter((one) => one.url === url && one.status === 200)
      .map(({ body }) => body.data.number);
  }

  async list(webhookId: string, status?: 'pending' | 'delivered' | 'failed') {
    const found = await this.webhooks.deliveries(webhookId, {
      status,
      before: undefined,
      limit: 100,
    });
    return found.map(({ view }) => view);
  }
}

/** An answer with this status. */
export function status(code: number): TryOutcome {
  return { kind: 'answered', status: code };
}
