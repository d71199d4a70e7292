import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock, newId, silentLog, systemClock } from '../server/base/index.ts';
import { Courier, Deliveries, WebhookSender, Webhooks } from '../server/notice/webhook/index.ts';
import { clear, testDatabase } from '../server/store/sql/database.test-support.ts';
import { appendEvents } from '../server/store/sql/index.ts';

const GUIDE = join(import.meta.dirname, '../docs/guide/webhooks.md');
const HOUR_MS = 3_600_000;

/** A port that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}

test('the receiver of the guide, down for three days, prints everything once, in order', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-guide-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [, code = ''] = /```js\n(.*?)```/s.exec(await readFile(GUIDE, 'utf8')) ?? [];
  const file = join(folder, 'receiver.mjs');
  await writeFile(file, code);
  const port = await freePort();

  const database = await testDatabase();
  await clear(database);
  // Receivers refuse what is not of these minutes, so the three days end now.
  const clock = new ManualClock(Date.now() - 76 * HOUR_MS);
  const policy = { allowsLoopback: true };
  const sender = new WebhookSender({ clock: systemClock, policy });
  const courier = new Courier({ clock, sender, root: randomBytes(32) });
  const deliveries = new Deliveries({
    ...{ database, clock, courier, randomBytes, log: silentLog, random: () => 0 },
  });
  const webhooks = new Webhooks({
    ...{ database, clock, courier, policy, randomBytes, requeued: () => {} },
  });
  const made = await webhooks.create(
    {
      url: `http://127.0.0.1:${port}/`,
      ownerId: null,
      createdBy: null,
      description: '',
      eventTypes: [],
    },
    { kind: 'operator', id: null, remoteAddress: null },
  );
  assert.ok('secret' in made);
  const settle = async (): Promise<void> => {
    await deliveries.round();
    await deliveries.idle();
  };
  const wanted: string[] = [];
  for (let hour = 0; hour < 72; hour += 1) {
    const occurredAt = new Date(clock.epochMs());
    const id = newId('evt', occurredAt.getTime(), randomBytes);
    const event = { id, type: 'stream.updated', occurredAt, ownerId: null } as const;
    await database.transaction((transaction) =>
      appendEvents(transaction, [{ ...event, streamId: `s${hour}`, data: { hour } }]),
    );
    wanted.push(`stream.updated s${hour} { hour: ${hour} }`);
    await settle();
    clock.advance(HOUR_MS);
  }

  const receiver = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: `${port}`, WEBHOOK_SECRET: made.secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => receiver.kill());
  let printed = '';
  const isDone = Promise.withResolvers<void>();
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length > wanted.length) isDone.resolve();
  });
  const connected = async (): Promise<boolean> =>
    (await fetch(made.url).catch(() => undefined)) !== undefined;
  while (!(await connected())) await new Promise((resolve) => setTimeout(resolve, 20));
  clock.advance(4 * HOUR_MS);
  await settle();
  await isDone.promise;
  await settle();
  assert.deepEqual(printed.trimEnd().split('\n'), wanted);
});
