import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { makeCertificate, withOpenssl } from '../../base/certificate.test-support.ts';
import { silentLog, systemClock } from '../../base/index.ts';
import { testGateway } from './irc.test-support.ts';
import { IrcListener } from './irc-listener.ts';

/** What comes until a line holds `word`. */
async function readTo(socket: Socket, word: string): Promise<string> {
  let text = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes(word)) return text;
  }
  return text;
}

test(
  'listen() speaks TLS with a pair of files, and shows another after renewTls()',
  withOpenssl,
  async () => {
    const { gateway } = testGateway();
    const pair = makeCertificate();
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
    const renewed = makeCertificate();
    listener.renewTls(renewed);
    const second = await open(renewed.cert);
    gateway.close();
    assert.match(await readTo(socket, 'ERROR'), /ERROR :The server is going away/);
    second.destroy();
    await listener.close();
  },
);

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
