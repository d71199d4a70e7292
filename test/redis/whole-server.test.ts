/** A whole server and its Redis, over TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makeCertificate } from '../support/certificate.ts';
import { freePort, needs } from '../support/component.ts';
import { RedisServer } from '../support/redis-server.ts';
import { ServerProcess } from '../support/server-process.ts';

const PATIENCE_MS = 60_000;

/** Waits until `/metrics` has the line. */
async function shows(server: ServerProcess, line: string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    if (text.split('\n').includes(line)) return;
    assert.ok(performance.now() < deadlineMs, `/metrics never said ${line}`);
    await wait(100);
  }
}

test(
  'a server reaches Redis over TLS, and says when it is away and back',
  needs('redis', 'openssl'),
  async (context) => {
    const { certPath, keyPath } = makeCertificate();
    const port = await freePort();
    const redis = await RedisServer.start(
      context,
      ...['--tls-port', String(port), '--tls-cert-file', certPath, '--tls-key-file', keyPath],
      ...['--tls-auth-clients', 'no'],
    );
    const server = await ServerProcess.start({
      env: { REDIS_URL: `rediss://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: certPath },
    });
    context.after(() => server.stop());
    await shows(server, 'redis_up 1');
    await redis.kill();
    await shows(server, 'redis_up 0');
    await redis.resume();
    await shows(server, 'redis_up 1');
  },
);
