import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { Agent, get } from 'node:https';
import { before, type TestContext, test } from 'node:test';
import { makeCertificate, withOpenssl } from '../../base/certificate.test-support.ts';
import { answerOf, GrowingBody, startServer } from './http-server.test-support.ts';
import type { TlsKeyPair } from './transport.ts';

const { skip } = withOpenssl;
let tls: TlsKeyPair;

before(() => {
  if (skip === false) tls = makeCertificate();
});

async function openSession(context: TestContext, port: number): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, { ca: tls.cert });
  context.after(() => session.destroy());
  await once(session, 'connect');
  return session;
}

async function fetchText(session: ClientHttp2Session, headers: OutgoingHttpHeaders) {
  const stream = session.request(headers);
  stream.setEncoding('utf8');
  const [head] = await once(stream, 'response');
  let body = '';
  for await (const chunk of stream) body += chunk;
  return { head, body };
}

test('SecureTransport answers delivery and the other faces over HTTP/2', {
  skip,
}, async (context) => {
  const { port, handler } = await startServer(context, { tls });
  const session = await openSession(context, port);
  assert.equal(session.alpnProtocol, 'h2');
  const { head, body } = await fetchText(session, {
    ':path': '/live/a?_HLS_msn=1',
    'accept-encoding': 'gzip',
    range: 'bytes=0-3',
  });
  assert.equal(head[':status'], 200);
  assert.equal(head['content-length'], '15');
  assert.equal(head.etag, '"v1"');
  assert.ok(head.date);
  assert.equal(body, 'body of /live/a');
  assert.deepEqual(handler.seen[0], {
    method: 'GET',
    path: '/live/a',
    query: '_HLS_msn=1',
    gzip: true,
    ifNoneMatch: undefined,
    range: 'bytes=0-3',
  });
  const bodiless = await fetchText(session, { ':path': '/live/a', ':method': 'HEAD' });
  assert.deepEqual([bodiless.head['content-length'], bodiless.body], ['15', '']);
  const api = await fetchText(session, { ':path': '/api/streams/x' });
  assert.deepEqual(JSON.parse(api.body), { params: { id: 'x' } });
  const managed = await fetchText(session, { ':path': '/api/echo', ':method': 'POST' });
  assert.equal(managed.head[':status'], 200);
});

test('SecureTransport sends large answers whole over HTTP/2', { skip }, async (context) => {
  const { port, handler } = await startServer(context, { tls });
  const chunks = ['a', 'b', 'c'].map((letter) => Buffer.alloc(200_000, letter));
  handler.answers.set('/live/segment', answerOf(chunks));
  const session = await openSession(context, port);
  const { body } = await fetchText(session, { ':path': '/live/segment' });
  assert.equal(body, Buffer.concat(chunks).toString());
});

test('SecureTransport holds requests over HTTP/2 and forgets those that are reset', {
  skip,
}, async (context) => {
  const { port, handler } = await startServer(context, { tls });
  const session = await openSession(context, port);
  const kept = fetchText(session, { ':path': '/live/held/1' });
  const reset = session.request({ ':path': '/live/held/2' });
  await handler.until(() => handler.held === 2);
  reset.close();
  await handler.until(() => handler.cancelled === 1);
  handler.release(answerOf('released'));
  assert.equal((await kept).body, 'released');
});

test('SecureTransport speaks HTTP/1.1 with those who want it', { skip }, async (context) => {
  const { port } = await startServer(context, { tls });
  const agent = new Agent({ ca: tls.cert, keepAlive: true });
  context.after(() => agent.destroy());
  const request = get(`https://localhost:${port}/live/a`, { agent, lookup: loopback });
  const [response] = await once(request, 'response');
  assert.equal(response.httpVersion, '1.1');
  let body = '';
  for await (const chunk of response) body += chunk;
  assert.equal(body, 'body of /live/a');
});

test('SecureTransport closes: held requests are answered, then sessions end', {
  skip,
}, async (context) => {
  const { port, server, handler } = await startServer(context, { tls });
  const session = await openSession(context, port);
  const held = fetchText(session, { ':path': '/live/held' });
  await handler.until(() => handler.held === 1);
  const closed = server.close(60_000);
  handler.release(answerOf('released'));
  assert.equal((await held).body, 'released');
  await closed;
});

test('SecureTransport ends everything at the deadline of close', { skip }, async (context) => {
  const { port, server, handler } = await startServer(context, { tls });
  const session = await openSession(context, port);
  session.on('error', () => {});
  const stream = session.request({ ':path': '/live/held' });
  stream.on('error', () => {});
  await handler.until(() => handler.held === 1);
  await server.close(20);
  await handler.until(() => handler.cancelled === 1);
});

/** The server listens on IPv4 alone, whatever localhost means here first. */
function loopback(
  _name: string,
  _options: object,
  found: (error: null, addresses: { address: string; family: number }[]) => void,
): void {
  found(null, [{ address: '127.0.0.1', family: 4 }]);
}

test('SecureTransport sends a growing body over HTTP/2 as it comes, and resets a broken one', {
  skip,
}, async (context) => {
  const { port, handler } = await startServer(context, { tls });
  const body = new GrowingBody();
  handler.answers.set('/live/s1', body.answer);
  const session = await openSession(context, port);
  const ask = async () => {
    const stream = session.request({ ':path': '/live/s1' });
    stream.setEncoding('utf8');
    const [head] = await once(stream, 'response');
    assert.equal(head['content-length'], undefined);
    assert.deepEqual(await once(stream, 'data'), ['first,']);
    return stream;
  };
  const whole = await ask();
  body.take('second');
  assert.deepEqual(await once(whole, 'data'), ['second']);
  body.finish('end');
  await once(whole, 'end');
  const broken = await ask();
  body.finish('fail');
  const [error] = await once(broken, 'error');
  assert.equal(error.code, 'ERR_HTTP2_STREAM_ERROR');
  const left = await ask();
  left.close();
  await body.followed(0);
});

test('SecureTransport resets a body over HTTP/2 that its client does not read', {
  skip,
}, async (context) => {
  const { port, handler } = await startServer(context, { tls, limits: { stallTimeoutMs: 100 } });
  const body = new GrowingBody();
  handler.answers.set('/live/s1', body.answer);
  const session = await openSession(context, port);
  for (const path of ['/live/s1', '/live/whole']) {
    handler.answers.set('/live/whole', answerOf([Buffer.alloc(4 << 20)]));
    const stream = session.request({ ':path': path });
    const failed = once(stream, 'error');
    await once(stream, 'response');
    body.take(Buffer.alloc(4 << 20));
    const [error] = await failed;
    assert.equal(error.code, 'ERR_HTTP2_STREAM_ERROR');
  }
});

test('SecureTransport is patient with a client that has read what there is', {
  skip,
}, async (context) => {
  const { port, handler } = await startServer(context, { tls, limits: { stallTimeoutMs: 50 } });
  const body = new GrowingBody();
  handler.answers.set('/live/s1', body.answer);
  const session = await openSession(context, port);
  const stream = session.request({ ':path': '/live/s1' });
  stream.setEncoding('utf8');
  await once(stream, 'data');
  await new Promise((resolve) => setTimeout(resolve, 300));
  body.take('second');
  body.finish('end');
  let rest = '';
  for await (const chunk of stream) rest += chunk;
  assert.equal(rest, 'second');
});
