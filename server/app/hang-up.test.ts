import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import {
  type CertificatePair,
  makeCertificate,
  withOpenssl,
} from '../base/certificate.test-support.ts';

const TOKEN = 'the-first-token-of-this-test';
const LATER_TOKEN = 'the-later-token-of-this-test';

async function take({ certPath, keyPath }: CertificatePair, folder: string): Promise<void> {
  await copyFile(certPath, join(folder, 'cert.pem'));
  await copyFile(keyPath, join(folder, 'key.pem'));
}

/** A server with its own `.env`, and what it logs. */
async function start(context: TestContext, folder: string) {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [main, '--log-format', 'json'], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', RTMP_PORT: '0', HOST: '127.0.0.1', DEMO: '0' },
      ...{ DATA_DIR: join(folder, 'data'), TRANSCODE: 'off', NODE_ENV: 'production' },
    },
  });
  const exited = once(child, 'close');
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  const said = new EventTarget();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    said.dispatchEvent(new Event('said'));
  });
  const line = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = output.split('\n').find((each) => each.includes(`"msg":"${message}"`));
      if (found !== undefined) {
        output = output.slice(output.indexOf(found) + found.length);
        return JSON.parse(found);
      }
      await Promise.race([once(said, 'said'), exited]);
      assert.equal(child.exitCode, null, output);
    }
  };
  const port = Number((await line('http listening')).port);
  return { port, line, hangUp: () => child.kill('SIGHUP') };
}

/** Who the server says it is to a new connection. */
async function nameShown(port: number): Promise<unknown> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

test(
  'SIGHUP renews certificate and settings without closing connections',
  withOpenssl,
  async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-reload-'));
    context.after(() => rm(folder, { recursive: true }));
    await take(makeCertificate({ host: 'first' }), folder);
    const env = (token: string, rest = '') =>
      writeFile(
        join(folder, '.env'),
        `TLS_CERT=cert.pem\nTLS_KEY=key.pem\nAPI_TOKEN=${token}\n${rest}`,
      );
    await env(TOKEN);
    const { port, line, hangUp } = await start(context, folder);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    context.after(() => session.destroy());
    const status = async (token: string): Promise<unknown> => {
      const stream = session.request({ ':path': '/metrics', authorization: `Bearer ${token}` });
      const [head] = await once(stream, 'response');
      stream.close();
      return head[':status'];
    };
    assert.deepEqual([await status(TOKEN), await nameShown(port)], [200, 'first']);

    await take(makeCertificate({ host: 'second' }), folder);
    await env(LATER_TOKEN, 'RECONNECT_WINDOW=-1');
    hangUp();
    const refused = await line('configuration not reloaded');
    assert.match(JSON.stringify(refused.problems), /RECONNECT_WINDOW in \.env is \\"-1\\"/);
    assert.deepEqual([await status(TOKEN), await nameShown(port)], [200, 'first']);

    await env(LATER_TOKEN, 'MAX_PUBLISHERS=3');
    hangUp();
    const { applied, needRestart, isCertificateRead } = await line('configuration reloaded');
    assert.deepEqual(
      [applied, needRestart, isCertificateRead],
      [['API_TOKEN'], ['MAX_PUBLISHERS'], true],
    );
    assert.equal(await nameShown(port), 'second');
    assert.deepEqual([await status(TOKEN), await status(LATER_TOKEN)], [401, 200]);
    assert.equal(session.closed, false);
  },
);
