import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../base/index.ts';
import {
  answerOf,
  RawClient,
  registerTestRoutes,
  startServer,
} from './http-server.test-support.ts';
import { createHttpServer, ListenError } from './index.ts';

test('HttpServer hands a connection over with all its bytes', async (context) => {
  const { port, server } = await startServer(context);
  const client = await RawClient.open(context, port);
  const body = JSON.stringify({ text: 'x'.repeat(60_000) });
  client.get('/live/a');
  client.send(
    'POST /api/echo HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
  );
  client.socket.write(body.slice(0, 30_000));
  assert.equal((await client.response()).body, 'body of /live/a');
  client.socket.write(body.slice(30_000));
  assert.deepEqual(JSON.parse((await client.response()).body), { body: JSON.parse(body) });
  client.get('/live/b');
  assert.equal((await client.response()).body, 'body of /live/b');
  assert.equal(server.stats.handedOver, 1);
  assert.equal(server.stats.laneConnections, 0);
});

test('HttpServer hands over what came while an answer was held', async (context) => {
  const { port, handler, server } = await startServer(context);
  const client = await RawClient.open(context, port);
  const body = JSON.stringify({ text: 'x'.repeat(50_000) });
  client.get('/live/held');
  client.send(
    'POST /api/echo HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
  );
  client.socket.write(body);
  client.get('/live/after');
  await handler.until(() => handler.held === 1);
  assert.equal(server.stats.handedOver, 0);
  handler.release(answerOf('released'));
  assert.equal((await client.response()).body, 'released');
  assert.deepEqual(JSON.parse((await client.response()).body), { body: JSON.parse(body) });
  assert.equal((await client.response()).body, 'body of /live/after');
});

test('HttpServer answers delivery the same behind the full parser', async (context) => {
  const { port, handler } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send(
    'GET http://media.example/live/a%20b?q=1 HTTP/1.1',
    'Host: x',
    'Accept-Encoding: br',
    'Accept-Encoding: gzip',
    'Range: bytes=0-1',
    'If-None-Match: "v0"',
    '',
  );
  const { head, body } = await client.response();
  assert.match(head, /^HTTP\/1\.1 200 OK\r\netag: "v1"\r\ncontent-length: 19\r\n/);
  assert.equal(body, 'body of /live/a%20b');
  assert.deepEqual(handler.seen, [
    {
      method: 'GET',
      path: '/live/a%20b',
      query: 'q=1',
      gzip: true,
      ifNoneMatch: '"v0"',
      range: 'bytes=0-1',
    },
  ]);
  client.send('HEAD /live/a HTTP/1.1', 'Host: x', '');
  assert.match((await client.response({ bodiless: true })).head, /content-length: 15/);
  client.get('/live/held');
  await handler.until(() => handler.held === 1);
  client.socket.destroy();
  await handler.until(() => handler.cancelled === 1);
});

test('HttpServer refuses other methods on delivery paths, and allows preflight', async (context) => {
  const { port } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send('DELETE /live/a HTTP/1.1', 'Host: x', '');
  const refused = await client.response();
  assert.equal(refused.status, 405);
  assert.match(refused.head, /^allow: GET, HEAD, OPTIONS$/m);
  client.send('OPTIONS /live/a HTTP/1.1', 'Host: x', 'Origin: https://a.example', '');
  const allowed = await client.response();
  assert.equal(allowed.status, 204);
  assert.match(allowed.head, /^access-control-allow-origin: \*$/m);
});

const MALFORMED: readonly (readonly [name: string, status: number, lines: readonly string[]])[] = [
  ['two hosts', 400, ['GET /live/a HTTP/1.1', 'Host: x', 'Host: y', '']],
  ['no host', 400, ['GET /live/a HTTP/1.1', '']],
  ['an unescaped target', 400, ['GET /live/<a> HTTP/1.1', 'Host: x', '']],
  ['no HTTP at all', 400, ['hello', '']],
  ['a huge head', 431, ['GET /live/a HTTP/1.1', 'Host: x', `A: ${'b'.repeat(17_000)}`, '']],
  [
    'two ways to end a body',
    400,
    ['POST /api/echo HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked', ''],
  ],
];

for (const [name, status, lines] of MALFORMED) {
  test(`HttpServer answers ${status} to ${name}`, async (context) => {
    const { port, handler } = await startServer(context);
    const client = await RawClient.open(context, port);
    client.send(...lines);
    assert.equal((await client.response()).status, status);
    assert.equal(handler.seen.length, 0);
  });
}

test('HttpServer answers 413 to a body above 64 KiB', async (context) => {
  const { port } = await startServer(context);
  const client = await RawClient.open(context, port);
  client.send(
    'POST /api/echo HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Content-Length: 65537',
    '',
    '{',
  );
  const { status, body } = await client.response();
  assert.equal(status, 413);
  assert.equal(JSON.parse(body).code, 'body_too_large');
});

test('HttpServer.listen() says which port is in use', async (context) => {
  const { port } = await startServer(context);
  const second = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port,
    delivery: { handler: { handle: () => undefined }, matches: () => false },
    register: registerTestRoutes,
    management: {},
  });
  await assert.rejects(second.listen(), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.message, `port ${port} is in use: set PORT or stop the other program`);
    return true;
  });
});

test('HttpServer closes connections above its maximum', async (context) => {
  const { port, server } = await startServer(context, { limits: { maxConnections: 1 } });
  const first = await RawClient.open(context, port);
  first.get('/live/a');
  await first.response();
  const second = await RawClient.open(context, port);
  await second.ended();
  assert.equal(server.stats.refusedConnections, 1);
  first.get('/live/b');
  assert.equal((await first.response()).status, 200);
});

test('HttpServer.close() ends idle connections and lets held ones be answered', async (context) => {
  const { port, server, handler } = await startServer(context);
  const idle = await RawClient.open(context, port);
  idle.get('/live/a');
  await idle.response();
  const idleBehindNode = await RawClient.open(context, port);
  idleBehindNode.get('/api/streams/1');
  await idleBehindNode.response();
  const held = await RawClient.open(context, port);
  held.get('/live/held');
  const heldBehindNode = await RawClient.open(context, port);
  heldBehindNode.send('GET /live/held HTTP/1.1', 'Host: x', 'Content-Length: 0', '');
  await handler.until(() => handler.held === 2);
  const closed = server.close(60_000);
  assert.equal(await idle.ended(), '');
  assert.equal(await idleBehindNode.ended(), '');
  handler.release(answerOf('released'));
  for (const client of [held, heldBehindNode]) {
    const { head, body } = await client.response();
    assert.equal(body, 'released');
    assert.match(head, /^connection: close$/im);
    await client.ended();
    client.socket.end();
  }
  idle.socket.end();
  await closed;
});

test('HttpServer.close() ends everything at its deadline', async (context) => {
  const { port, server, handler } = await startServer(context);
  const held = await RawClient.open(context, port);
  held.get('/live/held');
  const heldBehindNode = await RawClient.open(context, port);
  heldBehindNode.send('GET /live/held HTTP/1.1', 'Host: x', 'Content-Length: 0', '');
  await handler.until(() => handler.held === 2);
  await server.close(20);
  assert.equal(await held.ended(), '');
  assert.equal(await heldBehindNode.ended(), '');
  await handler.until(() => handler.cancelled === 2);
});
