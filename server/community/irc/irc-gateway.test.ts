import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dialect } from './dialect.ts';
import { said, TestClient, testGateway } from './irc.test-support.ts';

const ALL = 'CAP REQ :twitch.tv/tags twitch.tv/commands';

/** A client of Bob's in `#show`, that has read its welcome. */
async function joined(world: ReturnType<typeof testGateway>, ...first: readonly string[]) {
  const client = new TestClient(world.gateway);
  await client.send(...first, 'PASS oauth:bob-token', 'NICK whatever', 'JOIN #show');
  client.take();
  return client;
}

test('accept() welcomes a client by its account, tells what it joined, and carries both ways', async () => {
  const { gateway, room, clock } = testGateway();
  const client = new TestClient(gateway);
  await client.send('CAP LS 302', 'PASS bob-token', 'NICK x', 'USER x 0 * :X');
  assert.deepEqual(
    client.take().map((line) => line.split(' ').slice(0, 4).join(' ')),
    [':millrace CAP * LS'],
    'nothing before CAP END',
  );
  await client.send('CAP REQ :server-time nonsense', 'CAP REQ :server-time', 'CAP END');
  const [nak, ack, ...welcome] = client.take();
  assert.equal(nak, ':millrace CAP * NAK :server-time nonsense');
  assert.equal(ack, ':millrace CAP * ACK :server-time');
  assert.equal(welcome[0], ':millrace 001 bob_b :Welcome, bob_b');
  await client.send('JOIN #show', 'PRIVMSG #show :hello all', 'PING :a b', 'PING');
  assert.deepEqual(client.take(), [
    ':bob_b!bob_b@bob_b.millrace JOIN :#show',
    ':millrace 332 bob_b #show :The show',
    ':millrace 353 bob_b = #show :bob_b',
    ':millrace 366 bob_b #show :End of NAMES list',
    ':millrace PONG millrace :a b',
    'PONG',
  ]);
  const [post] = room.posts;
  assert.equal(post?.text, 'hello all');
  assert.deepEqual(post.author, { id: 'usr_bob', name: 'Bob B', roles: [] });
  assert.equal(post.address, '192.0.2.1');
  room.happen(said(2, 'hi Bob'));
  clock.advance(100);
  assert.deepEqual(client.take(), [
    '@time=2026-01-01T00:00:00.000Z :anna!anna@anna.millrace PRIVMSG #show :hi Bob',
  ]);
  await client.send('PART #show', 'QUIT');
  assert.deepEqual(client.take(), [':bob_b!bob_b@bob_b.millrace PART :#show', 'ERROR :Goodbye']);
  assert.equal(room.watching.size, 0);
  assert.equal(gateway.tally.sessions, 0);
  assert.equal(gateway.tally.ended.get('quit'), 1);
});

test('accept() speaks the dialect of bots to those who ask for it', async () => {
  const world = testGateway();
  const { room, clock } = world;
  const bot = new TestClient(world.gateway);
  await bot.send(ALL, 'PASS oauth:anna-token', 'NICK anna', 'JOIN #show');
  const lines = bot.take();
  assert.ok(lines.includes(':tmi.twitch.tv 001 anna :Welcome, anna'));
  assert.ok(
    lines.includes(
      '@emote-only=0;followers-only=-1;r9k=0;slow=3;subs-only=0;room-id=str_show ' +
        ':tmi.twitch.tv ROOMSTATE :#show',
    ),
  );
  assert.match(lines.at(-1) ?? '', /^@badge-info=;badges=broadcaster\/1;.* USERSTATE :#show$/);
  const author = { id: 'usr_bob', name: 'Bob; B', roles: ['moderator', 'vip'] as const };
  room.happen(said(1, 'first'));
  room.happen(
    said(2, '', {
      author,
      replyTo: 'msg_1',
      fragments: [
        { type: 'text', text: '🎉 ' },
        { type: 'emote', text: ':wave:', emote: 'emo/1' },
        { type: 'text', text: ' x ' },
        { type: 'emote', text: ':wave:', emote: 'emo/1' },
      ],
    }),
  );
  clock.advance(100);
  const [, reply = ''] = bot.take();
  const [tags = '', rest] = [reply.split(' ')[0], reply.split(' ').slice(1).join(' ')];
  assert.equal(rest, ':bob_b!bob_b@bob_b.tmi.twitch.tv PRIVMSG #show :🎉 :wave: x :wave:');
  const read = new Map(
    tags
      .slice(1)
      .split(';')
      .map((tag) => tag.split('=', 2) as [string, string]),
  );
  for (const [key, value] of Object.entries({
    badges: 'moderator/1,vip/1',
    'display-name': 'Bob\\:\\sB',
    emotes: 'emo_1:2-7,11-16',
    id: 'msg_2',
    mod: '1',
    'reply-parent-display-name': 'Anna',
    'reply-parent-msg-body': 'first',
    'reply-parent-msg-id': 'msg_1',
    'room-id': 'str_show',
    'tmi-sent-ts': '1767225600000',
    'user-id': 'usr_bob',
  })) {
    assert.equal(read.get(key), value, key);
  }
  assert.match(read.get('color') ?? '', /^#[0-9A-F]{6}$/);
});

test('a client is told what it is in the channel, also what the room alone gave it', async () => {
  const world = testGateway();
  world.room.given.set('usr_bob', ['moderator', 'vip']);
  const bot = new TestClient(world.gateway);
  await bot.send(ALL, 'PASS oauth:bob-token', 'NICK bob', 'JOIN #show');
  const state = bot.take().find((line) => line.includes(' USERSTATE '));
  assert.match(state ?? '', /;badges=moderator\/1,vip\/1;.*;mod=1;.*;user-type=mod /);
});

test('a channel tells what moderators do to those who know it, and nothing to others', async () => {
  const world = testGateway();
  const { room, clock } = world;
  const [bot, plain] = [await joined(world, ALL), await joined(world)];
  room.happen(said(1, 'spam spam'));
  clock.advance(100);
  for (const client of [bot, plain]) client.take();
  room.happen({ type: 'removal', seq: 2, ids: ['msg_1', 'msg_old'] });
  const author = { authorId: 'usr_anna', authorName: 'Anna' };
  room.happen({ type: 'purge', seq: 3, ...author, durationS: 600 });
  room.happen({ type: 'purge', seq: 4, ...author, durationS: null });
  room.happen({ type: 'clear', seq: 5 });
  room.happen(said(6, 'Read this', { kind: 'announcement' }));
  for (const watcher of room.watching) watcher.settings({ ...room.settings, slowModeS: 30 });
  clock.advance(100);
  const lines = bot.take();
  assert.equal(lines[0], '@slow=30;room-id=str_show :tmi.twitch.tv ROOMSTATE :#show');
  assert.deepEqual(lines.slice(1, 6), [
    '@login=anna;room-id=str_show;target-msg-id=msg_1 :tmi.twitch.tv CLEARMSG #show :spam spam',
    '@login=;room-id=str_show;target-msg-id=msg_old :tmi.twitch.tv CLEARMSG #show :',
    '@ban-duration=600;room-id=str_show;target-user-id=usr_anna :tmi.twitch.tv CLEARCHAT #show :anna',
    '@room-id=str_show;target-user-id=usr_anna :tmi.twitch.tv CLEARCHAT #show :anna',
    '@room-id=str_show :tmi.twitch.tv CLEARCHAT :#show',
  ]);
  assert.match(
    lines[6] ?? '',
    /msg-id=announcement.* :tmi\.twitch\.tv USERNOTICE #show :Read this$/,
  );
  assert.deepEqual(plain.take(), [':anna!anna@anna.millrace NOTICE #show :Read this']);
});

test('an action is /me in the chat, and an action in IRC', async () => {
  const world = testGateway();
  const client = await joined(world);
  const other = await joined(world);
  await client.send('PRIVMSG #show :\u0001ACTION waves at you\u0001', 'PRIVMSG #show :/me sits');
  assert.deepEqual(
    world.room.posts.map(({ text }) => text),
    ['/me waves at you', '/me sits'],
  );
  world.clock.advance(100);
  other.take();
  world.room.happen(said(9, 'waves', { kind: 'action' }));
  world.room.happen(said(10, '*bold* is none'));
  world.clock.advance(100);
  assert.deepEqual(
    other.take().map((line) => line.slice(line.indexOf('PRIVMSG #show :') + 15)),
    ['\u0001ACTION waves\u0001', '*bold* is none'],
  );
});

test('what one said oneself is not sent back, but to other clients and to who wants it', async () => {
  const world = testGateway();
  const [self, echoing, other] = [
    await joined(world),
    await joined(world, 'CAP REQ :echo-message'),
    await joined(world),
  ];
  await self.send('PRIVMSG #show :one');
  await echoing.send('PRIVMSG #show :two');
  world.room.happen(said(3, 'three'));
  world.clock.advance(100);
  const texts = (client: TestClient) => client.take().map((line) => line.split(':').at(-1));
  assert.deepEqual(texts(self), ['two', 'three']);
  assert.deepEqual(texts(echoing), ['one', 'two', 'three']);
  assert.deepEqual(texts(other), ['one', 'two', 'three']);
});

test('a long message comes in lines of 512 bytes, and whole to bots', async () => {
  const world = testGateway();
  const [plain, bot] = [await joined(world), await joined(world, ALL)];
  const text = `${'grüße '.repeat(80)}${'🎉'.repeat(20)}`;
  world.room.happen(said(1, text));
  world.clock.advance(100);
  const lines = plain.take();
  assert.equal(lines.length, 2);
  for (const line of lines) assert.ok(Buffer.byteLength(line) <= 510, line);
  assert.equal(lines.map((line) => line.slice(line.indexOf('#show :') + 7)).join(' '), text);
  assert.equal(bot.take().length, 1);
});

test('a client without a token reads, and is told that it may not write', async () => {
  const { gateway, room, clock } = testGateway();
  const client = new TestClient(gateway);
  await client.send('NICK justinfan123', 'JOIN #show', 'PRIVMSG #show :hello');
  const lines = client.take();
  assert.match(lines.at(-1) ?? '', /^:millrace NOTICE #show :You may read/);
  assert.equal(room.posts.length, 0);
  room.happen(said(1, 'hi'));
  clock.advance(100);
  assert.equal(client.take().length, 1);
});

test('a token that is nobody’s ends the connection; one that was revoked writes no more', async () => {
  const world = testGateway();
  const stranger = new TestClient(world.gateway);
  await stranger.send('PASS oauth:guess', 'NICK anna');
  assert.deepEqual(stranger.take(), [
    ':millrace NOTICE * :Login authentication failed',
    'ERROR :Login authentication failed',
  ]);
  assert.ok(stranger.isEnded);
  const bob = await joined(world);
  world.revoked.add('bob-token');
  await bob.send('PRIVMSG #show :still here?');
  assert.equal(world.room.posts.length, 0);
  assert.match(bob.take().join(), /NOTICE #show :You may read/);
});

test('a refusal and the answer to a command are told as notices', async () => {
  const world = testGateway();
  const [bot, plain] = [await joined(world, ALL), await joined(world)];
  world.room.answer = { refused: 'slow_mode', detail: 'Cannot post: wait 3 s' };
  await bot.send('PRIVMSG #show :hi');
  assert.deepEqual(bot.take(), [
    '@msg-id=msg_slowmode :tmi.twitch.tv NOTICE #show :Cannot post: wait 3 s',
  ]);
  await plain.send('PRIVMSG #show :hi');
  assert.ok(plain.take().includes(':millrace 404 bob_b #show :Cannot post: wait 3 s'));
  world.room.answer = { commanded: 'Slow mode is 5 s now' };
  await plain.send('PRIVMSG #show :/slow 5');
  assert.equal(world.room.posts.at(-1)?.text, '/slow 5');
  assert.deepEqual(plain.take(), [':millrace NOTICE #show :Slow mode is 5 s now']);
});

test('what cannot be done is answered, and the client stays', async () => {
  const world = testGateway();
  const client = new TestClient(world.gateway);
  await client.send('JOIN #show', 'NICK', 'NICK bad!nick', 'NICK bob');
  assert.deepEqual(
    client
      .take()
      .slice(0, 3)
      .map((line) => line.split(' ')[1]),
    ['451', '431', '432'],
  );
  await client.send(
    ...['JOIN #nowhere', 'JOIN #closed', 'JOIN show', 'PART #show', 'PRIVMSG bob :hi', 'FLY'],
    ...['NICK other', 'PASS x', 'PRIVMSG #show :hi', 'MODE bob', 'WHO #show', '?', 'NAMES'],
  );
  const codes = client
    .take()
    .map((line) => line.split(' ')[1])
    .filter((code) => code !== 'NOTICE');
  assert.deepEqual(codes, [
    '403',
    '403',
    '403',
    '442',
    '401',
    '421',
    '447',
    '462',
    '442',
    '221',
    '315',
    '366',
  ]);
  assert.equal(client.isEnded, false);
});

test('a flood, a slow reader, a silent client and one that never says who it is are closed', async () => {
  const world = testGateway();
  const flood = await joined(world);
  await flood.send(...Array.from({ length: 80 }, () => 'PING :x'));
  assert.equal(flood.take().at(-1), 'ERROR :Excess flood');
  const slow = await joined(world);
  slow.unsentBytes = 300 * 1024;
  world.room.happen(said(1, 'hi'));
  world.clock.advance(100);
  assert.ok(slow.isEnded);
  const mute = new TestClient(world.gateway);
  world.clock.advance(20_000);
  assert.ok(mute.isEnded);
  const silent = await joined(world);
  world.clock.advance(80_000);
  assert.deepEqual(silent.take(), ['PING :millrace']);
  await silent.send('PONG');
  world.clock.advance(100_000);
  assert.equal(silent.isEnded, false);
  world.clock.advance(100_000);
  assert.ok(silent.isEnded);
  assert.deepEqual(Object.fromEntries(world.gateway.tally.ended), {
    ...{ flood: 1, too_slow: 1, not_opened: 1, silent: 1 },
  });
  assert.equal(world.room.watching.size, 0);
});

test('accept() bounds the clients of one address, and how often it comes', async () => {
  const { gateway, clock } = testGateway();
  const clients = Array.from({ length: 51 }, () => new TestClient(gateway));
  assert.equal(clients.filter(({ session }) => session === undefined).length, 1);
  assert.ok(new TestClient(gateway, '192.0.2.2').session !== undefined);
  for (const client of clients) await client.send('QUIT');
  let taken = 0;
  for (let count = 0; count < 200; count += 1) {
    const client = new TestClient(gateway);
    if (client.session !== undefined) taken += 1;
    await client.send('QUIT');
  }
  assert.equal(taken, 120 - 50);
  clock.advance(61_000);
  assert.ok(new TestClient(gateway).session !== undefined);
  gateway.close();
  assert.equal(gateway.tally.sessions, 0);
  assert.equal(new TestClient(gateway, '192.0.2.3').session, undefined);
});

test('a closed room is left by everybody', async () => {
  const world = testGateway();
  const client = await joined(world);
  for (const watcher of [...world.room.watching]) watcher.closed();
  assert.deepEqual(client.take(), [':bob_b!bob_b@bob_b.millrace PART :#show']);
  assert.equal(world.gateway.tally.channels, 0);
});

test('speech() and nickOf() get along with names of the longest letters', async () => {
  const world = testGateway();
  const client = await joined(world);
  const author = { id: 'usr_long', name: '語'.repeat(60), roles: [] };
  const text = 'a long story '.repeat(38).trim();
  world.room.happen(said(9, text, { author }));
  world.clock.advance(100);
  const lines = client.take();
  assert.ok(lines.every((line) => Buffer.byteLength(line) <= 510));
  const pieces = lines.map((line) => line.slice(line.indexOf('#show :') + 7));
  assert.equal(pieces.join(' '), text);
  const speech = { target: '#show', text: '語🎉', isAction: false, timestamp: undefined };
  const head = { tags: new Map(), source: 'n'.repeat(600), command: 'PRIVMSG' };
  const cut = new Dialect(new Set()).speech(head, speech);
  assert.equal(cut.split('\r\n').length, 3, 'a character each where nothing fits');
});

test('an answer to what was taken back does not repeat it', async () => {
  const world = testGateway();
  const bot = await joined(world, ALL);
  world.room.happen(said(1, 'rude words'));
  world.room.happen({ type: 'removal', seq: 2, ids: ['msg_1'] });
  world.clock.advance(100);
  bot.take();
  world.room.happen(said(3, 'why?', { replyTo: 'msg_1' }));
  world.clock.advance(100);
  const [reply = ''] = bot.take();
  assert.match(reply, /reply-parent-msg-id=msg_1;/);
  assert.ok(!reply.includes('rude'), reply);
});
