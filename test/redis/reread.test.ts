/** What was changed on one server while Redis was away, seen on another one once it is back. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { ChatAuthor, ChatFrame, ChatRole } from '../../contract/index.ts';
import { ACTOR, database, eventually } from '../../server/app/chat/two-chats.test-support.ts';
import { wholeChat } from '../../server/app/chat/whole-chat.test-support.ts';
import { systemClock as clock, silentLog } from '../../server/base/index.ts';
import { RedisBus } from '../../server/community/chat/index.ts';
import { TestReader } from '../../server/community/chat/room.test-support.ts';
import { RedisLink } from '../../server/store/shared/index.ts';
import { needs } from '../support/component.ts';
import { RedisServer } from '../support/redis-server.ts';

const need = needs('redis');
const log = silentLog;
const TERMS = [{ text: 'badword', action: 'block' }] as const;
const OWNER: ChatAuthor = { id: 'usr_ada', name: 'Ada', roles: ['broadcaster'] };
const ANNA: ChatAuthor = { id: 'usr_anna', name: 'Anna', roles: [] };
const BOB: ChatAuthor = { id: 'usr_bob', name: 'Bob', roles: [] };
const people = [OWNER, ANNA, BOB].map(({ id, name }) => ({
  id,
  displayName: name,
  role: 'viewer',
}));
const accounts = {
  users: {
    get: async (id: string) => people.find((each) => each.id === id),
    named: async (name: string) => people.find((each) => each.displayName === name),
  },
} as never;

/** One of several servers that share a chat. */
async function serverOf(context: TestContext, redis: RedisServer, streamId: string) {
  const link = await RedisLink.open({ url: redis.url(), clock, log });
  const { stage, roomOf, close } = wholeChat(context, {
    ...{ database, accounts, placeOf: async () => ({ ownerId: OWNER.id, isOpen: true }) },
    bus: new RedisBus({ link, clock, log, randomBytes }),
  });
  context.after(() => link.close());
  const stop = async (): Promise<void> => {
    await close();
    link.close();
  };
  const room = await roomOf(streamId);
  const say = async (author: ChatAuthor, text: string) => {
    const post = { author, isGuest: false, text, nonce: null, replyTo: undefined };
    const outcome = await room.post(post);
    return 'refused' in outcome ? outcome.refused : 'in';
  };
  const read = (author: ChatAuthor): readonly ChatFrame[] => {
    const reader = new TestReader(author.id, author.name);
    room.join(reader, { author, isGuest: false, guest: undefined, resume: undefined });
    return reader.frames;
  };
  const texts = (): readonly string[] =>
    room.recent(50).map(({ fragments }) => fragments.map(({ text }) => text).join(''));
  return { link, room, stage, say, read, texts, stop };
}

async function start(context: TestContext) {
  const redis = await RedisServer.start(context);
  const streamId = `s${randomBytes(6).toString('hex')}`;
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ($1, 'usr_ada', 'Title', 'idle', now(), now())`,
    [streamId],
  );
  const [one, two] = [
    await serverOf(context, redis, streamId),
    await serverOf(context, redis, streamId),
  ];
  for (const command of ['/slowoff', '/ban Bob']) assert.equal(await one.say(OWNER, command), 'in');
  await eventually(() => two.room.settings.slowModeS === 0);
  await eventually(() => two.room.isBarred({ author: BOB }));
  const turned = (isUp: boolean) =>
    eventually(() => [one, two].every(({ link }) => link.isUp === isUp));
  return { redis, one, two, turned };
}

const rolesTold = (frames: readonly ChatFrame[]): readonly (readonly ChatRole[])[] =>
  frames.flatMap((frame) => (frame.type === 'moderated' ? [frame.roles] : []));

for (const what of ['goes on', 'is gone by then'] as const) {
  test(
    `what a server that ${what} changed without Redis holds on others soon after`,
    need,
    async (context) => {
      const { redis, one, two, turned } = await start(context);
      const [anna, bob] = [two.read(ANNA), two.read(BOB)];
      assert.equal(await two.say(ANNA, 'rude'), 'in');
      await eventually(() => one.texts().includes('rude'));
      await redis.kill();
      await turned(false);
      for (const command of [
        ...['/ban Anna', '/unban Bob', '/mod Bob', '/uniquechat', '/poll 60 Which? | this | that'],
      ]) {
        assert.equal(await one.say(OWNER, command), 'in');
      }
      await one.stage.filters.automod.change(one.room.streamId, { terms: TERMS }, ACTOR);
      await one.room.tell({ type: 'automod' }, 'moderators');
      assert.equal(await one.say(ANNA, 'hi'), 'chat_banned');
      assert.equal(await two.say(ANNA, 'nobody told this server'), 'in');
      assert.equal(await two.say(BOB, 'nor that'), 'chat_banned');
      // What is changed here leaves alone what was changed there.
      assert.equal(await two.say(OWNER, '/emoteonly'), 'in');
      if (what === 'is gone by then') await one.stop();
      await redis.resume();
      const atMs = performance.now();
      await eventually(() => two.room.isBarred({ author: ANNA }));
      await eventually(() => two.room.rolesOf(BOB).includes('moderator'));
      await eventually(() => two.room.settings.uniqueChat && two.room.settings.emoteOnly);
      await eventually(() => bob.some((frame) => frame.type === 'poll' && frame.poll?.isOpen));
      context.diagnostic(`held ${Math.round(performance.now() - atMs)} ms after the return`);
      await eventually(() => anna.some((frame) => frame.type === 'moderated' && frame.isBanned));
      await eventually(() => rolesTold(bob).at(-1)?.includes('moderator') === true);
      assert.ok(anna.some((frame) => frame.type === 'settings' && frame.settings.uniqueChat));
      await eventually(() => !two.texts().includes('rude'));
      assert.equal(await two.say(ANNA, 'hi'), 'chat_banned');
      assert.equal(await two.say(BOB, '/clear'), 'in');
      if (what === 'goes on') await eventually(() => one.room.settings.emoteOnly);
      await two.room.change({ emoteOnly: false });
      assert.equal(await two.say({ ...ANNA, id: 'usr_new' }, 'a badword'), 'message_rejected');
    },
  );
}

test('reread() tells nobody what has not changed', need, async (context) => {
  const { two } = await start(context);
  const frames = two.read(BOB);
  const before = frames.length;
  await two.room.reread();
  assert.deepEqual(frames.slice(before), []);
});
