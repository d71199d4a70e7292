import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { ChatDoor } from './chat-door.ts';

test('upgrade() refuses without a word in the log while the database is away', async () => {
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (_, message) => lines.push(message) };
  let error: Error = new DatabaseUnavailableError('away');
  const door = new ChatDoor({
    ...{ chat: undefined as never, clock: new ManualClock(), log, publicUrl: undefined },
    placeOf: () => Promise.reject(error),
    addressOf: () => undefined,
  });
  const offer = async (): Promise<string> => {
    const socket = new PassThrough();
    const request = { url: '/api/streams/s/chat/ws', headers: {} } as IncomingMessage;
    door.upgrade(request, socket, Buffer.alloc(0));
    return text(socket);
  };
  assert.match(await offer(), /^HTTP\/1\.1 503 /);
  assert.deepEqual(lines, []);
  error = new Error('a fault of ours');
  assert.match(await offer(), /^HTTP\/1\.1 503 /);
  assert.deepEqual(lines, ['chat cannot be opened']);
});
