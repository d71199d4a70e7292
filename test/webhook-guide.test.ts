import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
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

/** The program of the guide in a file. */
async function receiverFile(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-guide-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [, code = ''] = /```js\n(.*?)```/s.exec(await readFile(GUIDE, 'utf8')) ?? [];
  const file = join(folder, 'receiver.mjs');
  await writeFile(file, code);
  return file;
}

/** Resolves when somebody answers there. */
async function answering(url: string): Promise<void> {
  const isThere = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('the receiver of the guide believes nothing old, forged, empty or swapped (A19)', async (context) => {
  const [old, present] = [randomBytes(32), randomBytes(32)];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const receiver = spawn(process.execPath, [await receiverFile(context)], {
    env: {
      ...{ ...process.env, PORT: `${port}` },
      WEBHOOK_SECRET: `whsec_${present.toString('base64')}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => receiver.kill());
  let printed = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await answering(url);
  const nowS = Math.floor(Date.now() / 1000);
  const sign = (key: Uint8Array, id: string, atS = nowS, text = bodyOf(id)) =>
    `v1,${createHmac('sha256', key).update(`${id}.${atS}.${text}`).digest('base64')}`;
  const send = async (id: string, signature: string, atS = nowS): Promise<number> => {
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': `${atS}`,
      ...(signature === '' ? {} : { 'webhook-signature': signature }),
    };
    return (await fetch(url, { method: 'POST', headers, body: bodyOf(id) })).status;
  };
  const refused: readonly (readonly [what: string, status: number])[] = [
    ['no signature', await send('evt_1', '')],
    ['an empty one', await send('evt_1', 'v1,')],
    ['that of an empty secret', await send('evt_1', sign(new Uint8Array(0), 'evt_1'))],
    ['that of a secret of before', await send('evt_1', sign(old, 'evt_1'))],
    ['that of another event', await send('evt_1', sign(present, 'evt_2'))],
    ['that of another text', await send('evt_1', sign(present, 'evt_1', nowS, '{}'))],
    ['another time than was signed', await send('evt_1', sign(present, 'evt_1'), nowS + 1)],
    ['an old one', await send('evt_1', sign(present, 'evt_1', nowS - 600), nowS - 600)],
    ['one of days to come', await send('evt_1', sign(present, 'evt_1', nowS + 600), nowS + 600)],
    ['no time', await send('evt_1', sign(present, 'evt_1', Number.NaN), Number.NaN)],
  ];
  for (const [what, status] of refused) assert.equal(status, 401, what);
  const both = `${sign(old, 'evt_2')} ${sign(present, 'evt_2')}`;
  assert.equal(await send('evt_2', both), 204, 'while a secret is replaced');
  assert.equal(await send('evt_1', sign(present, 'evt_1')), 204, 'an older event, later');
  assert.equal(await send('evt_2', both), 204, 'once more, since the answer was lost');
  while (!printed.includes('evt_1')) await once(receiver.stdout, 'data');
  assert.deepEqual(printed.trimEnd().split('\n'), ['evt_2 s {}', 'evt_1 s {}']);
});

/** An event that says its own id where the receiver prints it. */
function bodyOf(id: string): string {
  return JSON.stringify({ type: id, streamId: 's', data: {} });
}

test('the receiver of the guide, down for three days, prints everything once, in order', async (context) => {
  const file = await receiverFile(context);
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
  await answering(made.url);
  clock.advance(4 * HOUR_MS);
  await settle();
  await isDone.promise;
  await settle();
  assert.deepEqual(printed.trimEnd().split('\n'), wanted);
});
