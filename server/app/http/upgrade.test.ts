import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, startServer } from './http-server.test-support.ts';

test('HttpServer gives an upgrade to who takes it, and answers other offers in HTTP', async (context) => {
  const { port } = await startServer(context, {
    upgrade: {
      matches: (url) => url === '/api/socket',
      handle: (_request, socket, head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        socket.end(`got ${head.toString()}`);
      },
    },
  });
  const offer = (path: string) => [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: h2c',
    '',
  ];
  const plain = await RawClient.open(context, port);
  plain.send(...offer('/live/a'));
  assert.equal((await plain.response()).body, 'body of /live/a');
  const upgraded = await RawClient.open(context, port);
  const answered = new Promise<string>((resolve) => {
    let text = '';
    upgraded.socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    upgraded.socket.on('end', () => resolve(text));
  });
  upgraded.socket.write(`${offer('/api/socket').join('\r\n')}\r\nearly`);
  assert.match(await answered, /^HTTP\/1\.1 101 [\s\S]*got early$/);
});
