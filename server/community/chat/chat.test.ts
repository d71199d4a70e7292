import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from './chat.ts';
import { testParts } from './room.test-support.ts';

const MINUTE_MS = 60_000;

test('room() hands out a room that is not closed before it can be used', async () => {
  const { clock, chat, room } = await open();
  clock.advance(5 * MINUTE_MS - 1);
  assert.equal(await chat.room('s'), room);
  clock.advance(4 * MINUTE_MS);
  assert.equal(chat.tally.rooms, 1);
  await chat.close();
});

test('a room that nobody asks for is closed after five minutes', async () => {
  const { clock, chat, room } = await open();
  clock.advance(6 * MINUTE_MS);
  assert.equal(chat.tally.rooms, 0);
  assert.notEqual(await chat.room('s'), room);
  await chat.close();
});

async function open() {
  const { clock, ...parts } = testParts();
  const chat = new Chat({ ...parts, clock, guestKey: new Uint8Array(32) });
  return { clock, chat, room: await chat.room('s') };
}
