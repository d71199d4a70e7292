import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate, withOpenssl } from '../../base/certificate.test-support.ts';
import { databaseChecks } from './database-checks.ts';
import { clockChecks, memoryCheck, openFilesCheck, tlsCheck } from './machine-checks.ts';
import { diskChecks, secretFilesCheck } from './storage-checks.ts';

const DAY_MS = 86_400_000;

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-checks-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

test('tlsCheck() looks at the pair, its dates and its host', withOpenssl, async () => {
  const pair = makeCertificate({ host: 'live.example', days: 90 });
  const { certPath: TLS_CERT, keyPath: TLS_KEY } = pair;
  const at = async (days: number, PUBLIC_URL = 'https://live.example') => {
    const nowMs = Date.now() + days * DAY_MS;
    const { outcome, seen } = await tlsCheck({ TLS_CERT, TLS_KEY, PUBLIC_URL }, nowMs);
    return [outcome, seen.split(' ').slice(0, 3).join(' ')];
  };
  assert.deepEqual(await at(1), ['ok', 'TLS_CERT and TLS_KEY']);
  assert.deepEqual(await at(80), ['warn', 'TLS_CERT and TLS_KEY']);
  assert.deepEqual(await at(91), ['fail', 'TLS_CERT ended on']);
  assert.deepEqual(await at(-1), ['fail', 'TLS_CERT begins on']);
  assert.deepEqual(await at(1, 'https://other.example'), ['warn', 'TLS_CERT is not']);
  const mixed = { TLS_CERT: TLS_KEY, TLS_KEY, PUBLIC_URL: undefined };
  assert.equal((await tlsCheck(mixed)).outcome, 'fail');
});

test('openFilesCheck() and memoryCheck() compare what there is with what is needed', () => {
  const limits = { MAX_CONNECTIONS: 1000, MAX_PUBLISHERS: 10 };
  assert.equal(openFilesCheck(limits, 1266).outcome, 'ok');
  const { outcome, seen } = openFilesCheck(limits, 1265);
  assert.deepEqual([outcome, seen.match(/\d+/g)], ['warn', ['1265', '1266']]);
  assert.notEqual(
    openFilesCheck({ MAX_CONNECTIONS: 1, MAX_PUBLISHERS: 1 }).seen,
    'no limit is known',
  );
  const mib = 1024 * 1024;
  const outcomes = [100, 200, 900].map((size) => memoryCheck(size * mib).outcome);
  assert.deepEqual(outcomes, ['fail', 'warn', 'ok']);
});

test('clockChecks() tells a clock that jumps from one that goes', async () => {
  const since = { wallMs: 1_000_000, monotonicMs: 0 };
  const at = async (wallMs: number) =>
    (await clockChecks(since, { wallMs, monotonicMs: 2000 }))[1]?.outcome;
  assert.deepEqual(
    [await at(1_002_010), await at(1_007_000), await at(1_000_000)],
    ['ok', 'warn', 'warn'],
  );
});

test('diskChecks() writes, and leaves nothing behind', async (context) => {
  const path = await folder(context);
  const checks = await diskChecks(path);
  assert.equal(checks[0]?.name, 'free-space');
  assert.deepEqual(spawnSync('ls', ['-A', path]).stdout.toString(), '');
});

test('secretFilesCheck() names files that others may read', async (context) => {
  const path = await folder(context);
  const pepper = join(path, 'stream-key.pepper');
  await writeFile(pepper, 'x', { mode: 0o600 });
  const key = join(path, 'key.pem');
  await writeFile(key, 'x', { mode: 0o640 });
  assert.equal((await secretFilesCheck(path, key)).outcome, 'ok');
  const open = join(path, 'open.pem');
  await writeFile(open, 'x', { mode: 0o644 });
  const { outcome, remedy } = await secretFilesCheck(path, open);
  assert.deepEqual([outcome, remedy], ['warn', `run chmod go-rwx ${open}`]);
});

test('databaseChecks() looks at a folder without opening it', async (context) => {
  const path = await folder(context);
  const [missing] = await databaseChecks(undefined, { path, state: 'writable' });
  assert.equal(missing?.outcome, 'ok');
  await mkdir(join(path, 'database'));
  await writeFile(join(path, 'database', 'PG_VERSION'), '12\n');
  const [old] = await databaseChecks(undefined, { path, state: 'in use' });
  assert.equal(old?.outcome, 'fail');
  assert.match(old?.seen ?? '', /version 12/);
});

test('databaseChecks() says that a server gives no answer, without its password', async (context) => {
  const path = await folder(context);
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  const { port } = server.address() as { port: number };
  const url = `postgres://me:pass-of-a-test@127.0.0.1:${port}/x`;
  const [check, ...more] = await databaseChecks(url, { path, state: 'writable' });
  assert.deepEqual([check?.name, check?.outcome, more], ['database', 'fail', []]);
  assert.match(check?.seen ?? '', new RegExp(`127.0.0.1:${port} gives no answer`));
  assert.ok(!JSON.stringify(check).includes('pass-of-a-test'));
});
