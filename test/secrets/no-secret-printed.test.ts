import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../support/place.ts';
import { SERVER_PROGRAM, ServerProcess } from '../support/server-process.ts';

const API_TOKEN = 'api-token-0123456789-of-a-test';
const LATER_TOKEN = 'later-token-0123456789-of-a-test';
const PASSWORD = 'pass-0123456789-of-a-test';
/** Nobody listens there. */
const DATABASE_URL = `postgres://me:${PASSWORD}@127.0.0.1:1/none`;
const REDIS_URL = `redis://me:${PASSWORD}@127.0.0.1:1/0`;
const SECRETS = [API_TOKEN, LATER_TOKEN, PASSWORD];

function assertNone(text: string, where: string): void {
  for (const secret of SECRETS) assert.ok(!text.includes(secret), `${where} shows ${secret}`);
}

async function run(context: TestContext, args: readonly string[], env: Record<string, string>) {
  const folder = tempFolder();
  const child = spawn(process.execPath, [SERVER_PROGRAM, ...args], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', RTMP_PORT: '0', DATA_DIR: join(folder, 'data') },
      ...{ TRANSCODE: 'off', LOG_LEVEL: 'debug', ...env },
    },
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

const secrets = { API_TOKEN, DATABASE_URL, REDIS_URL };
const broken = { API_TOKEN: `${API_TOKEN} "`, DATABASE_URL: `mysql://me:${PASSWORD}@db/x` };
const runs: readonly (readonly [string, readonly string[], Record<string, string>, RegExp])[] = [
  ['--help', ['--help'], secrets, /--api-token/],
  ['a wrong value', [], broken, /API_TOKEN is not usable[\s\S]*DATABASE_URL is not usable/],
  ['a wrong flag', [`--api-tokn=${API_TOKEN}`, '--database-ul', DATABASE_URL], {}, /no flag/],
  ['an address alone', [DATABASE_URL], {}, /is not understood/],
  ['the doctor', ['doctor'], secrets, /PostgreSQL at 127.0.0.1:1 gives no answer/],
  ['the doctor without Redis', ['doctor'], secrets, /Cannot use Redis at 127.0.0.1:1: connect/],
  ['the doctor in JSON', ['doctor', '--json'], secrets, /"database"/],
];
for (const [what, args, env, expected] of runs) {
  test(`Millrace prints no secret for ${what}`, async (context) => {
    const { output } = await run(context, args, env);
    assert.match(output, expected);
    assertNone(output, what);
  });
}

test('Millrace shows no secret while it runs, in the log at debug or in an answer', async (context) => {
  const server = await ServerProcess.start({ env: { API_TOKEN, LOG_LEVEL: 'debug' } });
  context.after(() => server.stop());
  const origin = `http://127.0.0.1:${server.port}`;
  const ask = async (method: string, path: string, token: string): Promise<[number, string]> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${origin}${path}`, { method, headers });
    const text = `${JSON.stringify([...answer.headers])}${await answer.text()}`;
    assertNone(text, `${method} ${path}`);
    return [answer.status, text];
  };
  const [status, configuration] = await ask('GET', '/api/configuration', API_TOKEN);
  assert.equal(status, 200);
  assert.match(configuration, /"name":"API_TOKEN","value":"\[hidden\]"/);
  assert.equal((await ask('POST', '/api/configuration/reload', API_TOKEN))[0], 200);
  assert.equal((await ask('GET', '/metrics', API_TOKEN))[0], 200);
  assert.equal((await ask('GET', '/api/configuration', 'no-token-of-anybody'))[0], 401);
  for (const path of ['/health', '/ready', '/api/openapi.json', '/nowhere', '/api/streams']) {
    await ask('GET', path, API_TOKEN);
  }
  await ask('POST', `/api/streams/${API_TOKEN.length}/start`, LATER_TOKEN);
  await server.stop();
  assertNone(server.output, 'the log');
});
