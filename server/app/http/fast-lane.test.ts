import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { type LogFields, ManualClock, silentLog } from '../../base/index.ts';
import { answerOf, RawClient, startServer } from './http-server.test-support.ts';

test('fast lane answers a plain GET and keeps the connection', async (context) => {
  const { port, server, handler } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.get('/live/a?_HLS_msn=3');
  const { head, body } = await client.response();
  const date = /^date: (.+)$/m.exec(head)?.[1] ?? '';
  assert.equal(head, `HTTP/1.1 200 OK\r\ndate: ${date}\r\netag: "v1"\r\ncontent-length: 15`);
  assert.ok(Math.abs(Date.parse(date) - Date.now()) < 5000);
  assert.equal(body, 'body of /live/a');
  assert.equal(handler.seen[0]?.query, '_HLS_msn=3');
  client.get('/live/b');
  assert.equal((await client.response()).body, 'body of /live/b');
  assert.equal(server.stats.laneConnections, 1);
  assert.equal(server.stats.handedOver, 0);
  assert.deepEqual([...server.responses.counts()], [{ face: 'delivery', status: 200, count: 2 }]);
});

test('fast lane answers HEAD with the length and no body', async (context) => {
  const { port } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send('HEAD /live/a HTTP/1.1', 'Host: x', '');
  client.get('/live/a');
  assert.match((await client.response({ bodiless: true })).head, /content-length: 15$/);
  assert.equal((await client.response()).body, 'body of /live/a');
});

test('fast lane states no length for 304 and 204', async (context) => {
  const { port, handler } = await startServer(context);
  handler.answers.set('/live/304', answerOf('', 304));
  handler.answers.set('/live/204', answerOf('', 204));
  const client = await RawClient.open(context, port);
  for (const status of [304, 204]) {
    client.get(`/live/${status}`);
    const response = await client.response();
    assert.equal(response.status, status);
    assert.doesNotMatch(response.head, /content-length/);
  }
});

test('fast lane sends a body in several chunks whole', async (context) => {
  const { port, handler } = await startServer(context);
  const chunks = ['a', 'b', 'c'].map((letter) => Buffer.alloc(200_000, letter));
  handler.answers.set('/live/segment', answerOf(chunks));
  const client = await RawClient.open(context, port);
  client.get('/live/segment');
  client.get('/live/after');
  assert.equal((await client.response()).body, Buffer.concat(chunks).toString());
  assert.equal((await client.response()).body, 'body of /live/after');
});

test('fast lane answers pipelined requests in order, held ones too', async (context) => {
  const { port, handler } = await startServer(context);
  const client = await RawClient.open(context, port);
  const lines = ['/live/1', '/live/held', '/live/3'].flatMap((path) => [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    '',
  ]);
  client.send(...lines);
  assert.equal((await client.response()).body, 'body of /live/1');
  await handler.until(() => handler.held === 1);
  assert.equal(handler.seen.length, 2);
  handler.release(answerOf('released'));
  assert.equal((await client.response()).body, 'released');
  assert.equal((await client.response()).body, 'body of /live/3');
});

test('fast lane stops reading while an answer is due, and loses nothing', async (context) => {
  const { port, handler, server } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.get('/live/held');
  const count = 3000;
  client.send(...Array.from({ length: count }, () => 'GET /live/a HTTP/1.1\r\nHost: x\r\n'));
  await handler.until(() => handler.held === 1);
  handler.release(answerOf('released'));
  assert.equal((await client.response()).body, 'released');
  for (let index = 0; index < count; index += 1) {
    assert.equal((await client.response()).body, 'body of /live/a');
  }
  assert.equal(server.stats.handedOver, 0);
});

test('fast lane reads a head that comes in pieces', async (context) => {
  const { port, server } = await startServer(context);
  const client = await RawClient.open(context, port);
  for (const piece of ['GET /li', 've/a HTTP/1.1\r', '\nHost: x\r\n\r', '\n']) {
    client.socket.write(piece);
    await new Promise(setImmediate);
  }
  assert.equal((await client.response()).body, 'body of /live/a');
  assert.equal(server.stats.handedOver, 0);
});

test('fast lane gives a head in very many pieces to the full parser', async (context) => {
  const { port, server } = await startServer(context, { limits: { maxHeadPieces: 2 } });
  const client = await RawClient.open(context, port);
  for (const piece of 'GET /live/a HTTP/1.1\r\nHost: x\r\n\r\n') {
    client.socket.write(piece);
    await new Promise(setImmediate);
  }
  assert.equal((await client.response()).body, 'body of /live/a');
  assert.equal(server.stats.handedOver, 1);
});

test('fast lane closes after the answer when asked to', async (context) => {
  const { port } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send('GET /live/a HTTP/1.1', 'Host: x', 'Connection: close', '');
  client.get('/live/never');
  assert.match((await client.response()).head, /^connection: close$/m);
  assert.equal(await client.ended(), '');
});

test('fast lane keeps an HTTP/1.0 connection only when asked to', async (context) => {
  const { port } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send('GET /live/a HTTP/1.0', 'Connection: keep-alive', '');
  assert.match((await client.response()).head, /^connection: keep-alive$/m);
  client.send('GET /live/b HTTP/1.0', '');
  assert.match((await client.response()).head, /^connection: close$/m);
  assert.equal(await client.ended(), '');
});

for (const [how, leave] of [
  ['resets', (client: RawClient) => client.socket.resetAndDestroy()],
  ['ends', (client: RawClient) => client.socket.end()],
] as const) {
  test(`fast lane forgets a held request when the client ${how}`, async (context) => {
    const { port, handler, server } = await startServer(context);
    const client = await RawClient.open(context, port);
    client.get('/live/held');
    await handler.until(() => handler.held === 1);
    leave(client);
    await handler.until(() => handler.cancelled === 1);
    await client.ended();
    assert.equal(handler.held, 0);
    assert.equal(handler.cancelled, 1);
    assert.ok(server.stats.laneConnections <= 1);
  });
}

test('fast lane answers many held requests at once', async (context) => {
  const { port, handler } = await startServer(context);
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => RawClient.open(context, port)),
  );
  for (const client of clients) client.get('/live/held');
  await handler.until(() => handler.held === clients.length);
  handler.release(answerOf('released'));
  const responses = await Promise.all(clients.map((client) => client.response()));
  assert.deepEqual(new Set(responses.map(({ body }) => body)), new Set(['released']));
});

test('fast lane drops a client that reads nothing', async (context) => {
  const drop = Promise.withResolvers<unknown>();
  const log = {
    ...silentLog,
    debug: ({ reason }: LogFields, message: string): void => {
      if (message === 'viewer connection dropped') drop.resolve(reason);
    },
  };
  const limits = { stallTimeoutMs: 50 };
  const { port, handler, server } = await startServer(context, { log, limits });
  const chunk = Buffer.alloc(1 << 20);
  handler.answers.set('/live/large', answerOf(Array.from({ length: 64 }, () => chunk)));
  const client = await RawClient.open(context, port);
  client.socket.pause();
  client.get('/live/large');
  assert.equal(await drop.promise, 'stalled');
  assert.equal(server.stats.drops.get('stalled'), 1);
  assert.equal(server.stats.laneConnections, 0);
});

test('fast lane drops a client that takes for ever to read', async (context) => {
  const clock = new ManualClock();
  const { port, handler, server } = await startServer(context, { clock });
  const chunk = Buffer.alloc(1 << 20);
  handler.answers.set('/live/large', answerOf(Array.from({ length: 64 }, () => chunk)));
  const client = await RawClient.open(context, port);
  client.get('/live/large');
  await once(client.socket, 'data');
  client.socket.pause();
  clock.advance(302_000);
  assert.equal(server.stats.drops.get('reply_timeout'), 1);
});

test('fast lane answers 408 to a head that does not end', async (context) => {
  const clock = new ManualClock();
  const { port, server, handler } = await startServer(context, { clock });
  const client = await RawClient.open(context, port);
  client.get('/live/a');
  await client.response();
  client.socket.write('GET /live/b HTTP/1.1\r\nHost: x\r\nA: ');
  client.socket.write('b');
  const other = await RawClient.open(context, port);
  other.get('/live/c');
  await other.response();
  assert.equal(handler.seen.length, 2);
  clock.advance(12_000);
  const { status, body } = await client.response();
  assert.equal(status, 408);
  assert.equal(JSON.parse(body).code, 'request_timeout');
  await client.ended();
  assert.equal(server.stats.drops.get('head_timeout'), 1);
});

test('fast lane ends connections that stay idle, not held ones', async (context) => {
  const clock = new ManualClock();
  const { port, handler } = await startServer(context, { clock });
  const idle = await RawClient.open(context, port);
  idle.get('/live/a');
  await idle.response();
  const held = await RawClient.open(context, port);
  held.get('/live/held');
  await handler.until(() => handler.held === 1);
  clock.advance(77_000);
  assert.equal(await idle.ended(), '');
  handler.release(answerOf('released'));
  assert.equal((await held.response()).body, 'released');
});

test('fast lane moves the Date of an answer on', async (context) => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const { port, handler } = await startServer(context, { clock });
  handler.answers.set('/live/a', answerOf('same object'));
  const client = await RawClient.open(context, port);
  client.get('/live/a');
  assert.match((await client.response()).head, /^date: Thu, 01 Jan 2026 00:00:00 GMT$/m);
  clock.advance(2000);
  client.get('/live/a');
  assert.match((await client.response()).head, /^date: Thu, 01 Jan 2026 00:00:02 GMT$/m);
});

test('fast lane answers 500 for a fault of the handler and says nothing of it', async (context) => {
  const { port, server } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.get('/live/fault');
  const { status, body } = await client.response();
  assert.equal(status, 500);
  assert.doesNotMatch(body, /as the test wants it/);
  await client.ended();
  assert.equal(server.responses.faults, 1);
});
