/** Bodies that are still being made, on each way to a client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { GrowingBody, RawClient, startServer } from './http-server.test-support.ts';
import type { HttpServerSettings } from './index.ts';

async function scene(context: TestContext, settings: Partial<HttpServerSettings> = {}) {
  const started = await startServer(context, settings);
  const body = new GrowingBody();
  started.handler.answers.set('/live/s1', body.answer);
  const client = await RawClient.open(context, started.port);
  return { ...started, body, client };
}

test('fast lane sends a growing body chunk by chunk and goes on with the connection', async (context) => {
  const { client, body } = await scene(context);
  client.get('/live/s1');
  client.get('/live/after');
  const head = await client.until('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head, /\r\ntransfer-encoding: chunked\r\n/);
  assert.doesNotMatch(head, /content-length/);
  assert.equal(await client.until('first,\r\n'), '6\r\nfirst,\r\n');
  body.take('second,and more,');
  assert.equal(await client.until('more,\r\n'), '10\r\nsecond,and more,\r\n');
  body.finish('end');
  assert.equal(await client.until('0\r\n\r\n'), '0\r\n\r\n');
  assert.equal((await client.response()).body, 'body of /live/after');
  client.get('/live/again');
  assert.equal((await client.response()).body, 'body of /live/again');
});

test('fast lane answers HEAD for a growing body without a length, and follows nothing', async (context) => {
  const { client, body } = await scene(context);
  client.send('HEAD /live/s1 HTTP/1.1', 'Host: x', '');
  client.get('/live/after');
  const { head } = await client.response({ bodiless: true });
  assert.doesNotMatch(head, /content-length|transfer-encoding/);
  assert.equal((await client.response()).body, 'body of /live/after');
  assert.equal(body.readers, 0);
});

/** A field that the fast lane gives away, and one that it takes. */
const LANES = { 'fast lane': 'Accept: */*', DeliveryMount: 'Proxy-Connection: none' } as const;

for (const [lane, field] of Object.entries(LANES)) {
  test(`${lane} holds a growing body until it is whole where chunks are not known`, async (context) => {
    const { client, body, handler } = await scene(context);
    client.send('GET /live/s1 HTTP/1.0', 'Host: x', 'Connection: keep-alive', field, '');
    await body.followed(1);
    body.take('second');
    body.finish('end');
    const whole = await client.response();
    assert.match(whole.head, /\r\ncontent-length: 12(\r\n|$)/i);
    assert.equal(whole.body, 'first,second');
    assert.equal(handler.seen.length, 1);
    client.send('GET /live/after HTTP/1.0', 'Host: x', field, '');
    assert.equal((await client.response()).body, 'body of /live/after');
  });

  test(`${lane} sends nothing of a body that will never be whole where chunks are not known`, async (context) => {
    const { client, body } = await scene(context);
    client.send('GET /live/s1 HTTP/1.0', 'Host: x', field, '');
    await body.followed(1);
    body.finish('fail');
    assert.equal(await client.ended(), '');
  });

  test(`${lane} sends chunks on a connection that ends with them, and no last one for half a body`, async (context) => {
    const { client, body, port } = await scene(context);
    client.send('GET /live/s1 HTTP/1.1', 'Host: x', 'Connection: close', field, '');
    const head = await client.until('6\r\nfirst,\r\n');
    assert.match(head, /\r\ntransfer-encoding: chunked\r\n/i);
    assert.match(head, /\r\nconnection: close\r\n/i);
    body.finish('fail');
    assert.equal(await client.ended(), '');
    const other = await RawClient.open(context, port);
    other.send('GET /live/s1 HTTP/1.1', 'Host: x', 'Connection: close', field, '');
    await other.until('first,\r\n');
    body.finish('end');
    assert.equal(await other.ended(), '0\r\n\r\n');
  });

  test(`${lane} forgets a client that leaves while its body is held`, async (context) => {
    const { client, body } = await scene(context);
    client.send('GET /live/s1 HTTP/1.0', 'Host: x', field, '');
    await body.followed(1);
    client.socket.destroy();
    await body.followed(0);
  });
}

test('fast lane cuts a body off that will never be whole, so that the client can tell', async (context) => {
  const { client, body, server } = await scene(context);
  client.get('/live/s1');
  await client.until('first,\r\n');
  body.finish('fail');
  assert.equal(await client.ended(), '');
  assert.equal(server.stats.drops.get('unfinished'), 1);
});

test('fast lane forgets a client that leaves while its body grows', async (context) => {
  const { client, body } = await scene(context);
  client.get('/live/s1');
  await client.until('first,\r\n');
  assert.equal(body.readers, 1);
  client.socket.destroy();
  await body.followed(0);
});

test('fast lane drops a client that does not read a growing body', async (context) => {
  const clock = new ManualClock();
  const { client, body, server } = await scene(context, { clock });
  client.get('/live/s1');
  await client.until('first,\r\n');
  client.socket.pause();
  body.take(Buffer.alloc(64 << 20));
  clock.advance(302_000);
  assert.equal(server.stats.drops.get('reply_timeout'), 1);
  await body.followed(0);
});

test('fast lane ends a connection with its growing body when the server closes', async (context) => {
  const { client, body, server } = await scene(context);
  client.get('/live/s1');
  await client.until('first,\r\n');
  const closed = server.close(10_000);
  body.take('last');
  body.finish('end');
  assert.equal(await client.until('0\r\n\r\n'), '4\r\nlast\r\n0\r\n\r\n');
  assert.equal(await client.ended(), '');
  await closed;
});

test('DeliveryMount sends a growing body as it comes, too', async (context) => {
  const { port, body, server } = await scene(context);
  // A field that the fast lane gives away.
  const headers = { expect: '100-continue' };
  const ask = async () => {
    const request = get({ port, path: '/live/s1', headers, agent: false });
    const [response] = await once(request, 'response');
    response.setEncoding('utf8');
    const [first] = await once(response, 'data');
    assert.equal(first, 'first,');
    return response;
  };
  const whole = await ask();
  assert.equal(server.stats.handedOver, 1);
  assert.equal(whole.headers['transfer-encoding'], 'chunked');
  body.take('second');
  assert.deepEqual(await once(whole, 'data'), ['second']);
  body.finish('end');
  await once(whole, 'end');
  const broken = await ask();
  body.finish('fail');
  const [error] = await once(broken, 'error');
  assert.equal(error.code, 'ECONNRESET');
  const left = await ask();
  left.destroy();
  await body.followed(0);
});
