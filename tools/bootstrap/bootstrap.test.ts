import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { run } from './command.mjs';
import { findCommand, findComponent } from './component.mjs';
import { countInstalled, explainFailure, installApart, isInstalled } from './dependencies.mjs';
import { hint } from './installer.mjs';
import { hashSources } from './page.mjs';
import { timed } from './report.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-bootstrap-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lock = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a-darwin': { version: '1.0.0', optional: true },
  },
};

test('isInstalled() compares what is there with what is locked', () => {
  const a = { version: '1.0.0' };
  assert.equal(isInstalled(lock, undefined), false);
  assert.equal(isInstalled(lock, { packages: { 'node_modules/a': a } }), true);
  assert.equal(isInstalled(lock, { packages: { 'node_modules/a': { version: '2.0.0' } } }), false);
  assert.equal(isInstalled(lock, { packages: {} }), false);
  const foreign = { 'node_modules/a': a, 'node_modules/b': a };
  assert.equal(isInstalled(lock, { packages: foreign }), false);
  const other = { 'node_modules/a': a, 'node_modules/a-darwin': { version: '0.9.0' } };
  assert.equal(isInstalled(lock, { packages: other }), false);
});

test('countInstalled() counts the packages that are there', () => {
  assert.equal(countInstalled(folder, lock), '0 packages are there');
  mkdirSync(join(folder, 'node_modules/a'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/a/package.json'), '{}');
  assert.equal(countInstalled(folder, lock), '1 packages are there');
});

test('timed() says what begins, that it goes on, and when it is over', async () => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  const output = {
    write(text: string): void {
      written.push(text);
      if (text.includes('7 parts')) resolve('made');
    },
  };
  const options = { output, everyMs: 1, progress: () => '7 parts' };
  assert.equal(await timed('Making it', () => promise, options), 'made');
  assert.equal(written[0], 'Making it …\n');
  assert.equal(written[1], '  0 s, 7 parts …\n');
  assert.match(written.at(-1) ?? '', /^ {2}after \d+\.\d s\n$/);
});

test('timed() says that it is over also when it failed, on the one line of a terminal', async () => {
  const written: string[] = [];
  const output = { isTTY: true, write: (text: string) => written.push(text) };
  const failing = timed('Making it', () => Promise.reject(new Error('no')), { output });
  await assert.rejects(failing, /no/);
  assert.ok(written.at(-1)?.startsWith('\r\u001b[K  after '));
});

test('explainFailure() says in words that the registry is out of reach', () => {
  assert.match(explainFailure('npm error code ENOTFOUND\n'), /Cannot reach the npm registry/);
  const other = explainFailure('npm warn x\nnpm error code EUSAGE\nnpm error out of sync\n');
  assert.match(other, /"npm ci" failed.\nnpm error code EUSAGE\nnpm error out of sync/);
});

test('installApart() is content with what is installed, and says what is missing', async () => {
  const players = join(folder, 'test/players');
  assert.match((await installApart(players, 'it')) ?? '', /package-lock\.json is missing/);
  mkdirSync(join(players, 'node_modules'), { recursive: true });
  writeFileSync(join(players, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(join(players, 'node_modules/.package-lock.json'), JSON.stringify(lock));
  assert.equal(await installApart(players, 'it'), undefined);
});

test('findCommand() finds executables alone', () => {
  const path = join(folder, 'tool');
  writeFileSync(path, '');
  assert.equal(findCommand('tool', { PATH: folder }), undefined);
  chmodSync(path, 0o755);
  assert.equal(findCommand('tool', { PATH: folder }), path);
  assert.equal(findCommand(path, {}), path);
  mkdirSync(join(folder, 'directory'));
  assert.equal(findCommand('directory', { PATH: folder }), undefined);
});

test('findComponent() takes the path of a setting or none', () => {
  const path = join(folder, 'my-ffmpeg');
  writeFileSync(path, '', { mode: 0o755 });
  assert.equal(findComponent('ffmpeg', { FFMPEG_PATH: path, PATH: '' }), path);
  assert.equal(findComponent('ffmpeg', { FFMPEG_PATH: `${path}-gone` }), undefined);
});

test('hint() says what to type', () => {
  const apt = { name: 'apt-get', install: ['install', '-y'], asRoot: true };
  assert.equal(hint('ffmpeg', apt, {}), 'To install it, type: sudo apt-get install ffmpeg');
  assert.match(hint('nginx', undefined, {}), /set NGINX_PATH/);
  assert.match(hint('nginx', apt, { NGINX_PATH: '/gone' }), /NGINX_PATH names \/gone/);
});

/** Runs `installComponents` where the only programs are these scripts of one line each. */
async function installWith(scripts: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const installer = new URL('installer.mjs', import.meta.url);
  const program =
    `const { installComponents } = await import('${installer}');` +
    `console.log(JSON.stringify(await installComponents(['ffmpeg'])));`;
  const { output } = await run(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: folder, ...env },
  });
  return output;
}

const sudo = 'shift; "$@"';
const environment = 'shift; exec "$@"';

test('installComponents() installs by the package manager it finds', async () => {
  const apt = `echo "$*" >> ${folder}/calls; case "$1" in install) cp ${folder}/sudo ${folder}/ffmpeg;; esac`;
  const cp = 'exec /bin/cp "$@"';
  const output = await installWith({ sudo, env: environment, cp, 'apt-get': apt });
  assert.match(output, /Installing ffmpeg by apt-get/);
  assert.match(output, /\[\]\s*$/);
  const calls = readFileSync(join(folder, 'calls'), 'utf8');
  assert.equal(calls, 'update -qq\ninstall -y -qq --no-install-recommends ffmpeg\n');
});

test('installComponents() says what failed and what to type', async () => {
  const apt = 'echo "E: no such package"; exit 100';
  const output = await installWith({ sudo, env: environment, 'apt-get': apt });
  assert.match(output, /apt-get failed: E: no such package/);
  assert.match(output, /type: sudo apt-get install ffmpeg/);
});

test('installComponents() touches nothing when told so or when a setting is wrong', async () => {
  const apt = `echo called; exit 1`;
  const scripts = { sudo, env: environment, 'apt-get': apt };
  assert.doesNotMatch(await installWith(scripts, { INSTALL_COMPONENTS: '0' }), /Installing/);
  const output = await installWith(scripts, { FFMPEG_PATH: '/gone' });
  assert.doesNotMatch(output, /Installing/);
  assert.match(output, /FFMPEG_PATH names \/gone/);
});

test('run() collects output and gives 127 for a command that does not exist', async () => {
  const ok = await run(process.execPath, [
    '-e',
    'console.log(1); console.error(2); process.exit(3)',
  ]);
  assert.equal(ok.code, 3);
  assert.deepEqual(ok.output.trim().split('\n').sort(), ['1', '2']);
  assert.equal((await run('/nowhere/command', [])).code, 127);
});

test('hashSources() changes with a source and not with a test or a build', () => {
  mkdirSync(join(folder, 'web/dist'), { recursive: true });
  writeFileSync(join(folder, 'web/a.ts'), '1');
  const before = hashSources(folder);
  writeFileSync(join(folder, 'web/a.test.ts'), '1');
  writeFileSync(join(folder, 'web/dist/a.js'), '1');
  assert.equal(hashSources(folder), before);
  writeFileSync(join(folder, 'web/a.ts'), '2');
  assert.notEqual(hashSources(folder), before);
});
