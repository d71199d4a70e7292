import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { RedisTickets } from '../../server/community/chat/redis-tickets.ts';
import { type Member, newTicket, Tickets } from '../../server/community/chat/tickets.ts';
import { RedisLink } from '../../server/store/shared/index.ts';
import { needs } from '../support/component.ts';
import { RedisServer } from '../support/redis-server.ts';

const ANNA: Member = {
  author: { id: 'usr_anna', name: 'Anna', roles: [] },
  bearer: { kind: 'token', id: 'tok_1' },
};

test('RedisTickets take a ticket once, on whichever server', needs('redis'), async (context) => {
  const server = await RedisServer.start(context);
  const open = async (): Promise<RedisTickets> => {
    const link = await RedisLink.open({ url: server.url(), clock: systemClock, log: silentLog });
    context.after(() => link.close());
    const own = new Tickets(systemClock, randomBytes);
    return new RedisTickets(link, own, () => newTicket(systemClock, randomBytes));
  };
  const [one, two] = [await open(), await open()];
  const { ticket } = await one.issue('s', ANNA);
  const taken = await Promise.all([one, two, one, two].map((each) => each.take(ticket, 's')));
  assert.deepEqual(
    taken.filter((member) => member !== undefined),
    [ANNA],
  );
  const astray = (await two.issue('s', ANNA)).ticket;
  assert.equal(await one.take(astray, 'other'), undefined);
  assert.equal(await two.take(astray, 's'), undefined, 'it is used up');
  await server.kill();
  const away = (await one.issue('s', ANNA)).ticket;
  assert.deepEqual(await one.take(away, 's'), ANNA);
  assert.equal(await one.take(away, 's'), undefined);
});
