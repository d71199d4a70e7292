import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { ApiClient, ApiError } from './index.ts';

interface Heard {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that answers always the same, and what it was asked. */
async function serve(
  context: TestContext,
  answer: (response: ServerResponse) => void,
): Promise<{ readonly origin: string; readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { method, url, headers } = request;
    heard.push({ line: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() });
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close().closeAllConnections());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { origin: `http://127.0.0.1:${address.port}`, heard };
}

const json =
  (status: number, body: object, more: object = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...more });
    response.end(JSON.stringify(body));
  };

test('call() fills path and query, and leaves out what is not said', async (context) => {
  const { origin, heard } = await serve(context, json(200, { data: [], next_cursor: null }));
  const api = new ApiClient({ origin, token: 'mrt_1' });
  const page = await api.call('GET /api/webhooks/{id}/deliveries', {
    params: { id: 'a/b c' },
    query: { limit: 2, status: 'failed', cursor: undefined },
  });
  assert.deepEqual(page, { data: [], next_cursor: null });
  const [{ line, headers, body } = assert.fail()] = heard;
  assert.equal(line, 'GET /api/webhooks/a%2Fb%20c/deliveries?limit=2&status=failed');
  assert.equal(headers.authorization, 'Bearer mrt_1');
  assert.equal(headers['content-type'], undefined);
  assert.equal(body, '');
});

test('call() sends a body as JSON, and the headers of the moment', async (context) => {
  const { origin, heard } = await serve(context, json(201, { id: 'one', streamKey: 'k' }));
  let token = 'first';
  const api = new ApiClient({ origin, headers: () => ({ 'x-csrf-token': token }) });
  token = 'second';
  const body = { title: 'Evening', category: undefined };
  const made = await api.call('POST /api/streams', { body, idempotencyKey: 'once' });
  assert.equal(made.streamKey, 'k');
  const [{ headers, body: sent } = assert.fail()] = heard;
  assert.equal(sent, '{"title":"Evening"}');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['idempotency-key'], 'once');
  assert.equal(headers['x-csrf-token'], 'second');
});

test('call() answers undefined where there is nothing to say', async (context) => {
  const { origin } = await serve(context, (response) => response.writeHead(204).end());
  const gone = await new ApiClient({ origin }).call('DELETE /api/session');
  assert.equal(gone, undefined);
});

test('call() throws a refusal with its problem and when to come again', async (context) => {
  const problem = { code: 'too_many_requests', detail: 'Cannot answer request: wait 7 s' };
  const { origin } = await serve(context, json(429, problem, { 'retry-after': '7' }));
  await assert.rejects(new ApiClient({ origin }).call('GET /api/clock'), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 429);
    assert.equal(error.message, problem.detail);
    assert.equal(error.problem?.code, 'too_many_requests');
    assert.equal(error.retryAfterS, 7);
    return true;
  });
});

test('call() throws a refusal that is none of ours without a problem', async (context) => {
  const { origin } = await serve(context, (response) => response.writeHead(502).end('<html>'));
  await assert.rejects(new ApiClient({ origin }).call('GET /api/clock'), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.problem, undefined);
    assert.match(error.message, /status 502$/);
    return true;
  });
});

test('call() takes no page of HTML for an answer', async (context) => {
  const { origin } = await serve(context, (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  });
  await assert.rejects(new ApiClient({ origin }).call('GET /api/me'), ApiError);
});

test('call() gives up when it is told to', async (context) => {
  const { origin } = await serve(context, () => undefined);
  const patience = new AbortController();
  const asked = new ApiClient({ origin }).call('GET /api/clock', { signal: patience.signal });
  patience.abort();
  await assert.rejects(asked, { name: 'AbortError' });
});
