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

/** What the README calls the id and the key of the stream that was made. */
const KEEP = [
  `STREAM_ID=$(echo "$MADE" | grep -o '"id":"[^"]*"' | cut -d'"' -f4)`,
  `STREAM_KEY=$(echo "$MADE" | grep -o 'live_[a-z0-9_]*')`,
].join('\n');

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

test('the guide of streams works as it is written', async (context) => {
  const token = 'a-token-of-the-operator';
  const server = await ServerProcess.start({ env: { API_TOKEN: token } });
  context.after(() => server.stop());
  const guide = await readFile(join(DOCS, 'guide/streams.md'), 'utf8');
  const { bash } = await run(blocksOf(guide, 'sh'), server, token);
  const { stdout, stderr } = await bash();
  assert.equal(stderr, '');
  assert.match(stdout, /^scheduled\nlive\nended\n/);
  assert.match(stdout, /"name":"Hall 2".*"addressRanges":\["192\.0\.2\.0\/24"\]/);
  assert.match(stdout, /^live_[a-z0-9]+_[a-z2-7]{32}$/m);
  assert.match(stdout, /"data":\[\{.*"title":"Evening show".*"next_cursor":null/);
  assert.doesNotMatch(stdout, /"code":/);
});

test('the commands of the README work as they are written, one after the other', async (context) => {
  const server = await ServerProcess.start();
  context.after(() => server.stop());
  const readme = await readFile(join(DOCS, '../README.md'), 'utf8');
  const commands = blocksOf(readme, 'sh').map((block) =>
    block
      .replaceAll('http://localhost:8080', server.url)
      .replace('rtmp://localhost/', `rtmp://localhost:${server.rtmpPort}/`)
      // Somebody reads both from the first answer.
      .replace(
        /^curl -s -X POST \S+\/api\/streams \\.*/s,
        (first) => `MADE=$(${first.trim()})\n${KEEP}`,
      )
      .replace(/^ffmpeg /, 'ffmpeg -loglevel error -nostdin '),
  );
  assert.ok(commands.some((each) => each.includes('ffmpeg')) && commands.length >= 4);
  const { folder, bash } = await run(commands, server, '');
  await promisify(execFile)('ffmpeg', [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30:duration=3'],
    ...['-f', 'lavfi', '-i', 'sine=duration=3', '-preset', 'ultrafast', join(folder, 'film.mp4')],
  ]);
  const { stdout, stderr } = await bash();
  assert.doesNotMatch(stderr, /[Ee]rror/);
  assert.match(stdout, /"nextExpectedSequence":43/);
  assert.match(stdout, /^\/segments\/42\.ts$/m);
  assert.match(stdout, /"id":"event","ended":true/);
  assert.match(stdout, /"messages":\[\{.*"text":"Hello"/);
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
