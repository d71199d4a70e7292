import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogFields, silentLog } from '../base/index.ts';
import { type Asked, type RunRequest, readConfiguration } from './config/index.ts';
import { ConfigurationReload } from './configuration-reload.ts';

function read(envFile: string): Asked {
  return readConfiguration({ args: [], env: {}, envFile });
}

/** A reload of `.env` texts, one after the other, and what it did. */
function stage(first: string, files: (string | Error)[]) {
  const lines: (readonly [string, LogFields])[] = [];
  const configured: string[] = [];
  const take = (fields: LogFields, message: string) => void lines.push([message, fields]);
  const reload = new ConfigurationReload({
    started: read(first) as RunRequest,
    read: async () => {
      const next = files.shift() ?? '';
      if (next instanceof Error) throw next;
      return read(next);
    },
    log: { ...silentLog, info: take, error: take },
  });
  const target = {
    configured: ({ LOG_LEVEL }: { readonly LOG_LEVEL: string }) => void configured.push(LOG_LEVEL),
    renewTls: () => assert.fail('there is no certificate'),
  };
  return { reload, target, lines, configured };
}

test('ConfigurationReload.reload() applies what it can and names the rest', async () => {
  const { reload, target, lines, configured } = stage('', [
    'LOG_LEVEL=error\nSLIDING_WINDOW_SIZE=9\nDATA_DIR=/elsewhere',
  ]);
  const outcome = await reload.reload(target);
  const changes = {
    applied: ['SLIDING_WINDOW_SIZE', 'LOG_LEVEL'],
    needRestart: ['DATA_DIR'],
    isCertificateRead: false,
  };
  assert.deepEqual(outcome, { kind: 'reloaded', ...changes });
  assert.deepEqual(lines, [['configuration reloaded', changes]]);
  assert.deepEqual(configured, ['error']);
  const { LOG_LEVEL, SLIDING_WINDOW_SIZE, DATA_DIR } = reload.current;
  assert.deepEqual([LOG_LEVEL, SLIDING_WINDOW_SIZE, DATA_DIR], ['error', 9, './data']);
});

test('ConfigurationReload.reload() changes nothing when one value is wrong', async () => {
  const { reload, target, lines, configured } = stage('LOG_LEVEL=warn', [
    'LOG_LEVEL=debug\nAPI_TOKEN=hunter2\nRECONNECT_WINDOW=-1',
    'LOG_LEVEL=debug\nTLS_CERT=/nowhere/a.pem\nTLS_KEY=/nowhere/b.pem',
  ]);
  const outcome = await reload.reload(target);
  assert.deepEqual(outcome, {
    kind: 'refused',
    problems: [
      'RECONNECT_WINDOW in .env is "-1": it must be a number from 0 to 3600 seconds',
      'API_TOKEN in .env is not usable: it must be at least 16 of the characters ' +
        'A-Z a-z 0-9 . _ ~ + / = -',
    ],
  });
  assert.equal(lines[0]?.[0], 'configuration not reloaded');
  assert.deepEqual([configured, reload.current.LOG_LEVEL], [[], 'warn']);
});

test('ConfigurationReload.reload() refuses a certificate that cannot be read', async () => {
  const tls = 'TLS_CERT=/nowhere/a.pem\nTLS_KEY=/nowhere/b.pem';
  const { reload, target, configured } = stage(tls, [`LOG_LEVEL=debug\n${tls}`]);
  assert.deepEqual(await reload.reload(target), {
    kind: 'refused',
    problems: ['TLS_CERT: /nowhere/a.pem cannot be read (ENOENT)'],
  });
  assert.deepEqual([configured, reload.current.LOG_LEVEL], [[], 'info']);
});

test('ConfigurationReload.reload() survives a file of settings that cannot be read', async () => {
  const unreadable = Object.assign(new Error('EACCES: permission denied'), { syscall: 'open' });
  const { reload, target } = stage('', [unreadable, 'LOG_LEVEL=warn']);
  const outcomes = await Promise.all([reload.reload(target), reload.reload(target)]);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['refused', 'reloaded'],
  );
  assert.equal(reload.current.LOG_LEVEL, 'warn');
});
