/** What people do to a chat to break it, deface it or drown it, against a server that runs. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, suite, type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import type { ChatMessage } from '../../contract/index.ts';
import { ChatClient } from '../support/chat-client.ts';
import { fetchText, postJson } from '../support/fetching.ts';
import { ServerProcess } from '../support/server-process.ts';

const MEBIBYTE = 1024 * 1024;
/** However loaded the machine is: who is not attacked waits no longer. */
const PATIENCE_MS = 20_000;
/** Frames as RFC 6455 section 5.2 has them: the last of a message, text, compressed, masked. */
const [FIN, TEXT, COMPRESSED, MASKED] = [0x80, 0x01, 0x40, 0x80];
const textOf = ({ fragments }: ChatMessage): string => fragments.map(({ text }) => text).join('');

let server: ServerProcess;
let path: string;

async function join(context: TestContext, fields: object = {}): Promise<ChatClient> {
  const client = await ChatClient.open(`${server.url.replace('http', 'ws')}${path}/ws`);
  context.after(() => client.drop());
  client.send({ type: 'join', v: 1, ...fields });
  await client.take('history');
  return client;
}

/** Somebody whose messages no storm leaves out. */
async function joinModerator(context: TestContext): Promise<ChatClient> {
  const { ticket } = (await (await postJson(`${server.url}${path}/ticket`, {})).json()) as {
    ticket: string;
  };
  return join(context, { ticket });
}

/** A connection that became a WebSocket by hand, and how the server answered. */
async function openByHand(context: TestContext): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(server.port, '127.0.0.1');
  context.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(
    `GET ${path}/ws HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return { socket, answer: bytes.toString('latin1') };
}

/** A frame of a client; `claimed` bytes follow, as it says. */
function frame(first: number, body: Buffer, claimed = body.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = MASKED | 127;
  head.writeBigUInt64BE(BigInt(claimed), 2);
  // A mask of zeros leaves the body as it is.
  return Buffer.concat([head, body]);
}

/** The code that the server closes with: the frame is the last thing that it sends. */
async function closeCodeOf(socket: Socket): Promise<number> {
  let last: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    last = bytes;
  });
  await once(socket, 'end', { signal: AbortSignal.timeout(PATIENCE_MS) });
  const at = last.indexOf(FIN | 0x08);
  return at < 0 ? 0 : last.readUInt16BE(at + 2);
}

/** Two people who talk while others attack: everything that one says the other reads, in order. */
class Neighbours {
  readonly #speaker: ChatClient;
  readonly #listener: ChatClient;
  #said = 0;

  private constructor(speaker: ChatClient, listener: ChatClient) {
    this.#speaker = speaker;
    this.#listener = listener;
  }

  static async join(context: TestContext): Promise<Neighbours> {
    return new Neighbours(await joinModerator(context), await join(context));
  }

  /** Says something, and resolves when it is read. */
  async talk(): Promise<void> {
    this.#said += 1;
    const text = `neighbour ${this.#said}`;
    const startMs = performance.now();
    this.#speaker.send({ type: 'post', text });
    for (;;) {
      const [heard] = await this.#listener.messages(1);
      assert.ok(heard !== undefined);
      if (!textOf(heard).startsWith('neighbour')) continue;
      assert.equal(textOf(heard), text);
      break;
    }
    assert.ok(performance.now() - startMs < PATIENCE_MS / 4, 'a neighbour felt it');
  }
}

suite('a chat under attack', () => {
  before(async () => {
    server = await ServerProcess.start();
    const made = await server.createStream('Attacked');
    path = `/api/streams/${made.id}/chat`;
    const settings = await fetch(`${server.url}${path}/settings`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ slowModeS: 0 }),
    });
    assert.equal(settings.status, 200);
  });
  after(() => server.stop());

  test('hands on markup as text, and nothing that turns, hides or breaks the text around it', async (context) => {
    const [writer, reader] = [await join(context), await join(context)];
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>&lt;';
    const sent = [
      markup,
      '\u202Ecod.exe\u202C \u2066x\u2069',
      'a\u0000\u0007\u001b[31mb\u200b\ufeffc',
    ];
    for (const text of sent) writer.send({ type: 'post', text });
    const heard = await reader.messages(3);
    const expected = [markup, 'cod.exe x', 'a[31mbc'];
    assert.deepEqual(heard.map(textOf), expected);
    for (const { fragments } of heard) {
      assert.ok(fragments.every(({ type }) => type === 'text'));
    }
    for (const link of ['javascript:alert(1)', 'data:text/html,x']) {
      writer.send({ type: 'post', text: link });
      const [{ fragments } = { fragments: [] }] = await reader.messages(1);
      assert.ok(
        fragments.every(({ type }) => type !== 'link'),
        link,
      );
    }
    const history = JSON.parse(await fetchText(`${server.url}${path}?limit=5`));
    assert.deepEqual(history.messages.slice(0, 3).map(textOf), expected);
    writer.send({ type: 'post', text: '\u202e\u200b \u2066', nonce: 'nothing' });
    let answer = await writer.answer();
    while (answer.nonce !== 'nothing') answer = await writer.answer();
    assert.equal(answer.type, 'refused', 'nothing is left of it');
  });

  test('closes who sends a megabyte, says that one comes, or sends it in pieces', async (context) => {
    const neighbours = await Neighbours.join(context);
    const giant = await join(context);
    giant.send({ type: 'post', text: 'x'.repeat(MEBIBYTE) });
    assert.equal(await giant.closed, 1009);
    const { socket: liar } = await openByHand(context);
    liar.write(frame(FIN | TEXT, Buffer.from('{'), MEBIBYTE));
    assert.equal(await closeCodeOf(liar), 1009);
    const { socket: slicer } = await openByHand(context);
    const slice = Buffer.alloc(1024, 'x');
    slicer.write(frame(TEXT, slice));
    for (let count = 0; count < 16; count += 1) slicer.write(frame(0, slice));
    assert.equal(await closeCodeOf(slicer), 1009);
    const { socket: crumbler } = await openByHand(context);
    crumbler.write(frame(TEXT, Buffer.from('x')));
    for (let count = 0; count < 100; count += 1) crumbler.write(frame(0, Buffer.alloc(0)));
    assert.equal(await closeCodeOf(crumbler), 1008);
    await neighbours.talk();
  });

  test('takes up no compression, and inflates nothing', async (context) => {
    const neighbours = await Neighbours.join(context);
    const { socket, answer } = await openByHand(context);
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(answer, /sec-websocket-extensions/i);
    const bomb = deflateRawSync(Buffer.alloc(4 * MEBIBYTE));
    assert.ok(bomb.length < 8 * 1024, 'small enough to come in');
    socket.write(frame(FIN | COMPRESSED | TEXT, bomb));
    assert.equal(await closeCodeOf(socket), 1002);
    await neighbours.talk();
  });

  test('opens for no page of another site', async () => {
    const url = `${server.url.replace('http', 'ws')}${path}/ws`;
    const { port } = server;
    for (const origin of [
      'https://evil.example',
      `http://127.0.0.1.evil.example:${port}`,
      `http://127.0.0.1:${port}@evil.example`,
      `http://evil.example:${port}`,
      `http://127.0.0.1:${port + 1}`,
      'http://127.0.0.1',
      `http://localhost:${port}`,
      ...['null', 'file://', 'about:blank', 'x'],
    ]) {
      await assert.rejects(ChatClient.open(url, { origin }), /403/, origin);
      const irc = `${server.url.replace('http', 'ws')}/irc`;
      await assert.rejects(ChatClient.open(irc, { origin }), /403/, origin);
    }
  });

  test('closes a flood of a hundred times what is allowed, and others talk on', async (context) => {
    const neighbours = await Neighbours.join(context);
    const floods = await Promise.all(Array.from({ length: 10 }, () => join(context)));
    for (let count = 0; count < 1_000; count += 1) {
      for (const flood of floods) flood.send({ type: 'post', text: `flood ${count}` });
    }
    for (let count = 0; count < 10; count += 1) await neighbours.talk();
    for (const flood of floods) assert.equal(await flood.closed, 4003);
    await neighbours.talk();
  });

  test('closes who does not read, and nobody beside them misses or waits', async (context) => {
    const neighbours = await Neighbours.join(context);
    const slow = await Promise.all(Array.from({ length: 3 }, () => join(context)));
    for (const reader of slow) reader.pause();
    const speakers = await Promise.all(Array.from({ length: 40 }, () => joinModerator(context)));
    const text = '🐢'.repeat(500);
    const isClosed = async (): Promise<boolean> => {
      const metrics = await fetchText(`${server.url}/metrics`);
      return /chat_closes_total\{reason="too_slow"\} 3\n/.test(metrics);
    };
    const startMs = performance.now();
    for (let round = 0; !(await isClosed()); round += 1) {
      assert.ok(performance.now() - startMs < 6 * PATIENCE_MS, 'the slow were never closed');
      for (const speaker of speakers) {
        for (let count = 0; count < 5; count += 1) speaker.send({ type: 'post', text });
      }
      await neighbours.talk();
      // No faster than one may write.
      const restMs = 700 * (round + 1) - 2_000 - (performance.now() - startMs);
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    assert.ok(server.residentMiB() < 1_024);
    await neighbours.talk();
  });
});
