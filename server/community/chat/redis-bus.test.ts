import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import type { RedisLink } from '../../store/shared/index.ts';
import { draft, Listener } from './bus.test-support.ts';
import { RedisBus } from './redis-bus.ts';
import { RedisTickets } from './redis-tickets.ts';
import { type Member, newTicket, Tickets } from './tickets.ts';

const ANNA: Member = {
  author: { id: 'usr_anna', name: 'Anna', roles: [] },
  bearer: { kind: 'token', id: 'tok_1' },
};

/** A link to a Redis that answers, and says no to everything. */
function refusingLink(): RedisLink {
  const refuse = async (): Promise<never> => {
    throw new Error('OOM command not allowed');
  };
  const link = {
    ...{ prefix: '', isUp: true, send: refuse },
    script: () => ({ run: refuse }),
    subscribe: async () => () => {},
    watch: () => () => {},
  } satisfies Partial<RedisLink>;
  return link as unknown as RedisLink;
}

test('RedisBus says once that Redis says no, however many rooms ask however often', async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (_, message) => lines.push(message) };
  const bus = new RedisBus({ link: refusingLink(), clock, log, randomBytes });
  const listeners = Array.from({ length: 20 }, () => new Listener());
  const rooms = await Promise.all(
    listeners.map((listener, index) => bus.open(`s${index}`, 0, listener)),
  );
  for (const room of rooms) await room.publish(draft('m'), null);
  for (let second = 0; second < 60; second += 1) {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(listeners.every(({ seqs }) => seqs.length === 1));
  assert.deepEqual(lines, ['chat rooms cannot be shared for now']);
  for (const room of rooms) room.close();
});

test('RedisTickets are for this server alone where Redis says no', async () => {
  const clock = new ManualClock();
  const own = new Tickets(clock, randomBytes);
  const tickets = new RedisTickets(refusingLink(), own, () => newTicket(clock, randomBytes));
  const { ticket } = await tickets.issue('s', ANNA);
  assert.deepEqual(await tickets.take(ticket, 's'), ANNA);
});
