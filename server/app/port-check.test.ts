import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ListenError } from './http/index.ts';
import { assertPortsFree } from './port-check.ts';

const HOST = '127.0.0.1';

test('assertPortsFree() names the setting of a port that is taken, and leaves free ones free', async (context) => {
  const taken = createServer().listen(0, HOST);
  await once(taken, 'listening');
  context.after(() => taken.close());
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  await assert.rejects(assertPortsFree({ HOST, PORT: 0, RTMP_PORT: port }), (error) => {
    assert.ok(error instanceof ListenError);
    const words = `port ${port} is in use: set RTMP_PORT or stop the other program`;
    assert.equal(error.message, words);
    return true;
  });
  taken.close();
  await once(taken, 'close');
  await assertPortsFree({ HOST, PORT: 0, RTMP_PORT: port });
  // Had it kept the port, this would fail.
  await assertPortsFree({ HOST, PORT: port, RTMP_PORT: 0 });
});
