/** Millrace behind nginx as docs/guide/production.md sets it up. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makeCertificate, trusting } from '../support/certificate.ts';
import { ChatClient } from '../support/chat-client.ts';
import { needs } from '../support/component.ts';
import { startNginx } from '../support/nginx.ts';
import { freePort } from '../support/place.ts';
import { ServerProcess } from '../support/server-process.ts';

const API_TOKEN = 'api-token-0123456789-of-a-test';
const MANAGEMENT = { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' };

async function start(context: TestContext) {
  const tls = makeCertificate();
  const [secure, plain] = [await freePort(), await freePort()];
  const server = await ServerProcess.start({
    env: {
      ...{ HOST: '127.0.0.1', TRUSTED_PROXIES: '127.0.0.1', API_TOKEN, NODE_ENV: 'production' },
      PUBLIC_URL: `https://127.0.0.1:${secure}`,
    },
  });
  context.after(() => server.stop());
  const ports = { millrace: server.port, secure, plain };
  const site = await startNginx(context, { ports, tls });
  return { server, site, ask: trusting(tls), ca: readFileSync(tls.certPath) };
}

/** Follows events; resolves, once the server listens, with what waits for `pattern` to be told. */
function follow(url: string, ca: Buffer, pattern: RegExp): Promise<{ told: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const headers = { ...MANAGEMENT, accept: 'text/event-stream' };
    const sent = get(url, { ca, headers, agent: false }, (response) => {
      let text = '';
      const told = new Promise<void>((found, missed) => {
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          // It begins with a line of its own, from the position that it goes on from.
          resolve({ told });
          if (!pattern.test(text)) return;
          sent.destroy();
          found();
        });
        response.on('end', () => missed(new Error(`It ended with ${text}`)));
      });
    });
    sent.on('error', reject);
  });
}

test(
  'a site behind nginx is the same site, and knows who asks',
  needs('nginx', 'openssl'),
  async (context) => {
    const { server, site, ask, ca } = await start(context);

    const moved = await fetch(`${site.plainUrl}/watch/x?a=b`, { redirect: 'manual' });
    assert.equal(moved.status, 301);
    assert.equal(moved.headers.get('location'), 'https://127.0.0.1/watch/x?a=b');
    assert.match((await ask(`${site.url}/`)).text, /<html/);

    const accepted = await ask(`${site.url}/api/invitations/accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: site.url },
      body: JSON.stringify({
        secret: await server.setupSecret(),
        name: 'miller',
        password: 'water over stone',
      }),
    });
    assert.equal(accepted.status, 200, accepted.text);
    const cookie = accepted.headers['set-cookie']?.[0] ?? '';
    assert.match(cookie, /^__Host-.*; Secure/);

    const from = '203.0.113.9';
    const headers = {
      ...{ 'content-type': 'application/json', origin: site.url, 'x-forwarded-for': from },
    };
    const signedIn = await ask(`${site.url}/api/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name: 'miller', password: 'water over stone' }),
    });
    assert.equal(signedIn.status, 200, signedIn.text);
    const own = { cookie: signedIn.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
    const sessions = await ask(`${site.url}/api/sessions`, { headers: own });
    assert.ok(sessions.text.includes(from), sessions.text);

    const { told } = await follow(`${site.url}/api/events`, ca, /stream\.created/);
    const made = await ask(`${site.url}/api/streams`, {
      method: 'POST',
      headers: MANAGEMENT,
      body: JSON.stringify({ broadcasterId: 'miller', title: 'Show' }),
    });
    assert.equal(made.status, 201, made.text);
    await told;

    const { id } = JSON.parse(made.text);
    const socket = `${site.url.replace('https', 'wss')}/api/streams/${id}/chat/ws`;
    const guest = await ChatClient.open(socket, { origin: site.url }, ca);
    context.after(() => guest.drop());
    guest.send({ type: 'join', v: 1 });
    await guest.take('history');
    guest.send({ type: 'post', text: 'hello', nonce: 'n' });
    assert.equal((await guest.answer()).type, 'posted');
    assert.equal((await guest.messages(1)).length, 1);
  },
);

test(
  'a playlist that is waited for goes through nginx as soon as it is there',
  needs('nginx', 'openssl'),
  async (context) => {
    const { server, site, ask } = await start(context);
    const rendition = `${server.url}/streams/fed/renditions/720p`;
    const send = async (method: string, url: string, body: object): Promise<void> => {
      const answer = await fetch(url, { method, headers: MANAGEMENT, body: JSON.stringify(body) });
      assert.ok(answer.ok, await answer.text());
    };
    await send('PUT', `${server.url}/streams/fed`, { targetDuration: 2, partTarget: 0.5 });
    for (const sequence of [1, 2, 3]) {
      const path = `/media/${sequence}.m4s`;
      await send('POST', `${rendition}/segments`, { sequence, duration: 2, path });
    }
    const next = { sequence: 4, part: 0, duration: 0.5, path: '/media/4.0.m4s' };
    const url = `${site.url}/streams/fed/renditions/720p/playlist.m3u8?_HLS_msn=4&_HLS_part=0`;
    let isAnswered = false;
    const held = ask(url).then((answer) => {
      isAnswered = true;
      return answer;
    });
    const metrics = async () =>
      (await fetch(`${server.url}/metrics`, { headers: MANAGEMENT })).text();
    while (!isAnswered && !/^hls_held_requests 1$/m.test(await metrics())) await wait(20);
    assert.equal(isAnswered, false, 'it is held');
    await send('POST', `${rendition}/parts`, { ...next, independent: true });
    const { status, text } = await held;
    assert.equal(status, 200);
    assert.match(text, /#EXT-X-PART:.*4\.0\.m4s/);
  },
);
