import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, silentLog, systemClock } from '../base/index.ts';
import type { Room } from '../community/chat/index.ts';
import { readConfiguration } from './config/index.ts';
import { prepareGround } from './ground.ts';

const READERS = 100;
const MOST_TURNS = 10_000;

type Reader = Parameters<Room['join']>[0];

test('prepareGround() lets chat give way to viewers who waited for media', async (context) => {
  const asked = readConfiguration({ args: [], env: {}, envFile: undefined });
  assert.ok(asked.kind === 'run');
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  const configuration = { ...asked.configuration, DATA_DIR: folder, PORT: 0, RTMP_PORT: 0 };
  // A moment that lasts as long as the test looks at it.
  let stoppedMs: number | undefined;
  const waiting: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => stoppedMs ?? systemClock.monotonicMs(),
    after(delayMs, task) {
      if (stoppedMs === undefined) return systemClock.after(delayMs, task);
      waiting.push(task);
      return () => {};
    },
  };
  const ground = await prepareGround({
    ...{ configuration, current: () => configuration, tls: undefined, clock, log: silentLog },
  });
  context.after(async () => {
    await ground.chat.close();
    await ground.databases.close();
    await ground.release();
    await rm(folder, { recursive: true });
  });
  const room = await ground.chat.chat.room('str_1');
  assert.ok(room !== undefined);
  let told = 0;
  for (let index = 0; index < READERS; index += 1) {
    const id = `guest_${index}`;
    const reader: Reader = {
      ...{ authorId: id, name: id, roles: [], unsentBytes: 0 },
      write(frame: Buffer) {
        if (frame.includes('"viewers"')) told += 1;
        return true;
      },
      whenDrained: () => {},
      close: () => {},
    };
    const author = { id, name: id, roles: [] };
    room.join(reader, { author, isGuest: true, guest: undefined, resume: undefined });
  }
  stoppedMs = systemClock.monotonicMs();
  ground.rightOfWay.take();
  room.tellHere({ type: 'viewers', count: 1 });
  const atOnce = told;
  assert.ok(atOnce > 0 && atOnce < READERS, `${atOnce} in the first slice`);
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, atOnce, 'the way is taken');
  stoppedMs = undefined;
  for (let turn = 0; told < READERS && turn < MOST_TURNS; turn += 1) {
    for (const task of waiting.splice(0)) task();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(told, READERS);
});
