import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** A fault outside of every request and broadcast, at a moment that the test chooses. */
const FAULT_ON_SIGNAL = `data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { throw new Error('boom of live_abcdefgh_' + '0123456789' + 'abcdef'); });",
)}`;

async function start(folder: string) {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, ['--import', FAULT_ON_SIGNAL, main], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', RTMP_PORT: '0', DATA_DIR: folder, DEMO: '0' },
  });
  const output: string[] = [];
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      if (output.join('').includes('Ctrl-C')) resolve();
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const exited = once(child, 'close');
  await Promise.race([ready, exited]);
  return { child, exited, output };
}

test('main() ends well after a fault that nobody owns, and tells of it without keys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-main-'));
  const { child, exited, output } = await start(folder);
  try {
    assert.ok(existsSync(join(folder, 'lock')));
    child.kill('SIGUSR2');
    assert.deepEqual(await exited, [70, null]);
    const text = output.join('');
    assert.match(text, /stopping because of a fault/);
    assert.doesNotMatch(text, /0123456789abcdef/);
    assert.ok(!existsSync(join(folder, 'lock')), 'the folder is given back');
  } finally {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  }
});
