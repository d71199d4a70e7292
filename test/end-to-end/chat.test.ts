/** Two people in one chat over real sockets: what one says the other reads, also after a break. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChatMessage } from '../../contract/index.ts';
import { ChatClient } from '../support/chat-client.ts';
import { ServerProcess } from '../support/server-process.ts';

async function start(context: TestContext) {
  const server = await ServerProcess.start();
  context.after(() => server.stop());
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(server.url + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const retryAfter = response.headers.get('retry-after');
    return {
      status: response.status,
      retryAfter,
      json: text === '' ? undefined : JSON.parse(text),
    };
  };
  const made = await ask('POST', '/api/streams', { broadcasterId: 'anna', title: 'Show' });
  const chat = `/api/streams/${made.json.id}/chat`;
  const join = async (fields: object = {}, headers: Record<string, string> = {}) => {
    const client = await ChatClient.open(`${server.url.replace('http', 'ws')}${chat}/ws`, headers);
    context.after(() => client.drop());
    client.send({ type: 'join', v: 1, ...fields });
    return client;
  };
  return { server, ask, chat, join };
}

const textOf = ({ fragments }: ChatMessage): string => fragments.map(({ text }) => text).join('');

test('two people talk, and one who was away is sent what was missed, also by a new process', async (context) => {
  const { server, ask, chat, join } = await start(context);
  await ask('PATCH', `${chat}/settings`, { slowModeS: 0 });
  const anna = await join();
  const welcome = await anna.take('welcome');
  assert.equal(welcome.you.isGuest, true);
  assert.equal(welcome.settings.slowModeS, 0);
  assert.equal(welcome.settings.guestsMayPost, true);
  assert.deepEqual((await anna.take('history')).entries, []);
  const bob = await join();
  await bob.take('history');

  bob.send({ type: 'post', text: 'hello <b>you</b>', nonce: 'one' });
  const posted = await bob.take('posted');
  assert.deepEqual([posted.nonce, posted.seq, posted.isKept], ['one', 1, true]);
  const [heard] = await anna.messages(1);
  assert.ok(heard !== undefined);
  assert.equal(textOf(heard), 'hello <b>you</b>', 'text, to be shown as it is');
  assert.equal(heard.id, posted.id);

  anna.drop();
  const missed = ['two', 'three', 'four'];
  for (const text of missed) bob.send({ type: 'post', text });
  await bob.messages(4);
  const resume = { epoch: welcome.epoch, seq: anna.seq };
  const back = await join({ resume, guest: welcome.guest });
  const again = await back.take('welcome');
  assert.equal(again.isResumed, true);
  assert.equal(again.you.name, welcome.you.name, 'the guest is the same');
  bob.send({ type: 'post', text: 'five' });
  const caughtUp = await back.messages(4);
  assert.deepEqual(caughtUp.map(textOf), [...missed, 'five']);
  assert.deepEqual(
    caughtUp.map(({ seq }) => seq),
    [2, 3, 4, 5],
  );

  bob.send({ type: 'post', text: 'six', nonce: 'six' });
  while ((await bob.take('posted')).nonce !== 'six');
  await server.kill('SIGKILL');
  const next = await server.restart();
  context.after(() => next.stop());
  const later = await join({ resume: { epoch: welcome.epoch, seq: 3 } });
  assert.equal((await later.take('welcome')).isResumed, true, 'a new start is no reason to lose');
  assert.deepEqual((await later.messages(3)).map(textOf), ['four', 'five', 'six']);
  const stranger = await join({ resume: { epoch: 'another', seq: 3 } });
  assert.equal((await stranger.take('resync')).reason, 'other_epoch');
  assert.equal((await stranger.take('history')).entries.length, 6);
});

test('the plain API posts in the name that it is given, slowly, and reads', async (context) => {
  const { ask, chat, join } = await start(context);
  const reader = await join();
  await reader.take('history');
  const said = { userId: 'u1', username: 'Una', content: 'see https://example.org/a.' };
  const posted = await ask('POST', chat, said);
  assert.equal(posted.status, 201);
  assert.match(posted.json.id, /^msg_/);
  assert.equal(posted.json.streamTime, 0);
  assert.deepEqual(posted.json.author, { id: 'u1', name: 'Una', roles: [] });
  assert.deepEqual(posted.json.fragments[1], {
    type: 'link',
    text: 'https://example.org/a',
    url: 'https://example.org/a',
  });
  const tooSoon = await ask('POST', chat, said);
  assert.equal(tooSoon.status, 429);
  assert.equal(tooSoon.json.code, 'slow_mode');
  assert.match(tooSoon.retryAfter ?? '', /^[123]$/);
  assert.equal((await ask('POST', chat, { ...said, content: 'x'.repeat(501) })).status, 400);
  const { json } = await ask('GET', `${chat}?limit=50`);
  assert.deepEqual(
    json.messages.map(({ id }: ChatMessage) => id),
    [posted.json.id],
  );
  assert.equal((await reader.messages(1))[0]?.id, posted.json.id);
});

test('a ticket lets somebody in once, under their own name', async (context) => {
  const { ask, chat, join } = await start(context);
  const { json } = await ask('POST', `${chat}/ticket`);
  const operator = await join({ ticket: json.ticket });
  const { you } = await operator.take('welcome');
  assert.deepEqual([you.name, you.roles, you.isGuest], ['Operator', ['moderator'], false]);
  const thief = await join({ ticket: json.ticket });
  assert.equal(await thief.closed, 4002);
});

test('what is no client of ours is turned away', async (context) => {
  const { server, chat, join } = await start(context);
  await assert.rejects(join({}, { origin: 'https://evil.example' }), /403/);
  await assert.rejects(join({}, { origin: 'null' }), /403/);
  await (await join({}, { origin: server.url })).take('welcome');
  const nowhere = `${server.url.replace('http', 'ws')}/api/streams/none/chat/ws`;
  await assert.rejects(ChatClient.open(nowhere), /404/);

  const liar = await join();
  liar.send({ type: 'dance' });
  assert.equal(await liar.closed, 4001);
  const giant = await join();
  giant.send({ type: 'post', text: 'x'.repeat(1_000_000) });
  assert.equal(await giant.closed, 1009);
  const parrot = await join();
  for (let count = 0; count < 100; count += 1) parrot.send({ type: 'post', text: 'a' });
  assert.equal(await parrot.closed, 4003);
  const offered = await fetch(server.url + chat, { headers: { accept: 'application/json' } });
  assert.equal(offered.status, 200, 'the server goes on');
});

test('guests behind a trusted proxy are told apart by what it says', async (context) => {
  const env = { TRUSTED_PROXIES: '127.0.0.0/8', API_TOKEN: 'a-token-for-this-test' };
  const server = await ServerProcess.start({ env });
  context.after(() => server.stop());
  const made = await fetch(`${server.url}/api/streams`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env.API_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ broadcasterId: 'anna', title: 'Show' }),
  });
  const { id } = (await made.json()) as { id: string };
  const isPosted = async (from: string): Promise<boolean> => {
    const url = `${server.url.replace('http', 'ws')}/api/streams/${id}/chat/ws`;
    const guest = await ChatClient.open(url, { 'x-forwarded-for': from });
    context.after(() => guest.drop());
    guest.send({ type: 'join', v: 1 });
    await guest.take('history');
    guest.send({ type: 'post', text: 'hello', nonce: 'n' });
    return (await guest.answer()).type === 'posted';
  };
  let guests = 1;
  while ((await isPosted('93.184.216.34')) && guests < 50) guests += 1;
  assert.ok(guests < 50, 'guests of one address write as one');
  assert.ok(await isPosted('93.184.216.35'), 'those of another are not held up by them');
});

test('a chat that is switched off, or whose stream is deleted, is left by who reads it', async (context) => {
  const { ask, chat, join } = await start(context);
  const path = chat.replace(/\/chat$/, '');
  const guest = await join();
  await guest.take('history');
  assert.equal((await ask('PATCH', path, { chatEnabled: false })).status, 200);
  const startMs = performance.now();
  assert.equal(await guest.closed, 4007);
  assert.ok(performance.now() - startMs < 10_000, 'within seconds');
  assert.equal((await ask('PATCH', path, { chatEnabled: true })).status, 200);
  const { json } = await ask('POST', `${chat}/ticket`);
  const operator = await join({ ticket: json.ticket });
  await operator.take('history');
  assert.equal((await ask('DELETE', path)).status, 204);
  assert.equal(await operator.closed, 4007);
});
