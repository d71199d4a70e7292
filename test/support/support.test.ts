import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { launchChromium } from './chromium.ts';
import { freePort, judgeMissing, needs, tempFolder } from './component.ts';
import { startProcess } from './process.ts';

/** Collects clean-ups as a test's context does, and runs them when asked. */
class Cleanings {
  readonly #tasks: (() => Promise<void> | void)[] = [];

  after(task: () => Promise<void> | void): void {
    this.#tasks.push(task);
  }

  async run(): Promise<void> {
    for (const task of this.#tasks) await task();
  }
}

const node = process.execPath;

test('judgeMissing() skips by name on a laptop and fails under CI', () => {
  assert.deepEqual(judgeMissing([], { CI: 'true' }), {});
  assert.deepEqual(judgeMissing(['nginx'], {}), { skip: 'nginx is missing' });
  assert.deepEqual(judgeMissing(['ffmpeg', 'nginx'], {}), { skip: 'ffmpeg and nginx are missing' });
  assert.throws(() => judgeMissing(['nginx'], { CI: 'true' }), /nginx is missing/);
});

test('freePort() gives a port that can be listened on', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  server.close();
});

test('tempFolder() lasts as long as the process of the test file', async (context) => {
  const place = new URL('place.ts', import.meta.url);
  const script = `import { tempFolder } from '${place}'; console.log('at ' + tempFolder())`;
  const running = await startProcess(context, [node, '--input-type=module', '-e', script]);
  const [, folder = ''] = await running.waitFor(/at (.*)\n/);
  await running.exited;
  assert.notEqual(folder, '');
  assert.ok(!existsSync(folder));
  assert.ok(existsSync(tempFolder()));
});

test('startProcess() waits for the ready text and stops the program afterwards', async () => {
  const cleanings = new Cleanings();
  const script = "console.log('listening on 7'); setInterval(() => {}, 1000)";
  const running = await startProcess(cleanings, [node, '-e', script], {
    ready: /listening on (\d)/,
  });
  assert.equal((await running.waitFor(/on (\d)/))[1], '7');
  await cleanings.run();
  assert.deepEqual(await running.exited, { code: null, signal: 'SIGTERM' });
});

test('startProcess() fails with the output of a program that ends early', async (context) => {
  const script = "console.error('port is taken'); process.exit(3)";
  await assert.rejects(startProcess(context, [node, '-e', script], { ready: /never/ }), (error) => {
    assert.match(String(error), /ended before it printed \/never\/ \(exit 3\)/);
    assert.match(String(error), /port is taken/);
    return true;
  });
});

test('startProcess() fails when a program stays silent or does not exist', async (context) => {
  const silent = startProcess(context, [node, '-e', 'setInterval(() => {}, 1000)'], {
    ready: /never/,
    readyWithinMs: 50,
  });
  await assert.rejects(silent, /did not print \/never\/ within 50 ms/);
  await assert.rejects(startProcess(context, ['/nowhere/program']), /could not be started/);
});

test('dispose() ends a program that ignores SIGTERM', { timeout: 20_000 }, async () => {
  const cleanings = new Cleanings();
  const script = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)";
  const running = await startProcess(cleanings, [node, '-e', script], { ready: /up/ });
  await assert.rejects(cleanings.run(), /did not end 3000 ms after SIGTERM/);
  assert.deepEqual(await running.exited, { code: null, signal: 'SIGKILL' });
});

test('launchChromium() opens a page', needs('chromium'), async (context) => {
  const browser = await launchChromium(context);
  const page = await browser.newPage();
  await page.setContent('<h1>millrace</h1>');
  assert.equal(await page.textContent('h1'), 'millrace');
});
