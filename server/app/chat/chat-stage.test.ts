import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatAuthor, ChatFrame, ChatPoll } from '../../../contract/index.ts';
import { ACTOR, ANNA, database, eventually, MOD, twoServers } from './two-chats.test-support.ts';

const BROADCASTER: ChatAuthor = { id: 'usr_ada', name: 'Ada', roles: ['broadcaster'] };

function polls(told: readonly ChatFrame[]): readonly (ChatPoll | null)[] {
  return told.flatMap((frame) => (frame.type === 'poll' ? [frame.poll] : []));
}

function votesIn(poll: ChatPoll | null | undefined): readonly number[] | undefined {
  return poll?.choices.map(({ votes }) => votes);
}

test('a poll counts one vote an author over two servers, and keeps its result', async () => {
  const { clock, nodes, streamId, told } = await twoServers();
  const [one, two] = nodes;
  assert.equal(await one.say('/poll 60 Which? | this | this', MOD), 'invalid_request');
  assert.equal(await one.say('/poll 60 Which? | this | that', MOD), 'The poll is open for 60 s.');
  assert.equal(await two.say('/poll Again? | a | b', MOD), 'poll_open');
  assert.equal(await one.say('/vote 1'), 'Your vote is counted.');
  assert.equal(await one.say('/vote 2'), 'already_voted');
  // The other server does not know; the database does.
  assert.equal(await two.say('/vote 2'), 'Your vote is counted.');
  assert.equal(await two.say('/vote 2', { ...ANNA, id: 'usr_bob' }), 'Your vote is counted.');
  assert.equal(await two.say('/vote 3', { ...ANNA, id: 'usr_eve' }), 'invalid_request');
  assert.equal(await two.say('/vote 1', { ...ANNA, id: 'guest_a' }, true), 'forbidden');
  clock.advance(1_000);
  await eventually(() => votesIn(polls(told).at(-1))?.join() === '1,1');
  clock.advance(59_000);
  assert.equal(await one.say('/vote 1', { ...ANNA, id: 'usr_late' }), 'poll_not_found');
  clock.advance(2_000);
  await eventually(() => polls(told).at(-1)?.isOpen === false);
  const [kept] = await two.stage.polls.list(streamId, 10);
  assert.deepEqual([kept?.question, votesIn(kept), kept?.isOpen], ['Which?', [1, 1], false]);
  await eventually(async () => (await one.say('/poll More? | a | b', MOD)).startsWith('The poll'));
});

test('a poll does not count who is banned meanwhile, on either server', async () => {
  const { clock, nodes, streamId, told } = await twoServers();
  const [one, two] = nodes;
  await one.say('/poll 60 Which? | this | that', MOD);
  await one.say('/vote 1');
  await two.say('/vote 1', { ...ANNA, id: 'usr_bob' });
  clock.advance(1_000);
  await eventually(() => votesIn(polls(told).at(-1))?.join() === '2,0');
  // Gathered, and not counted yet.
  await two.say('/vote 2', { ...ANNA, id: 'usr_eve' });
  for (const authorId of ['usr_bob', 'usr_eve']) {
    await database.query(
      `insert into chat_bans (stream_id, author_id, author_name, created_at)
       values ($1, $2, $2, now())`,
      [streamId, authorId],
    );
    const purge = { type: 'purge', authorId, authorName: authorId, durationS: null } as const;
    void (await one.room()).conceal(purge);
  }
  clock.advance(250);
  await eventually(() => votesIn(polls(told).at(-1))?.join() === '1,0');
  clock.advance(61_000);
  await eventually(() => polls(told).at(-1)?.isOpen === false);
  assert.deepEqual(votesIn(polls(told).at(-1)), [1, 0]);
});

test('a poll ends by hand, and who comes is shown it', async () => {
  const { clock, nodes, streamId, told } = await twoServers();
  const [one, two] = nodes;
  await one.say('/poll Which? | this | that', MOD);
  await two.say('/vote 2');
  assert.equal((await one.stage.polls.load(streamId))?.isOpen, true);
  assert.equal(await two.say('/endpoll', MOD), 'The poll has ended.');
  assert.equal(await two.say('/vote 1', { ...ANNA, id: 'usr_late' }), 'poll_not_found');
  clock.advance(2_000);
  await eventually(() => polls(told).at(-1)?.isOpen === false);
  assert.deepEqual(votesIn(polls(told).at(-1)), [0, 1]);
  assert.equal((await one.stage.polls.load(streamId))?.isOpen, false);
  clock.advance(5 * 60_000);
  assert.equal(await one.stage.polls.load(streamId), null);
});

test('a poll takes a question and two to ten choices', async () => {
  const { nodes } = await twoServers();
  for (const poll of [
    'Which?',
    'Which? | one',
    '| a | b',
    'Which? | a |',
    `Q${'| a'.repeat(11)}`,
  ]) {
    assert.equal(await nodes[0].say(`/poll ${poll}`, MOD), 'invalid_request', poll);
  }
  assert.equal(await nodes[0].say('/poll Which? | a | b'), 'forbidden');
});

test('a pinned message stands until it or its author is taken out of sight', async () => {
  const { nodes, streamId, told } = await twoServers();
  const [one, two] = nodes;
  const pinned = () => told.flatMap((frame) => (frame.type === 'pinned' ? [frame.message] : []));
  assert.equal(await one.say('hello'), 'posted');
  const id = (await two.room()).recent(1)[0]?.id ?? '';
  assert.equal(await two.say('/pin msg_none', MOD), 'message_not_found');
  assert.equal(await two.say(`/pin ${id}`, MOD), 'The message stands above the chat.');
  assert.equal(pinned().at(-1)?.id, id);
  assert.equal((await one.stage.pins.load(streamId))?.id, id);
  void (await one.room()).conceal({ type: 'removal', ids: ['msg_other'] });
  void (await one.room()).conceal({ type: 'removal', ids: [id] });
  await eventually(() => pinned().at(-1) === null);
  assert.equal(await one.stage.pins.load(streamId), null);
  assert.equal(await one.say('/announce Big news', MOD), 'posted');
  const announced = (await two.room()).recent(1)[0];
  assert.equal(announced?.kind, 'announcement');
  await one.say(`/pin ${announced?.id}`, MOD);
  assert.equal(await one.say('/unpin', MOD), 'Nothing stands above the chat.');
  assert.deepEqual(pinned().slice(-2), [null, null]);
});

test('a raid goes after its countdown, and may be called off on any server', async () => {
  const { clock, nodes, streamId, told, texts } = await twoServers();
  const [one, two] = nodes;
  const states = () => told.flatMap((frame) => (frame.type === 'raid' ? [frame.raid.state] : []));
  assert.equal(await one.say('/raid target', MOD), 'forbidden');
  assert.equal(await one.say('/raid offline', BROADCASTER), 'not_live');
  assert.equal(await one.say(`/raid ${streamId}`, BROADCASTER), 'not_live');
  assert.match(await one.say('/raid target', BROADCASTER), /^Viewers go to Target/);
  assert.equal(await two.say('/raid target', BROADCASTER), 'raid_announced');
  assert.equal(await two.say('/unraid', BROADCASTER), 'The raid is called off.');
  assert.equal(await one.say('/unraid', BROADCASTER), 'raid_not_found');
  clock.advance(20_000);
  assert.deepEqual(states(), ['announced', 'announced', 'cancelled', 'cancelled']);
  assert.match(await two.say('/raid target', BROADCASTER), /^Viewers/);
  clock.advance(15_000);
  await eventually(async () => (await texts('target')).length > 0);
  assert.deepEqual(await texts('target'), ['Ada arrives with 0 viewers']);
  assert.deepEqual(states().slice(-2), ['gone', 'gone']);
  assert.equal(await one.say('/unraid', BROADCASTER), 'raid_not_found');
  await one.stage.close();
  await two.stage.close();
});

/** How each raid that was told stands, on either server. */
function raidsTold(told: readonly ChatFrame[]): readonly string[] {
  return told.flatMap((frame) => {
    if (frame.type !== 'raid') return [];
    const { state, reason } = frame.raid;
    return [reason === undefined ? state : `${state}, ${reason}`];
  });
}

test('a raid is called off by the server that counts down when it stops, and told of', async () => {
  const { clock, nodes, told, texts } = await twoServers();
  const [one, two] = nodes;
  await two.room();
  assert.match(await one.say('/raid target', BROADCASTER), /^Viewers/);
  clock.advance(5_000);
  await two.stage.leave();
  assert.equal(raidsTold(told).length, 2, 'another server calls nothing off');
  await one.stage.leave();
  const calledOff = 'cancelled, server_stopped';
  assert.deepEqual(raidsTold(told).slice(2), [calledOff, calledOff]);
  clock.advance(30_000);
  assert.equal(raidsTold(told).length, 4, 'once, and nobody goes');
  assert.deepEqual(await texts('target'), []);
  assert.match(await two.say('/raid target', BROADCASTER), /^Viewers/);
});

test('a raid whose server dies in its countdown is called off by another', async () => {
  const { clock, nodes, told } = await twoServers();
  const [one, two] = nodes;
  await two.room();
  await one.say('/raid target', BROADCASTER);
  one.stage.raids.close();
  clock.advance(17_999);
  assert.deepEqual(raidsTold(told), ['announced', 'announced']);
  clock.advance(1);
  const calledOff = 'cancelled, server_stopped';
  await eventually(() => raidsTold(told).length === 4);
  assert.deepEqual(raidsTold(told).slice(2), [calledOff, calledOff]);
  assert.equal(await two.say('/unraid', BROADCASTER), 'raid_not_found');
});

test('a raid on a stream that ends in the countdown is called off', async () => {
  const { clock, nodes, told, texts, onAir } = await twoServers();
  const [one, two] = nodes;
  await two.room();
  await one.say('/raid target', BROADCASTER);
  onAir.clear();
  clock.advance(15_000);
  await eventually(() => raidsTold(told).length === 4);
  assert.deepEqual(raidsTold(told).slice(2), Array(2).fill('cancelled, target_ended'));
  clock.advance(30_000);
  assert.equal(raidsTold(told).length, 4);
  assert.deepEqual(await texts('target'), []);
  assert.equal(await two.say('/unraid', BROADCASTER), 'raid_not_found');
});

test('/shield and /unshield are the shield in one call', async () => {
  const { nodes } = await twoServers();
  const [one, two] = nodes;
  assert.match(await one.say('/shield', MOD), /shielded/);
  assert.equal((await two.room()).settings.shield, true);
  assert.match(await two.say('/unshield', MOD), /taken away/);
  assert.equal((await one.room()).settings.shield, false);
  assert.equal((await one.filters.shield.lift('none', await one.room(), ACTOR)).shield, false);
});
