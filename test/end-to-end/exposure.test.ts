/** What a server shows of itself to whoever comes by, and by no odd spelling of an address more. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { ServerProcess } from '../support/server-process.ts';

const API_TOKEN = 'api-token-0123456789-of-a-test';
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({ env: { API_TOKEN } });
});
after(() => server.stop());

/** One request as it stands: no client library that tidies the address up. */
async function asIs(line: string, ...fields: readonly string[]): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const head = [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...fields, '', ''];
  socket.write(Buffer.from(head.join('\r\n'), 'latin1'));
  return text(socket);
}

/** The TCP ports that a process listens on. */
function portsOf(pid: number): readonly number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((each) => {
    try {
      return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${each}`))?.[1] ?? ''];
    } catch {
      return [];
    }
  });
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8').trim().split('\n').slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[3] === '0A' && sockets.includes(cells[9] ?? ''))
    .map((cells) => Number.parseInt(cells[1]?.split(':')[1] ?? '', 16));
}

test('nothing but the two ports is open, and no debugger, banner, listing or map is there (A24)', async () => {
  assert.deepEqual(
    portsOf(server.pid).toSorted(),
    [server.port, server.rtmpPort].toSorted(),
    'ports',
  );
  for (const path of [
    ...['/.env', '/.git/config', '/package.json', '/server/app/main.ts', '/debug', '/debug/pprof'],
    ...['/json/list', '/assets/', '/assets', '/index.html.map', '/node_modules/', '/data/'],
    ...['/stream-key.pepper', '/server-status', '/api/docs/../../.env', '/live/'],
  ]) {
    const answer = await asIs(`GET ${path}`);
    assert.match(answer, /^HTTP\/1\.1 (?:404|400|405) /, path);
    assert.ok(!/sourceMappingURL|Index of/i.test(answer), path);
  }
  for (const path of ['/', '/api/clock', '/nowhere', '/live/x/master.m3u8', '/health']) {
    assert.ok(!/^(?:server|x-powered-by|via):/im.test(await asIs(`GET ${path}`)), path);
  }
  for (const login of ['admin', 'root', 'anna']) {
    const body = JSON.stringify({ name: login, password: login });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/api/session`, { method: 'POST', headers, body });
    assert.equal(answer.status, 401, login);
  }
  assert.match(await asIs('GET /metrics'), /^HTTP\/1\.1 401 /);
  assert.match(await asIs('GET /api/configuration'), /^HTTP\/1\.1 401 /);
});

test('no way out of the folder of media or pages, and none into the API, by spelling (A06)', async () => {
  const steps = [
    ...['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '..\\', '%252e%252e%252f', '....//'],
    ...['%c0%ae%c0%ae/', '%00/', '/', '..;/'],
  ];
  for (const root of ['/live/', '/live/x/y/', '/streams/x/', '/api/streams/x/', '/assets/', '/']) {
    for (const step of steps) {
      for (const target of ['package.json', 'etc/passwd', 'api/configuration']) {
        const path = `${root}${step.repeat(8)}${target}`;
        for (const name of [path, `${path}%00.m3u8`, `${path}/x.m4s`]) {
          const answer = await asIs(`GET ${name}`);
          assert.match(answer, /^HTTP\/1\.1 4\d\d /, name);
          assert.ok(!/root:|"dependencies"|"settings"/.test(answer), name);
        }
      }
    }
  }
});

test('the same media may be read by every origin, and never with credentials (A14)', async () => {
  for (const origin of ['null', 'https://evil.example', 'https://localhost.evil.example']) {
    for (const path of ['/live/x/master.m3u8', '/api/streams/x/master.m3u8']) {
      const answer = await asIs(`GET ${path}`, `Origin: ${origin}`, 'Cookie: a=b');
      assert.ok(!/^access-control-allow-credentials/im.test(answer), path);
      const allowed = /^access-control-allow-origin: *(.*)\r$/im.exec(answer)?.[1];
      assert.ok(allowed === undefined || allowed === '*', `${path}: ${allowed}`);
    }
    for (const path of ['/api/streams', '/api/me', '/metrics', '/']) {
      const answer = await asIs(`GET ${path}`, `Origin: ${origin}`);
      assert.ok(!/^access-control-/im.test(answer), `${path} from ${origin}`);
    }
  }
});
