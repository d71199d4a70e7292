/** Other people's clients in the chat of a real server: over TCP and over WebSockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import {
  type Asked,
  type CertificatePair,
  makeCertificate,
  trusting,
} from '../support/certificate.ts';
import { freePort, judgeMissing, needs } from '../support/component.ts';
import { ServerProcess } from '../support/server-process.ts';

const TOKEN = 'a-token-of-the-operator';
const PATIENCE_MS = 20_000;
const isInstalled = existsSync(join(import.meta.dirname, 'node_modules/tmi.js'));
const need = judgeMissing(isInstalled ? [] : ['npm ci in test/irc'], process.env);
const load = createRequire(import.meta.url);

/** What we use of irc-framework and of tmi.js: neither has types that fit. */
interface Client {
  on(event: string, listener: (...values: never[]) => void): void;
}
interface FrameworkClient extends Client {
  connect(options: object): void;
  join(channel: string): void;
  say(target: string, text: string): void;
  action(target: string, text: string): void;
  quit(): void;
}
interface TmiClient extends Client {
  connect(): Promise<unknown>;
  say(channel: string, text: string): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** The values of the next event. */
function next<T extends readonly unknown[]>(client: Client, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`There was no ${event} in time`)), PATIENCE_MS);
    client.on(event, (...values: unknown[]) => {
      clearTimeout(late);
      resolve(values as unknown as T);
    });
  });
}

async function start(context: TestContext, { tls }: { readonly tls?: CertificatePair } = {}) {
  const port = String(await freePort());
  const server = await ServerProcess.start({
    env: { API_TOKEN: TOKEN, IRC_PORT: port },
    ...(tls === undefined ? {} : { tls }),
  });
  context.after(() => server.stop());
  const send = tls === undefined ? plain : trusting(tls);
  const ask = async (method: string, path: string, body?: object) => {
    const { text } = await send(server.url + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return JSON.parse(text);
  };
  const { id } = await ask('POST', '/api/streams', { broadcasterId: 'anna', title: 'Evening' });
  await ask('PATCH', `/api/streams/${id}/chat/settings`, { slowModeS: 0 });
  return { server, port: Number(port), ask, id: String(id) };
}

async function plain(url: string, asked: Asked) {
  const response = await fetch(url, asked);
  return { status: response.status, text: await response.text() };
}

function framework(context: TestContext, options: object): FrameworkClient {
  const { Client: Framework } = load('irc-framework');
  const client: FrameworkClient = new Framework();
  client.connect({ host: '127.0.0.1', nick: 'bot', password: TOKEN, ...options });
  context.after(() => client.quit());
  return client;
}

interface Heard {
  readonly nick: string;
  readonly message: string;
  readonly type: string;
  readonly tags: Readonly<Record<string, string>>;
}

suite('clients of IRC', need, () => {
  test('irc-framework talks over TCP, and gives commands', async (context) => {
    const { port, ask, id } = await start(context);
    const client = framework(context, { port });
    await next(client, 'registered');
    const channel = `#${id}`;
    const topic = next<[{ topic: string }]>(client, 'topic');
    client.join(channel);
    assert.equal((await topic)[0].topic, 'Evening');
    const heard = next<[Heard]>(client, 'privmsg');
    await ask('POST', `/api/streams/${id}/chat`, { userId: 'bob', username: 'Bob', content: 'hi' });
    const [{ nick, message, tags }] = await heard;
    assert.deepEqual([nick, message, tags['display-name']], ['bob', 'hi', 'Bob']);
    client.action(channel, 'waves');
    const answered = next<[Heard]>(client, 'notice');
    client.say(channel, '/slow 5');
    assert.match((await answered)[0].message, /5/);
    assert.equal((await ask('GET', `/api/streams/${id}/chat/settings`)).slowModeS, 5);
    const { messages } = await ask('GET', `/api/streams/${id}/chat`);
    const { kind, fragments } = messages.at(-1);
    assert.deepEqual([kind, fragments[0].text], ['action', 'waves']);
  });

  test(
    'irc-framework talks over TLS, and nobody does without',
    needs('openssl'),
    async (context) => {
      const tls = makeCertificate();
      const { port, ask, id } = await start(context, { tls });
      // It cannot be told whom to trust.
      const client = framework(context, { port, tls: true, rejectUnauthorized: false });
      await next(client, 'registered');
      const joined = next<[{ channel: string }]>(client, 'join');
      client.join(`#${id}`);
      await joined;
      const heard = next<[Heard]>(client, 'privmsg');
      await ask('POST', `/api/streams/${id}/chat`, {
        userId: 'bob',
        username: 'Bob',
        content: 'hi',
      });
      assert.equal((await heard)[0].message, 'hi');
      const socket = connect(port, '127.0.0.1');
      context.after(() => socket.destroy());
      const answers: Buffer[] = [];
      socket.on('error', () => {}).on('data', (piece: Buffer) => answers.push(piece));
      socket.write(`PASS ${TOKEN}\r\nNICK bot\r\nUSER bot 0 * :bot\r\n`);
      await once(socket, 'close');
      assert.doesNotMatch(Buffer.concat(answers).toString('latin1'), / 001 /);
    },
  );

  test('tmi.js talks over a WebSocket, and knows modes, actions and what is taken back', async (context) => {
    const { server, ask, id } = await start(context);
    const tmi = load('tmi.js');
    const client: TmiClient = new tmi.Client({
      options: { skipMembership: true },
      connection: { server: '127.0.0.1', port: server.port, secure: false, reconnect: false },
      identity: { username: 'bot', password: `oauth:${TOKEN}` },
      channels: [id],
      logger: { info() {}, warn() {}, error() {}, setLevel() {} },
    });
    const joined = next<[string, string, boolean]>(client, 'join');
    const state = next<[string, Readonly<Record<string, unknown>>]>(client, 'roomstate');
    await client.connect();
    assert.deepEqual((await joined).slice(0, 3), [`#${id}`, 'operator', true]);
    assert.equal((await state)[1]['room-id'], id);
    const heard = next<[string, Readonly<Record<string, unknown>>, string, boolean]>(
      client,
      'chat',
    );
    const said = { userId: 'bob', username: 'Bob B', content: 'hello bot' };
    const { id: messageId } = await ask('POST', `/api/streams/${id}/chat`, said);
    const [channel, tags, text, isSelf] = await heard;
    assert.deepEqual([channel, text, isSelf], [`#${id}`, 'hello bot', false]);
    assert.equal(tags['display-name'], 'Bob B');
    assert.equal(tags.id, messageId);
    await client.say(`#${id}`, 'hello Bob');
    const slow = next<[string, boolean, number]>(client, 'slowmode');
    await ask('PATCH', `/api/streams/${id}/chat/settings`, { slowModeS: 7 });
    const [, isOn, seconds] = await slow;
    assert.deepEqual([isOn, Number(seconds)], [true, 7]);
    const { messages } = await ask('GET', `/api/streams/${id}/chat`);
    assert.equal(messages.at(-1).fragments[0].text, 'hello Bob');
    await client.disconnect();
  });

  test('a pasted megabyte, a page of another site and half a line do no harm', async (context) => {
    const { server, port, id } = await start(context);
    const socket = connect(port, '127.0.0.1');
    context.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.resume();
    socket.write('x'.repeat(1024 * 1024));
    await once(socket, 'close');
    const foreign = await fetch(`${server.url}/irc`, {
      headers: { connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' },
    }).catch(() => undefined);
    assert.notEqual(foreign?.status, 101);
    const client = framework(context, { port });
    await next(client, 'registered');
    const joined = next<[{ channel: string }]>(client, 'join');
    client.join(`#${id}`);
    assert.equal((await joined)[0].channel, `#${id}`);
  });
});
