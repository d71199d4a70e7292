import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { ManualClock, newId, silentLog } from '../../base/index.ts';
import { clear, testDatabase } from '../../store/sql/database.test-support.ts';
import { type Actor, appendEvents, type PlatformEvent } from '../../store/sql/index.ts';
import { Courier } from './courier.ts';
import { Deliveries } from './deliveries.ts';
import type { TryOutcome, WebhookRequest } from './webhook-sender.ts';
import { SECRET_OVERLAP_MS, Webhooks } from './webhooks.ts';

const HOUR_MS = 3_600_000;
const OPERATOR: Actor = { kind: 'operator', id: null, remoteAddress: null };
const database = await testDatabase();

interface Body {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly number?: number };
}

/** A server's webhooks, with receivers that answer as a test says. */
class Stage {
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
    draft: { url?: string; ownerId?: string | null; eventTypes?: PlatformEvent['type'][] } = {},
  ) {
    const made = await this.webhooks.create(
      { url: 'https://one.test/', ownerId: null, description: '', eventTypes: [], ...draft },
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

function status(code: number): TryOutcome {
  return { kind: 'answered', status: code };
}

const REFUSED: TryOutcome = { kind: 'unanswered', why: 'connection refused' };

beforeEach(() => clear(database));

test('a receiver that was down for three days gets everything once, in order', async () => {
  for (const down of [REFUSED, status(503), status(500)]) {
    await clear(database);
    const stage = new Stage();
    await stage.webhook();
    stage.answer = () => down;
    for (let hour = 0; hour < 72; hour += 1) {
      await stage.happen();
      await stage.pass(HOUR_MS);
    }
    assert.deepEqual(stage.accepted(), []);
    stage.answer = () => status(200);
    await stage.pass(24 * HOUR_MS);
    assert.deepEqual(
      stage.accepted(),
      Array.from({ length: 72 }, (_, index) => index),
    );
    await stage.happen();
    await stage.pass(0);
    assert.equal(stage.accepted().at(-1), 72);
    await stage.pass(100 * HOUR_MS);
    assert.equal(stage.accepted().length, 73);
  }
});

test('a delivery is given up after ten tries, listed, and replayed with the same id', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => REFUSED;
  await stage.happen();
  await stage.pass(80 * HOUR_MS);
  assert.equal(stage.seen.length, 10);
  const stamps = stage.seen.map(({ headers }) => Number(headers['webhook-timestamp']));
  assert.ok((stamps[9] ?? 0) - (stamps[0] ?? 0) > 75 * 3600);
  assert.equal(new Set(stage.seen.map(({ headers }) => headers['webhook-id'])).size, 1);
  const [failed] = await stage.list(id, 'failed');
  assert.equal(failed?.attempts, 10);
  assert.equal(failed?.lastError, 'connection refused');
  assert.equal(failed?.nextAttemptAt, null);

  stage.answer = () => status(200);
  await stage.pass(100 * HOUR_MS);
  assert.equal(stage.seen.length, 10);
  assert.equal(await stage.webhooks.replayFailed(id, OPERATOR), 1);
  await stage.settle();
  assert.deepEqual(stage.accepted(), [0]);
  assert.equal(stage.seen.at(-1)?.headers['webhook-id'], failed?.eventId);
  assert.deepEqual(await stage.list(id, 'failed'), []);

  const [delivered] = await stage.list(id, 'delivered');
  const replayed = await stage.webhooks.replay(id, delivered?.id ?? '', OPERATOR);
  assert.equal('status' in replayed && replayed.status, 'pending');
  await stage.settle();
  assert.deepEqual(stage.accepted(), [0, 0]);
  const unknown = await stage.webhooks.replay(id, 'dlv_none', OPERATOR);
  assert.equal('refused' in unknown && unknown.refused, 'delivery_not_found');
});

test('an event that alone is refused does not hold those behind it, and goes on trying', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  let isMended = false;
  stage.answer = (_request, { data }) => status(data.number === 1 && !isMended ? 500 : 200);
  for (let index = 0; index < 4; index += 1) await stage.happen();
  await stage.pass(HOUR_MS);
  assert.deepEqual(stage.accepted(), [0, 2, 3]);
  const [pending] = await stage.list(id, 'pending');
  assert.equal(pending?.lastError, 'the receiver answered 500');
  isMended = true;
  await stage.pass(24 * HOUR_MS);
  assert.deepEqual(stage.accepted(), [0, 2, 3, 1]);
});

test('what waited behind one that was given up is tried, and given up when its own time is over', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => REFUSED;
  await stage.happen();
  await stage.pass(HOUR_MS);
  await stage.happen();
  await stage.pass(200 * HOUR_MS);
  const failed = await stage.list(id, 'failed');
  assert.equal(failed.length, 2);
  assert.ok((failed[0]?.attempts ?? 0) >= 1);
});

test('410 disables a webhook and fails what waits for it', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => status(410);
  await stage.happen();
  await stage.happen();
  await stage.settle();
  await stage.happen();
  await stage.pass(100 * HOUR_MS);
  assert.equal(stage.seen.length, 1);
  const webhook = await stage.webhooks.get(id);
  assert.equal(webhook?.isEnabled, false);
  assert.match(webhook?.disabledReason ?? '', /410/);
  assert.equal((await stage.list(id, 'failed')).length, 2);
  const replayed = await stage.webhooks.replayFailed(id, OPERATOR);
  assert.equal(typeof replayed === 'object' && replayed.refused, 'webhook_disabled');

  stage.answer = () => status(200);
  await stage.webhooks.update(id, { isEnabled: true }, OPERATOR);
  await stage.happen();
  await stage.settle();
  assert.deepEqual(stage.accepted(), [3]);
  assert.equal(await stage.webhooks.replayFailed(id, OPERATOR), 2);
  await stage.settle();
  assert.deepEqual(stage.accepted(), [3, 0, 1]);
});

test('a redirect counts as a failure', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => status(302);
  await stage.happen();
  await stage.settle();
  const [pending] = await stage.list(id, 'pending');
  assert.equal(pending?.lastError, 'redirects are not followed');
});

test('a webhook is told of what belongs to its owner and of the types it asked for', async () => {
  const stage = new Stage();
  const url = (name: string) => `https://${name}.test/`;
  await stage.happen();
  await stage.webhook({ url: url('all') });
  await stage.webhook({ url: url('ada'), ownerId: 'ada' });
  await stage.webhook({ url: url('ended'), ownerId: 'ada', eventTypes: ['broadcast.ended'] });
  await stage.webhook({ url: url('bob'), ownerId: 'bob' });
  await stage.happen({ ownerId: 'ada', type: 'broadcast.started' });
  await stage.happen({ ownerId: 'bob' });
  await stage.happen({ ownerId: 'ada', type: 'broadcast.ended' });
  await stage.happen();
  await stage.settle();
  assert.deepEqual(stage.accepted(url('all')), [1, 2, 3, 4]);
  assert.deepEqual(stage.accepted(url('ada')), [1, 3]);
  assert.deepEqual(stage.accepted(url('ended')), [3]);
  assert.deepEqual(stage.accepted(url('bob')), [2]);
});

test('an owner who is disabled is told nothing', async () => {
  await database.query(
    `insert into users (id, name, display_name, role, created_at, disabled_at)
     values ('ada', 'ada', 'Ada', 'broadcaster', $1, $1)`,
    [new Date(0)],
  );
  const stage = new Stage();
  await stage.webhook({ ownerId: 'ada' });
  await stage.happen({ ownerId: 'ada' });
  await stage.settle();
  assert.deepEqual(stage.seen, []);
});

test('a receiver that does not answer holds up nobody else', async () => {
  const stage = new Stage();
  await stage.webhook({ url: 'https://slow.test/' });
  await stage.webhook();
  const late = Promise.withResolvers<TryOutcome>();
  stage.answer = ({ url }) => (url === 'https://slow.test/' ? late.promise : status(200));
  for (let index = 0; index < 3; index += 1) await stage.happen();
  while (stage.accepted().length < 3) {
    await stage.deliveries.round();
    await new Promise(setImmediate);
  }
  assert.deepEqual(stage.accepted(), [0, 1, 2]);
  late.resolve(status(200));
  await stage.deliveries.idle();
  assert.deepEqual(stage.accepted('https://slow.test/'), [0, 1, 2]);
});

test('two servers on one database send everything once', async () => {
  const stage = new Stage();
  await stage.webhook();
  const other = stage.server();
  for (let index = 0; index < 20; index += 1) await stage.happen();
  while (stage.accepted().length < 20) {
    await Promise.all([stage.deliveries.round(), other.round()]);
    await Promise.all([stage.deliveries.idle(), other.idle()]);
  }
  assert.deepEqual(
    stage.accepted(),
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test('close() gives back what was under way; the next start delivers it', async () => {
  const stage = new Stage();
  await stage.webhook();
  await stage.happen();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<TryOutcome>();
  stage.answer = () => {
    begun.resolve();
    return ended.promise;
  };
  stage.deliveries.start();
  await begun.promise;
  const closed = stage.deliveries.close();
  ended.resolve({ kind: 'aborted' });
  await closed;
  assert.deepEqual(stage.deliveries.tally.tries, {
    ...{ delivered: 0, refused: 0, unanswered: 0, given_up: 0, gone: 0 },
  });

  stage.answer = () => status(200);
  const next = stage.server();
  await next.round();
  await next.idle();
  assert.deepEqual(stage.accepted(), [0]);
  await next.round();
  assert.deepEqual(next.tally, {
    tries: { delivered: 1, refused: 0, unanswered: 0, given_up: 0, gone: 0 },
    pending: 0,
    oldestPendingMs: 0,
  });
});

test('rotateSecret() has both secrets sign until the overlap is over', async () => {
  const stage = new Stage();
  const made = await stage.webhook();
  const signatures = async (): Promise<number> => {
    await stage.happen();
    await stage.settle();
    return stage.seen.at(-1)?.headers['webhook-signature']?.split(' ').length ?? 0;
  };
  assert.equal(await signatures(), 1);
  const rotated = await stage.webhooks.rotateSecret(made.id, OPERATOR);
  assert.ok('secret' in rotated);
  assert.notEqual(rotated.secret, made.secret);
  assert.notEqual(rotated.previousSecretExpiresAt, null);
  assert.equal(await signatures(), 2);
  stage.clock.advance(SECRET_OVERLAP_MS);
  assert.equal(await signatures(), 1);
  assert.equal((await stage.webhooks.get(made.id))?.previousSecretExpiresAt, null);
});

test('test() sends one event and says what came back', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  const { signal } = new AbortController();
  assert.deepEqual(await stage.webhooks.test(id, signal), {
    isDelivered: true,
    status: 200,
    error: null,
  });
  assert.equal(stage.seen[0]?.body.type, 'webhook.test');
  stage.answer = () => REFUSED;
  assert.deepEqual(await stage.webhooks.test(id, signal), {
    ...{ isDelivered: false, status: null, error: 'connection refused' },
  });
  assert.deepEqual(await stage.list(id), []);
});
