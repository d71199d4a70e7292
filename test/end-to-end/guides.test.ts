/** The commands of guides, run as they are written, in one shell each. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { tempFolder } from '../support/component.ts';
import { ServerProcess } from '../support/server-process.ts';

const DOCS = join(import.meta.dirname, '../../docs');
/** A stream of events goes on until somebody ends it. */
const ENDLESS = 'curl() { command curl --max-time 2 "$@"; }';

/** The blocks of one kind in a document. */
function blocksOf(text: string, kind: string): readonly string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, code = '']) => code,
  );
}

/** What the commands print, the server being elsewhere than the document says. */
async function run(commands: readonly string[], server: ServerProcess, token: string) {
  const script = commands
    .join('\n')
    .replace('http://localhost:8080', server.url)
    .replace('TOKEN=\n', `TOKEN=${token}\n`);
  const folder = tempFolder();
  // The guide's own "node" is the one that runs this.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const options = { cwd: folder, env, timeout: 60_000 };
  return { folder, bash: () => promisify(execFile)('bash', ['-c', script], options) };
}

test('the guide of webhooks works as it is written, on one machine without accounts', async (context) => {
  const server = await ServerProcess.start({ env: { WEBHOOK_ALLOW_LOCAL: '1' } });
  context.after(() => server.stop());
  const guide = await readFile(join(DOCS, 'guide/webhooks.md'), 'utf8');
  const { folder, bash } = await run(blocksOf(guide, 'sh'), server, '');
  await writeFile(join(folder, 'receiver.mjs'), blocksOf(guide, 'js').join(''));
  const { stdout, stderr } = await bash();
  assert.equal(stderr, '');
  assert.match(stdout, /"secret":"whsec_/);
  assert.match(stdout, /^webhook\.test/m);
  assert.match(stdout, /\{"isDelivered":true,"status":204,"error":null\}/);
  assert.equal(stdout.match(/\{"data":\[\],"next_cursor":null\}/g)?.length, 2, stdout);
  assert.match(stdout, /\{"replayed":0\}/);
  assert.doesNotMatch(stdout, /"code":/);
});

test('the commands about events work as they are written', async (context) => {
  const token = 'a-token-of-the-operator';
  const server = await ServerProcess.start({ env: { API_TOKEN: token } });
  context.after(() => server.stop());
  const made = await fetch(`${server.url}/api/streams`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ broadcasterId: 'miller', title: 'Evening' }),
  });
  assert.equal(made.status, 201);
  const reference = await readFile(join(DOCS, 'reference/events.md'), 'utf8');
  const { bash } = await run([ENDLESS, ...blocksOf(reference, 'sh')], server, token);
  const { stdout } = await bash();
  assert.match(stdout, /"type":"stream\.created"/);
  assert.match(stdout, /"action":"stream\.create/);
  assert.doesNotMatch(stdout, /"code":/);
});

test('the guide of bots works as it is written', async (context) => {
  const token = 'a-token-of-the-operator';
  const server = await ServerProcess.start({ env: { API_TOKEN: token } });
  context.after(() => server.stop());
  const guide = await readFile(join(DOCS, 'guide/bots.md'), 'utf8');
  const { folder, bash } = await run(blocksOf(guide, 'sh'), server, token);
  await writeFile(join(folder, 'bot.mjs'), blocksOf(guide, 'js').join(''));
  const { stdout } = await bash();
  assert.match(stdout, /^the bot is in$/m);
  assert.match(stdout, /Hello, Bob/);
  assert.doesNotMatch(stdout, /"code":/);
});
