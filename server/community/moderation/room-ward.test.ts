import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { RoomWard, type StoredStandings } from './room-ward.ts';

const addedAt = new Date(0);
const member = (authorId: string, role: 'moderator' | 'vip') => {
  return { authorId, authorName: authorId, role, addedAt };
};
const ban = (authorId: string, expiresAt: Date | null = null) => {
  return {
    authorId,
    authorName: authorId,
    expiresAt,
    reason: '',
    addressHash: null,
    createdAt: addedAt,
  };
};
const barred = (authorName: string, untilMs: number | null = null) => {
  return { roles: [], bar: { untilMs, authorName, addressHash: null }, followedAtMs: null };
};

/** A ward over a database that answers when the test says so. */
async function start(first: StoredStandings) {
  const answers = [Promise.resolve(first)];
  const ward = await RoomWard.open({
    clock: new ManualClock(),
    read: async () => (await answers.shift()) ?? assert.fail('nobody answers'),
    hashOf: () => undefined,
    followedAtMs: async () => null,
    flag: () => {},
    located: () => {},
  });
  return { ward, answers };
}

test('reread() takes what the database has, and says whose standing is another', async () => {
  const { ward, answers } = await start({
    members: [member('mod', 'moderator'), member('mod', 'vip'), member('was', 'vip')],
    bans: [ban('bad'), ban('freed'), ban('longer', new Date(Date.UTC(2030, 0)))],
  });
  const later = new Date(Date.UTC(2031, 0));
  const members = [member('mod', 'vip'), member('mod', 'moderator'), member('new', 'vip')];
  answers.push(Promise.resolve({ members, bans: [ban('bad'), ban('longer', later)] }));
  assert.deepEqual([...(await ward.reread())].sort(), ['freed', 'longer', 'new', 'was']);
  assert.deepEqual([ward.rolesOf('new'), ward.rolesOf('was')], [['vip'], []]);
  assert.deepEqual(ward.rolesOf('mod').toSorted(), ['moderator', 'vip']);
  assert.deepEqual([ward.barOf('bad')?.untilMs, ward.barOf('freed')], [null, undefined]);
  assert.equal(ward.barOf('longer')?.untilMs, later.getTime());
});

test('reread() leaves what was told while the database was asked', async () => {
  const { ward, answers } = await start({ members: [], bans: [ban('freed')] });
  const stale = Promise.withResolvers<StoredStandings>();
  answers.push(stale.promise);
  const reading = ward.reread();
  ward.hear('freed', { roles: ['vip'], bar: null, followedAtMs: null });
  ward.hear('bad', barred('bad'));
  stale.resolve({ members: [], bans: [ban('freed'), ban('other')] });
  assert.deepEqual(await reading, ['other']);
  assert.equal(ward.barOf('freed'), undefined);
  assert.deepEqual(ward.rolesOf('freed'), ['vip']);
  assert.equal(ward.barOf('bad')?.authorName, 'bad');
  // What was told then is old by the next time.
  answers.push(Promise.resolve({ members: [], bans: [] }));
  assert.deepEqual([...(await ward.reread())].sort(), ['bad', 'freed', 'other']);
});

test('reread() leaves everything as it was when the database is away', async () => {
  const { ward, answers } = await start({ members: [member('mod', 'moderator')], bans: [] });
  answers.push(Promise.reject(new Error('it is away')));
  await assert.rejects(ward.reread(), /it is away/);
  assert.deepEqual(ward.rolesOf('mod'), ['moderator']);
});

test('hear() does not remember for ever timeouts that are over', async () => {
  const { ward, answers } = await start({ members: [], bans: [ban('bad')] });
  for (let index = 0; index < 5_000; index += 1) ward.hear(`a${index}`, barred('A', 0));
  ward.hear('late', barred('Late', Date.UTC(2030, 0)));
  assert.ok(ward.barOf('bad') !== undefined && ward.barOf('late') !== undefined);
  answers.push(Promise.resolve({ members: [], bans: [ban('bad')] }));
  const told = await ward.reread();
  assert.ok(told.length <= 1_001, `${told.length} are remembered`);
});
