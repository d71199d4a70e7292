/** What is done on one of two servers is to hold on the other one within a second. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChatMessage } from '../../contract/index.ts';
import { ChatClient } from '../support/chat-client.ts';
import { needs } from '../support/component.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { socketUrl, startTwoServers } from '../support/two-servers.ts';

/** Three times what is promised: other tests run beside it. */
const LATEST_MS = 3_000;
const LOOK_EVERY_MS = 25;
const PATIENCE_MS = 20_000;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The chat at one of the servers, as the plain API has it. */
class Side {
  readonly server: ServerProcess;
  readonly #path: string;

  constructor(server: ServerProcess, path: string) {
    this.server = server;
    this.#path = path;
  }

  async ask(method: Method, path = '', body?: object) {
    const answer = await fetch(`${this.server.url}${this.#path}${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
  }

  /** Says something as `userId`; what the answer is called. */
  async say(userId: string, content: string): Promise<string> {
    const { status, json } = await this.ask('POST', '', { userId, username: userId, content });
    return status === 201 ? 'in' : json.code;
  }

  async shown(): Promise<readonly string[]> {
    const { json } = await this.ask('GET', '?limit=200');
    return json.messages.map(({ id }: ChatMessage) => id);
  }

  /** Somebody without an account who reads here, and the id. */
  async guest(context: TestContext) {
    const client = await ChatClient.open(socketUrl(this.server, this.#path));
    context.after(() => client.drop());
    client.send({ type: 'join', v: 1 });
    const { you } = await client.take('welcome');
    return { client, id: you.id };
  }
}

/** Milliseconds since `fromMs`, once `look` holds. */
async function when(fromMs: number, look: () => Promise<boolean>): Promise<number> {
  while (!(await look())) {
    assert.ok(performance.now() - fromMs < PATIENCE_MS, 'it never held');
    await wait(LOOK_EVERY_MS);
  }
  return performance.now() - fromMs;
}

async function since(fromMs: number, event: Promise<unknown>): Promise<number> {
  await event;
  return performance.now() - fromMs;
}

/** What was measured, each from before it was asked for. */
function judge(context: TestContext, what: string, took: Readonly<Record<string, number>>): void {
  const words = Object.entries(took).map(([where, ms]) => `${where} ${Math.round(ms)} ms`);
  context.diagnostic(`${what}: ${words.join(', ')}`);
  for (const [where, ms] of Object.entries(took)) {
    assert.ok(ms <= LATEST_MS, `${what} held in ${where} after ${Math.round(ms)} ms`);
  }
}

/** A ban, or a timeout, of a guest who writes at the other server. */
async function bar(
  context: TestContext,
  { here, there }: { readonly here: Side; readonly there: Side },
  { what, durationS }: { readonly what: string; readonly durationS: number | null },
): Promise<void> {
  const [reader, barred] = [await there.guest(context), await there.guest(context)];
  barred.client.send({ type: 'post', text: `before the ${what}`, nonce: '1' });
  const posted = await barred.client.answer();
  assert.ok(posted.type === 'posted', JSON.stringify(posted));
  assert.ok((await there.shown()).includes(posted.id));
  const fromMs = performance.now();
  const body = { username: 'Guest', ...(durationS !== null && { durationS }) };
  const [answer, socket, own, history, posts] = await Promise.all([
    here.ask('PUT', `/bans/${barred.id}`, body),
    since(fromMs, reader.client.concealment()),
    since(fromMs, barred.client.take('moderated')),
    when(fromMs, async () => !(await there.shown()).includes(posted.id)),
    when(fromMs, async () => (await there.say(barred.id, what)) !== 'in'),
  ]);
  assert.equal(answer.status, 200);
  judge(context, what, { socket, own, history, posts });
  const code = durationS === null ? 'chat_banned' : 'chat_timed_out';
  assert.equal(await there.say(barred.id, 'over the API'), code);
  barred.client.send({ type: 'post', text: 'over the socket', nonce: '2' });
  const refused = await barred.client.answer();
  assert.equal(refused.type === 'refused' && refused.code, code);
  const liftedMs = performance.now();
  assert.equal((await there.ask('DELETE', `/bans/${barred.id}`)).status, 204);
  const back = await when(liftedMs, async () => (await here.say(barred.id, 'back')) === 'in');
  judge(context, `${what} lifted`, { posts: back });
}

async function remove(
  context: TestContext,
  { here, there }: { readonly here: Side; readonly there: Side },
): Promise<void> {
  const reader = await there.guest(context);
  const { json: message } = await there.ask('POST', '', { content: 'to be deleted' });
  await when(performance.now(), async () => (await here.shown()).includes(message.id));
  const fromMs = performance.now();
  const [answer, socket, history] = await Promise.all([
    here.ask('DELETE', `/messages/${message.id}`),
    since(fromMs, reader.client.concealment()),
    when(fromMs, async () => !(await there.shown()).includes(message.id)),
  ]);
  assert.equal(answer.status, 204);
  judge(context, 'a delete', { socket, history });
}

async function slow(
  context: TestContext,
  { here, there }: { readonly here: Side; readonly there: Side },
): Promise<void> {
  const reader = await there.guest(context);
  const set = async (slowModeS: number, code: string) => {
    const fromMs = performance.now();
    const [answer, socket, posts] = await Promise.all([
      here.ask('PATCH', '/settings', { slowModeS }),
      since(fromMs, reader.client.take('settings')),
      when(fromMs, async () => (await there.say('usr_hasty', 'on and on')) === code),
    ]);
    assert.equal(answer.status, 200);
    judge(context, `slow mode of ${slowModeS} s`, { socket, posts });
    assert.equal((await there.ask('GET', '/settings')).json.slowModeS, slowModeS);
  };
  await set(600, 'slow_mode');
  await set(0, 'in');
}

test(
  'a ban, a timeout, a delete and slow mode hold at once on every server that shares the chat',
  needs('postgres', 'redis'),
  async (context) => {
    const { servers, path } = await startTwoServers(context);
    const [one, two] = [new Side(servers[0], path), new Side(servers[1], path)];
    for (const sides of [
      { here: one, there: two },
      { here: two, there: one },
    ]) {
      await bar(context, sides, { what: 'a ban', durationS: null });
      await bar(context, sides, { what: 'a timeout', durationS: 600 });
      await remove(context, sides);
      await slow(context, sides);
    }
  },
);
