import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const COMMAND = join(import.meta.dirname, '..', 'bin', 'millrace');

test('millrace prepares what its first word needs and hands all words on, also through a link', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const project = join(folder, 'project');
  for (const part of ['bin', 'tools', 'node_modules/.bin']) {
    mkdirSync(join(project, part), { recursive: true });
  }
  cpSync(COMMAND, join(project, 'bin', 'millrace'));
  writeFileSync(join(project, 'tools', 'bootstrap.mjs'), 'console.log(process.argv[2]);');
  const node = join(project, 'node_modules', '.bin', 'node');
  writeFileSync(node, '#!/bin/sh\npwd\nfor word in "$@"; do echo "$word"; done\n');
  chmodSync(node, 0o755);
  const link = join(folder, 'millrace');
  symlinkSync(join(project, 'bin', 'millrace'), link);
  const run = (...words: readonly string[]) =>
    execFileSync(link, words, { encoding: 'utf8', cwd: folder }).trim().split('\n');
  const begin = (need: string) => [need, project, 'server/app/main.ts'];
  assert.deepEqual(run(), begin('start'));
  assert.deepEqual(run('--port', '80 81'), [...begin('start'), '--port', '80 81']);
  assert.deepEqual(run('doctor', '--json'), [...begin('check'), 'doctor', '--json']);
  assert.deepEqual(run('--help'), [...begin('check'), '--help']);
});
