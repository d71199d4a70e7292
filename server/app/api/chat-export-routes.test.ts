import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import type { Principal } from '../../account/index.ts';
import { systemClock } from '../../base/index.ts';
import type { ChatExport } from '../../community/chat/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { type BeginExport, chatExportRoutes } from './chat-export-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';

/** Lines that come at a time, as from the database: 360 KB. */
const PAGE = 500;

function line(seq: number): string {
  return `${JSON.stringify({ seq, text: 'x'.repeat(700) })}\n`;
}

/** A server whose chat has `count` messages; reading behind `failAt` fails. */
async function start(context: TestContext, count: number, failAt = Number.MAX_SAFE_INTEGER) {
  const exports: ChatExport[] = [];
  const tally = { pages: 0 };
  const begin: BeginExport = async function* (wanted) {
    exports.push(wanted);
    for (let after = 0; after < count; after += PAGE) {
      if (after >= failAt) throw new DatabaseUnavailableError('away');
      tally.pages += 1;
      const size = Math.min(PAGE, count - after);
      yield Array.from({ length: size }, (_, index) => line(after + index + 1)).join('');
    }
  };
  const app = Fastify({ logger: false });
  const operator: Principal = { kind: 'operator' };
  const access = {
    identify: async () => operator,
    owners: { stream: async () => ({ ownerId: 'u' }), webhook: async () => undefined },
    limits: new RateLimits(systemClock),
  };
  registerApi(app, access, chatExportRoutes(begin));
  context.after(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { exports, tally, url: `${url}/api/streams/s1/chat/export` };
}

test('exportChat streams each message as a line, with a name for the file', async (context) => {
  const { exports, url } = await start(context, 1_100);
  const response = await fetch(`${url}?broadcast=b&removed=mark`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/jsonl');
  assert.equal(
    response.headers.get('content-disposition'),
    'attachment; filename="chat-s1-b.jsonl"',
  );
  const lines = (await response.text()).split('\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).seq),
    Array.from({ length: 1_100 }, (_, index) => index + 1),
  );
  assert.deepEqual(exports, [{ streamId: 's1', broadcastId: 'b', withRemoved: true }]);
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal((await fetch(`${url}?removed=maybe`)).status, 400);
});

test('exportChat ends without its last chunk when the database goes away', async (context) => {
  const { url } = await start(context, 5_000, 1_000);
  const response = await fetch(url);
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
  const { url: away } = await start(context, 1, 0);
  assert.equal((await fetch(away)).status, 503);
});

test('exportChat reads no further than its client does, and refuses what is too much', async (context) => {
  const { tally, url } = await start(context, 1_000_000);
  const { port, pathname } = new URL(url);
  const sockets = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1'));
  context.after(() => sockets.map((socket) => socket.destroy()));
  const began = sockets.map(async (socket) => {
    await once(socket, 'connect');
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
  });
  await Promise.all(began);
  const refused = await fetch(url);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /too_many_readers/);
  // Until what a kernel takes for eight sockets is full; the whole would be 2,000 pages for each.
  for (let before = -1; before !== tally.pages; ) {
    before = tally.pages;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(tally.pages < 1_000, `${tally.pages} pages were read`);
  for (const socket of sockets) socket.destroy();
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(url);
    await response.body?.cancel();
    if (response.status === 200) break;
    assert.ok(tries < 100, 'the places of those who went are free again');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
