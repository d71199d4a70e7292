import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { StreamView } from '../../contract/index.ts';
import { freePort, needs, tempFolder } from '../support/component.ts';
import { fetchText, fetchUntil, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { startProcess } from '../support/process.ts';
import { SERVER_PROGRAM, ServerProcess } from '../support/server-process.ts';

/** Half of what a service manager is told to wait. */
const SHUTDOWN_MS = 5_000;
/** What a stack trace has and a sentence for people has not. */
const STACK_TRACE = /\n\s+at |node:internal|file:\/\//;

suite('a start that cannot be', () => {
  for (const setting of ['PORT', 'RTMP_PORT']) {
    test(`says which port is taken, and that ${setting} chooses it`, async (context) => {
      const port = await takePort(context);
      const { code, output } = await run(context, { [setting]: String(port) });
      assert.notEqual(code, 0);
      assert.match(output, new RegExp(`\\b${port}\\b.*\\b${setting}\\b`));
      assert.doesNotMatch(output, STACK_TRACE);
    });
  }

  test('names every setting that cannot be used', async (context) => {
    const { code, output } = await run(context, { PORT: '80x', PART_DURATION: '9' });
    assert.notEqual(code, 0);
    assert.match(output, /PORT is "80x"/);
    assert.match(output, /PART_DURATION is "9"/);
    assert.doesNotMatch(output, STACK_TRACE);
  });

  test('says that the database is of another version', async (context) => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'database'));
    writeFileSync(join(folder, 'database/PG_VERSION'), '17\n');
    const { code, output } = await run(context, { DATA_DIR: folder, DATABASE_URL: '' });
    assert.equal(code, 69);
    assert.match(output, /Millrace cannot start: .*version 17/);
    assert.doesNotMatch(output, STACK_TRACE);
  });

  test('ends at once when it is told to while it waits for its database', async (context) => {
    const port = await freePort();
    const env = { DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` };
    const running = await launch(context, env);
    await running.waitFor(/database does not answer yet/);
    const startedMs = performance.now();
    await running.stop('SIGTERM');
    assert.equal((await running.exited).code, 0);
    assert.ok(performance.now() - startedMs < SHUTDOWN_MS, running.output);
  });

  test('says whose the data folder is', async (context) => {
    const server = await ServerProcess.start();
    context.after(() => server.stop());
    const { code, output } = await run(context, { DATA_DIR: server.folder });
    assert.notEqual(code, 0);
    assert.ok(output.includes(`in use by process ${server.pid}`), output);
    assert.equal((await fetch(`${server.url}/ready`)).status, 200, 'the first is not disturbed');
  });
});

test('--help lists the settings', async (context) => {
  const { code, output } = await run(context, {}, ['--help']);
  assert.equal(code, 0);
  for (const name of [
    'PORT',
    'HOST',
    'RTMP_PORT',
    'DATA_DIR',
    'DATABASE_URL',
    'REDIS_URL',
    'PUBLIC_URL',
    'API_TOKEN',
    'DEMO',
  ]) {
    assert.match(output, new RegExp(`\\b${name}\\b`));
    assert.ok(output.includes(`--${name.toLowerCase().replaceAll('_', '-')}`), name);
  }
  for (const name of ['SEGMENT_DURATION', 'PART_DURATION', 'SLIDING_WINDOW_SIZE', 'GAP_TIMEOUT']) {
    assert.match(output, new RegExp(`\\b${name}\\b`));
  }
  for (const name of ['LOG_LEVEL', 'LOG_FORMAT', 'FFMPEG_PATH', 'TLS_CERT', 'TLS_KEY']) {
    assert.match(output, new RegExp(`\\b${name}\\b`));
  }
});

suite('a stream key', needs('ffmpeg'), () => {
  for (const format of ['json', 'text']) {
    test(`is in no ${format} log, metric or command line`, async (context) => {
      const server = await ServerProcess.start({ env: { LOG_LEVEL: 'debug', LOG_FORMAT: format } });
      context.after(() => server.stop());
      const { id, streamKey } = await server.createStream('Secret');
      const base = `rtmp://127.0.0.1:${server.rtmpPort}/live`;
      const publisher = new FfmpegPublisher(`${base}/${streamKey}`, { seconds: 60 });
      context.after(() => publisher.stop());
      await renditionUrls(`${server.url}/live/${id}/master.m3u8`);
      // Places where people put a key by mistake.
      const nearly = new FfmpegPublisher(`${base}/${streamKey}x`, { seconds: 1 });
      assert.notEqual(await nearly.exited, 0);
      for (const path of [`/live/${streamKey}/master.m3u8`, `/watch/${streamKey}?k=${streamKey}`]) {
        await (await fetch(`${server.url}${path}`)).text();
      }
      const metrics = await fetchText(`${server.url}/metrics`);
      const commands = descendantsOf(server.pid);
      await publisher.stop();
      await fetchUntil(
        `${server.url}/api/streams/${id}`,
        (_status, body) => JSON.parse(body).status === 'ended',
      );
      await server.kill('SIGTERM');
      assert.match(server.output, /broadcast ended/, 'the log tells of the broadcast');
      const secret = streamKey.slice(-16);
      for (const place of [server.output, metrics, commands]) {
        assert.ok(!place.includes(secret), place);
      }
    });
  }
});

suite('the demo', needs('ffmpeg'), () => {
  test('is on air soon, by a key that is void for whoever reads it', async (context) => {
    const server = await ServerProcess.start({ env: { DEMO: '1', LOG_LEVEL: 'debug' } });
    context.after(() => server.stop());
    const live = async () => {
      const { streams } = JSON.parse(await fetchText(`${server.url}/api/streams/live`)) as {
        readonly streams: readonly StreamView[];
      };
      return streams.map(({ id, status, broadcastId }) => ({ id, status, broadcastId }));
    };
    await fetchUntil(
      `${server.url}/api/streams/live`,
      (_status, body) => JSON.parse(body).streams.length === 1,
    );
    const before = await live();
    const [address = '', secret = ''] =
      /rtmp:\/\/\S+\/live\/(\S+)/.exec(descendantsOf(server.pid)) ?? [];
    assert.notEqual(secret, '', 'the demo encoder has an address');
    const thief = new FfmpegPublisher(address, { seconds: 5 });
    assert.notEqual(await thief.exited, 0);
    assert.deepEqual(await live(), before, 'the demo goes on');
    await server.kill('SIGTERM');
    assert.ok(!processes().includes(secret), 'its encoder went with it');
    assert.ok(!server.output.includes(secret));
  });
});

/** Runs the server to its end. */
async function run(context: TestContext, env: Record<string, string>, args: string[] = []) {
  const running = await launch(context, env, args);
  const { code } = await running.exited;
  return { code, output: running.output };
}

async function launch(context: TestContext, env: Record<string, string>, args: string[] = []) {
  const ports = { PORT: String(await freePort()), RTMP_PORT: String(await freePort()) };
  const cwd = tempFolder();
  return startProcess(context, [process.execPath, SERVER_PROGRAM, ...args], {
    cwd,
    env: { ...ports, DATA_DIR: cwd, DEMO: '0', ...env },
  });
}

/** A port that stays taken until the test is over. */
async function takePort(context: TestContext): Promise<number> {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** What `ps` shows to everybody: number, parent and command line of all that runs. */
function processes(): string {
  return execFileSync('ps', ['-e', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
}

/** The command lines of a process's children, theirs, and so on. */
function descendantsOf(pid: number): string {
  const rows = processes()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line));
  const family = new Set([pid]);
  const commands: string[] = [];
  // Children have higher numbers than their parents, but for the rare wrap, and ps sorts by them.
  for (const row of rows) {
    const [, own, parent, args = ''] = row ?? [];
    if (!family.has(Number(parent)) && Number(own) !== pid) continue;
    family.add(Number(own));
    commands.push(args);
  }
  assert.ok(commands.length > 0, 'the server itself is in the list');
  return commands.join('\n');
}
