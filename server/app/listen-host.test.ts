import assert from 'node:assert/strict';
import { Server } from 'node:net';
import { test } from 'node:test';
import { listenHost } from './listen-host.ts';

/** A server that cannot listen, for a reason that the kernel names. */
function failing(code: string): () => Server {
  return () => {
    const server = new Server();
    server.listen = () => {
      setImmediate(() => server.emit('error', Object.assign(new Error(code), { code })));
      return server;
    };
    return server;
  };
}

test('listenHost() leaves what is named, and what the kernel can give', async () => {
  assert.equal(await listenHost('127.0.0.1', failing('EAFNOSUPPORT')), '127.0.0.1');
  assert.equal(await listenHost('::', failing('EACCES')), '::');
});

test('listenHost() means IPv4 alone on a kernel without IPv6', async () => {
  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
    assert.equal(await listenHost('::', failing(code)), '0.0.0.0');
  }
});
