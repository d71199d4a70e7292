import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { silentLog, systemClock } from '../../base/index.ts';
import { testGateway } from './irc.test-support.ts';
import { IrcListener } from './irc-listener.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const skip = hasOpenssl || process.env.CI === 'true' ? false : 'openssl is not installed';

function makePair(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-irc-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** What comes until a line holds `word`. */
async function readTo(socket: Socket, word: string): Promise<string> {
  let text = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes(word)) return text;
  }
  return text;
}

test('listen() speaks TLS with a pair of files, and shows another after renewTls()', {
  skip,
}, async (context) => {
  const { gateway } = testGateway();
  const pair = makePair(context);
  const listener = new IrcListener(gateway, { pair, clock: systemClock, log: silentLog });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const open = async (ca: Buffer): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    return socket;
  };
  const socket = await open(pair.cert);
  socket.write('PASS oauth:bob-token\r\nNICK b\r\n');
  assert.match(await readTo(socket, ' 376 '), /:millrace 001 bob_b :Welcome/);
  const renewed = makePair(context);
  listener.renewTls(renewed);
  const second = await open(renewed.cert);
  gateway.close();
  assert.match(await readTo(socket, 'ERROR'), /ERROR :The server is going away/);
  second.destroy();
  await listener.close();
});

test('listen() without files speaks plain TCP, and close() waits for nobody', async () => {
  const { gateway } = testGateway();
  const settings = { pair: undefined, clock: systemClock, log: silentLog };
  const listener = new IrcListener(gateway, settings);
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const socket = connectPlain(port, '127.0.0.1');
  socket.write('NICK justinfan1\r\nPING :x\r\n');
  assert.match(await readTo(socket, 'PONG'), /PONG millrace :x/);
  gateway.close();
  await listener.close();
  assert.equal(gateway.tally.sessions, 0);
});
