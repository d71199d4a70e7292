import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Violation } from '../../base/index.ts';
import { IrcLineReader, MAX_REST_BYTES } from './line-reader.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function shown(reader: IrcLineReader, bytes: Uint8Array): string[] {
  return [...reader.receive(bytes)].map((line) =>
    line.kind === 'message' ? [line.message.command, ...line.message.params].join('|') : line.kind,
  );
}

test('receive() finds lines with either end, and passes over blank ones', () => {
  const reader = new IrcLineReader();
  assert.deepEqual(shown(reader, bytesOf('NICK a\r\n\r\n\nUSER a 0 * :A B\nPI')), [
    'NICK|a',
    'USER|a|0|*|A B',
  ]);
  assert.deepEqual(shown(reader, bytesOf('NG :x\n')), ['PING|x']);
});

test('receive() reads the same in pieces of any size', () => {
  const whole = bytesOf('@id=1 PRIVMSG #a :grüße 🎉\r\n\r\nNO-COMMAND\nPING :x\r\nPART #a\nrest');
  const wanted = shown(new IrcLineReader(), whole);
  assert.equal(wanted.length, 4);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
      const reader = new IrcLineReader();
      const found: string[] = [];
      for (let at = 0, turn = 0; at < whole.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        found.push(...shown(reader, whole.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(found, wanted);
    }),
  );
});

test('receive() says which lines are no UTF-8 and which no message', () => {
  const reader = new IrcLineReader();
  const bad = Uint8Array.from([...bytesOf('PING :'), 0xff, 0x0a]);
  assert.deepEqual(shown(reader, bad), ['malformed']);
  assert.deepEqual(shown(reader, bytesOf('PING :a\0b\n')), ['malformed']);
  assert.deepEqual(shown(reader, bytesOf('PING :ok\n')), ['PING|ok']);
});

test('receive() takes lines up to their limits, and what comes behind one that is longer', () => {
  const reader = new IrcLineReader();
  const fitting = `PING :${'x'.repeat(MAX_REST_BYTES - 6)}`;
  const tags = `@a=${'x'.repeat(8191 - 4)}`;
  for (const [line, count] of [
    [`${fitting}\r\n`, 1],
    [`${tags} ${fitting}\r\n`, 1],
  ] as const) {
    assert.equal(
      shown(reader, bytesOf(line)).filter((each) => each.startsWith('PING')).length,
      count,
    );
  }
  for (const line of [`${fitting}x\n`, `${tags}x PING\n`, `PING ${'x'.repeat(30_000)}\n`]) {
    assert.deepEqual(shown(reader, bytesOf(line)), ['too_long']);
  }
  assert.deepEqual(shown(reader, bytesOf('PING :ok\n')), ['PING|ok']);
});

test('receive() gives up on a peer that never ends a line', () => {
  const reader = new IrcLineReader();
  const piece = bytesOf('x'.repeat(16_000));
  assert.throws(
    () => {
      for (let count = 0; count < 5; count += 1) shown(reader, piece);
    },
    (error) => error instanceof Violation && error.code === 'irc_line_endless',
  );
});
