/** Lines of IRC: what is read is bounded, and reads the same once it was written. */
import assert from 'node:assert/strict';
import {
  IrcLineReader,
  MAX_REST_BYTES,
  parseIrcMessage,
  writeIrcMessage,
} from '../../server/wire/irc/index.ts';
import { fuzz } from './harness.ts';

const seed = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

fuzz('irc', {
  seeds: [
    seed('CAP LS 302\r\nPASS oauth:abc\r\nNICK anna\r\nUSER anna 0 * :Anna B\r\nCAP END\r\n'),
    seed('@id=1;+draft/reply=a\\:b\\s\\\\;x PRIVMSG #room :\u0001ACTION grüßt 🎉\u0001\r\n'),
    seed(':anna!anna@host PRIVMSG #a,#b ::)\n\n\nPING\nPONG :\n'),
    seed(`@a=${'x'.repeat(300)} PRIVMSG #room :${'y'.repeat(300)}\r\n`),
  ],
  target: (bytes) => {
    const middle = bytes.length >> 1;
    const reader = new IrcLineReader();
    const pieces = [bytes.subarray(0, middle), bytes.subarray(middle)];
    const lines = pieces.flatMap((piece) => [...reader.receive(piece)]);
    assert.deepEqual(lines, [...new IrcLineReader().receive(bytes)]);
    for (const line of lines) {
      if (line.kind !== 'message') continue;
      const { message } = line;
      assert.ok(message.params.length <= MAX_REST_BYTES);
      const again = parseIrcMessage(writeIrcMessage(message).slice(0, -2));
      assert.equal(again?.command, message.command);
      assert.deepEqual(again.tags, message.tags);
      assert.equal(again.params.length, message.params.length);
      assert.equal(again.params.at(-1), message.params.at(-1));
    }
  },
});
