/**
 * One whole run with everything that is shown once: afterwards none of it is in what the server
 * printed, answered, counts, or keeps, but where a person was meant to see it (A01).
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RtmpPublisher } from '../support/rtmp-publisher.ts';
import { ServerProcess } from '../support/server-process.ts';

const PASSWORD = 'pass-word-0123456789';
const PATIENCE_MS = 30_000;
const IDEMPOTENCY_KEY = 'idempotency-8e03978e-40d5';

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says.
  readonly json: any;
  readonly cookie: string;
}

async function ask(
  { url }: ServerProcess,
  what: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const [method = '', path = ''] = what.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, text, cookie, json: isJson ? JSON.parse(text) : undefined };
}

/** The secret in the link for the first administrator, which is printed once the ports are open. */
async function setupLink(server: ServerProcess): Promise<string> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; ) {
    const [, link] = /\/setup#([a-z2-7]{32})\b/.exec(server.output) ?? [];
    if (link !== undefined) return link;
    await wait(10);
  }
  throw new Error(`no set-up link in: ${server.output}`);
}

/** Every file below a folder, as bytes read one to one. */
function filesOf(folder: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [path, readFileSync(path, 'latin1')] as const);
}

test('no secret is left in the log, in answers, in metrics, in the process or on the disk (A01)', async (context) => {
  const server = await ServerProcess.start({ env: { LOG_LEVEL: 'debug', NODE_ENV: 'production' } });
  context.after(() => server.stop());
  const link = await setupLink(server);
  const secrets: Record<string, string> = { password: PASSWORD, key: IDEMPOTENCY_KEY };
  const account = { secret: link, name: 'anna', password: PASSWORD };
  const joined = await ask(server, 'POST /api/invitations/accept', { body: account });
  assert.equal(joined.status, 200, joined.text);
  secrets.session = joined.cookie.split('=')[1] ?? '';
  const headers = { cookie: joined.cookie, 'x-csrf-token': joined.json.csrfToken };
  const keyed = { ...headers, 'idempotency-key': IDEMPOTENCY_KEY };
  const make = async (what: string, body: unknown, with_ = headers) => {
    const answer = await ask(server, what, { headers: with_, body });
    assert.ok(answer.status < 300, `${what}: ${answer.text}`);
    return answer.json;
  };
  const stream = await make('POST /api/streams', { title: 'Show' }, keyed);
  const streamKey: string = stream.streamKey;
  secrets.streamKey = streamKey;
  const guest = { kind: 'guest', name: 'Guest' };
  secrets.guestKey = (await make(`POST /api/streams/${stream.id}/keys`, guest)).streamKey;
  const scopes = ['streams:read'];
  secrets.token = (await make('POST /api/tokens', { name: 'ci', scopes })).token;
  const hook = await make('POST /api/webhooks', { url: 'https://hook.example/' });
  secrets.webhook = hook.secret;
  secrets.rotated = (await make(`POST /api/webhooks/${hook.id}/secret`, undefined)).secret;
  const invited = await make('POST /api/invitations', { role: 'viewer' });
  secrets.invitation = invited.path.replace('/setup#', '');
  for (const [what, value] of Object.entries(secrets)) assert.ok(value.length > 15, what);

  // Wrong, in every place where something might repeat it.
  const publisher = await RtmpPublisher.open(server.rtmpPort, streamKey);
  context.after(() => publisher.close());
  await assert.rejects(RtmpPublisher.open(server.rtmpPort, `${secrets.guestKey}x`));
  const bearer = { authorization: `Bearer ${secrets.token}` };
  const wrong = { name: PASSWORD, password: secrets.token };
  const answers = [
    await ask(server, 'POST /api/session', { body: wrong }),
    await ask(server, `POST /api/streams/${stream.id}/end`, { headers: bearer }),
    await ask(server, `POST /api/streams/${stream.id}/start`, { headers, body: guest }),
    await ask(server, 'GET /api/users', { headers: { authorization: `Basic ${secrets.token}` } }),
    await ask(server, 'POST /api/invitations', { headers: keyed, body: { role: 'admin' } }),
    await ask(server, 'GET /api/streams', { headers: bearer }),
    ...(await Promise.all(
      ['streams', `streams/${stream.id}/keys`, 'tokens', 'sessions', 'users', 'invitations']
        .concat(['webhooks', `webhooks/${hook.id}/deliveries`, 'events', 'audit', 'me'])
        .concat(['configuration', `streams/${stream.id}`, 'streams/live'])
        .map((path) => ask(server, `GET /api/${path}`, { headers })),
    )),
    await ask(server, 'GET /metrics'),
  ];
  assert.ok(answers.every(({ status }) => status < 500));
  const shown = answers.map(({ text }) => text).join('\n');
  const processText = ['cmdline', 'environ'].map((name) =>
    readFileSync(`/proc/${server.pid}/${name}`, 'latin1'),
  );
  await server.kill('SIGTERM');
  const places: (readonly [string, string])[] = [
    ...[['answers', shown] as const, ['process', processText.join()] as const],
    ...[['log', server.output] as const, ...filesOf(server.folder)],
  ];
  for (const [place, text] of places) {
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(!text.includes(secret), `${place} has the ${what}`);
    }
    // Shown once, to the operator.
    if (place !== 'log') assert.ok(!text.includes(link), `${place} has the set-up link`);
  }
});
