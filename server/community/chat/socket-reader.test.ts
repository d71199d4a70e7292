import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { MOST_UNSENT_BYTES } from './fan-out.ts';
import { SocketReader } from './socket-reader.ts';

test('a SocketReader closes who asks and reads no answers, also where nobody else writes', async () => {
  const clock = new ManualClock();
  const webSocket = new EventEmitter();
  const closed: number[] = [];
  const reasons: string[] = [];
  let unsentBytes = 0;
  const socket = {
    writable: true,
    get writableLength() {
      return unsentBytes;
    },
    write: ({ length }: Buffer) => {
      unsentBytes += length;
      return false;
    },
  };
  const room = {
    join: () => {},
    leave: () => {},
    post: async () => ({ commanded: 'x'.repeat(700) }),
  };
  const chat = {
    guests: { of: () => ({ author: { id: 'guest_a', name: 'a', roles: [] }, token: 't' }) },
    room: async () => room,
  };
  const home = {
    ...{ chat, clock, log: silentLog, forget: () => {} },
    closed: (reason: string) => reasons.push(reason),
  };
  const peer = Object.assign(webSocket, { close: (code: number) => closed.push(code) });
  const connection = { webSocket: peer, socket, address: undefined };
  const reader = new SocketReader(home as never, 's', connection as never);
  const send = async (frame: object): Promise<void> => {
    peer.emit('message', Buffer.from(JSON.stringify(frame)), false);
    await new Promise(setImmediate);
  };
  await send({ type: 'join', v: 1 });
  for (let count = 0; count < 1_000 && closed.length === 0; count += 1) {
    clock.advance(100);
    await send({ type: 'post', text: '/help' });
  }
  assert.deepEqual([closed, reasons], [[4004], ['too_slow']]);
  assert.ok(unsentBytes < MOST_UNSENT_BYTES + 2_000, `${unsentBytes} bytes wait`);

  const atEnd = unsentBytes;
  assert.equal(reader.write(Buffer.from('more')), true);
  assert.equal(unsentBytes, atEnd, 'who has gone is sent nothing');
});
