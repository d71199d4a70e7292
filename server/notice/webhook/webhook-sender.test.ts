import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ManualClock, systemClock } from '../../base/index.ts';
import { TRY_TIMEOUT_MS, WebhookSender } from './webhook-sender.ts';

const LOCAL = { allowsLoopback: true };
const STRICT = { allowsLoopback: false };
const NEVER = new AbortController().signal;

/** A receiver on this machine; its port. */
async function receiver(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function requestTo(url: string) {
  return { url, headers: { 'webhook-id': 'evt_a' }, body: '{"ü":1}' };
}

test('send() posts the body as it is, to the host the address names', async (context) => {
  const seen: unknown[] = [];
  const port = await receiver(context, async (request, response) => {
    const pieces = await request.toArray();
    const { 'webhook-id': id, host, 'content-length': length } = request.headers;
    seen.push([request.method, request.url, id, host, length, Buffer.concat(pieces).toString()]);
    response.writeHead(204).end();
  });
  const sender = new WebhookSender({ clock: systemClock, policy: LOCAL });
  const outcome = await sender.send(requestTo(`http://127.0.0.1:${port}/hook?a=1`), NEVER);
  assert.deepEqual(outcome, { kind: 'answered', status: 204 });
  assert.deepEqual(seen, [['POST', '/hook?a=1', 'evt_a', `127.0.0.1:${port}`, '8', '{"ü":1}']]);
});

test('send() connects to the address it looked at, whatever the name means a moment later', async (context) => {
  const hosts: unknown[] = [];
  const port = await receiver(context, ({ headers }, response) => {
    hosts.push(headers.host);
    response.end();
  });
  const answers = [['127.0.0.1'], ['10.0.0.1']];
  let asked = 0;
  const resolve = async () => answers[asked++] ?? [];
  const sender = new WebhookSender({ clock: systemClock, policy: LOCAL, resolve });
  const outcome = await sender.send(requestTo(`http://rebinding.test:${port}/`), NEVER);
  assert.deepEqual(outcome, { kind: 'answered', status: 200 });
  assert.deepEqual(hosts, [`rebinding.test:${port}`]);
  assert.equal(asked, 1);
});

test('send() connects to nothing when any address of the name is inside', async (context) => {
  let requests = 0;
  const port = await receiver(context, (_request, response) => {
    requests += 1;
    response.end();
  });
  for (const addresses of [
    ['127.0.0.1'],
    ['93.184.215.14', '127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
    ['not an address'],
    [],
  ]) {
    const resolve = async () => addresses;
    const sender = new WebhookSender({ clock: systemClock, policy: STRICT, resolve });
    const outcome = await sender.send(requestTo(`https://rebinding.test:${port}/`), NEVER);
    assert.deepEqual(outcome, { kind: 'unanswered', why: 'its name leads to an inside network' });
  }
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433']) {
    const sender = new WebhookSender({ clock: systemClock, policy: STRICT });
    const outcome = await sender.send(requestTo(`https://${host}:${port}/`), NEVER);
    assert.deepEqual(outcome, { kind: 'unanswered', why: 'its name leads to an inside network' });
  }
  assert.equal(requests, 0);
});

test('send() speaks without TLS to this machine alone', async () => {
  const resolve = async () => ['93.184.215.14'];
  const sender = new WebhookSender({ clock: systemClock, policy: LOCAL, resolve });
  const outcome = await sender.send(requestTo('http://example.test/'), NEVER);
  assert.deepEqual(outcome, { kind: 'unanswered', why: 'its name leads to an inside network' });
});

test('send() follows no redirect', async (context) => {
  const paths: unknown[] = [];
  const port = await receiver(context, ({ url }, response) => {
    paths.push(url);
    response.writeHead(302, { location: '/inside' }).end();
  });
  const sender = new WebhookSender({ clock: systemClock, policy: LOCAL });
  const outcome = await sender.send(requestTo(`http://127.0.0.1:${port}/hook`), NEVER);
  assert.deepEqual(outcome, { kind: 'answered', status: 302 });
  assert.deepEqual(paths, ['/hook']);
});

test('send() gives up after its time, and at once when it is told to', async (context) => {
  const arrived = Promise.withResolvers<void>();
  const port = await receiver(context, () => arrived.resolve());
  const clock = new ManualClock();
  const sender = new WebhookSender({ clock, policy: LOCAL });
  const timedOut = sender.send(requestTo(`http://127.0.0.1:${port}/`), NEVER);
  await arrived.promise;
  clock.advance(TRY_TIMEOUT_MS);
  assert.deepEqual(await timedOut, { kind: 'unanswered', why: 'no answer within 20 s' });

  const stop = new AbortController();
  const stopped = sender.send(requestTo(`http://127.0.0.1:${port}/`), stop.signal);
  stop.abort();
  assert.deepEqual(await stopped, { kind: 'aborted' });
  assert.deepEqual(await sender.send(requestTo(`http://127.0.0.1:${port}/`), stop.signal), {
    kind: 'aborted',
  });
});

test('send() gives up on a name that is looked up for too long', async () => {
  const clock = new ManualClock();
  const resolve = () => new Promise<never>(() => {});
  const sender = new WebhookSender({ clock, policy: STRICT, resolve });
  const outcome = sender.send(requestTo('https://slow.test/'), NEVER);
  clock.advance(TRY_TIMEOUT_MS);
  assert.deepEqual(await outcome, { kind: 'unanswered', why: 'no answer within 20 s' });
});

test('send() reads no more of an answer than it needs', async (context) => {
  const port = await receiver(context, (_request, response) => {
    const piece = Buffer.alloc(65_536);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    response.on('error', () => {});
    more();
  });
  const sender = new WebhookSender({ clock: systemClock, policy: LOCAL });
  const outcome = await sender.send(requestTo(`http://127.0.0.1:${port}/`), NEVER);
  assert.deepEqual(outcome, { kind: 'answered', status: 200 });
});

test('send() says in words why there was no answer', async (context) => {
  const port = await receiver(context, (request) => request.socket.destroy());
  const plain = new WebhookSender({ clock: systemClock, policy: LOCAL });
  const url = `127.0.0.1:${port}/`;
  const reset = await plain.send(requestTo(`http://${url}`), NEVER);
  assert.deepEqual(reset, { kind: 'unanswered', why: 'connection reset' });
  const noTls = await plain.send(requestTo(`https://${url}`), NEVER);
  assert.equal(noTls.kind, 'unanswered');

  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const free = (unused.address() as AddressInfo).port;
  unused.close();
  await once(unused, 'close');
  const refused = await plain.send(requestTo(`http://127.0.0.1:${free}/`), NEVER);
  assert.deepEqual(refused, { kind: 'unanswered', why: 'connection refused' });

  const resolve = async () => {
    throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
  };
  const unknown = new WebhookSender({ clock: systemClock, policy: LOCAL, resolve });
  const missing = await unknown.send(requestTo('https://unknown.test/'), NEVER);
  assert.deepEqual(missing, { kind: 'unanswered', why: 'its name is unknown' });
});
