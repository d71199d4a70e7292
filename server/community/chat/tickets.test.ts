import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { Guests } from './guests.ts';
import { type Member, Tickets } from './tickets.ts';

const ANNA: Member = {
  author: { id: 'usr_anna', name: 'Anna', roles: [] },
  bearer: { kind: 'token', id: 'tok_1' },
};

test('take() gives a ticket up once, for its stream, within 30 seconds', async () => {
  const clock = new ManualClock();
  const tickets = new Tickets(clock, randomBytes);
  const issue = async () => (await tickets.issue('s', ANNA)).ticket;
  const used = await issue();
  assert.deepEqual(await tickets.take(used, 's'), ANNA);
  assert.equal(await tickets.take(used, 's'), undefined);
  const astray = await issue();
  assert.equal(await tickets.take(astray, 'other'), undefined);
  assert.equal(await tickets.take(astray, 's'), undefined, 'it is used up');
  const late = await issue();
  clock.advance(30_001);
  assert.equal(await tickets.take(late, 's'), undefined);
  assert.equal(await tickets.take('', 's'), undefined);
});

test('of() knows a guest by its token, and nobody by a made-up one', () => {
  const key = randomBytes(32);
  const guests = new Guests(key, randomBytes);
  const guest = guests.of(undefined);
  assert.match(guest.author.name, /^[a-z]+-[a-z]+-\d+$/);
  assert.deepEqual(new Guests(key, randomBytes).of(guest.token), guest);
  const forged = guest.token.replace(/\.[a-z2-7]/, (from) => (from === '.a' ? '.b' : '.a'));
  assert.notEqual(guests.of(forged).author.id, guest.author.id);
  assert.notEqual(
    new Guests(randomBytes(32), randomBytes).of(guest.token).author.id,
    guest.author.id,
  );
});
