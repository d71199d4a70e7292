import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIrcMessage, writeIrcMessage } from './message.ts';

test('parseIrcMessage() reads tags, source, command and parameters', () => {
  const cases = {
    'PRIVMSG #room :hello all': ['', undefined, 'PRIVMSG', ['#room', 'hello all']],
    ping: ['', undefined, 'PING', []],
    'PASS   oauth:abc  ': ['', undefined, 'PASS', ['oauth:abc']],
    'PRIVMSG #room ::)': ['', undefined, 'PRIVMSG', ['#room', ':)']],
    'TOPIC #room :': ['', undefined, 'TOPIC', ['#room', '']],
    ':anna!a@b  353 me = #room :anna bob': [
      ...['', 'anna!a@b', '353'],
      ['me', '=', '#room', 'anna bob'],
    ],
    '@id=1;+draft/reply=a\\:b\\s\\\\c;flag;=x;b\\ad=1 PART #a': [
      ...['id=1,+draft/reply=a;b \\c,flag=', undefined, 'PART'],
      ['#a'],
    ],
    '@a=end\\;b=\\q PART #a': ['a=end,b=q', undefined, 'PART', ['#a']],
  };
  for (const [line, [tags, source, command, params]] of Object.entries(cases)) {
    const read = parseIrcMessage(line);
    assert.ok(read !== undefined, line);
    const shown = [...read.tags].map(([key, value]) => `${key}=${value}`).join();
    assert.deepEqual(
      [shown, read.source, read.command, read.params],
      [tags, source, command, params],
    );
  }
});

test('parseIrcMessage() knows what is no message', () => {
  for (const line of ['', ' ', '@a=1', ':source', '12 a', 'PRIV-MSG a', '0123', 'A\rB', 'A \0']) {
    assert.equal(parseIrcMessage(line), undefined, JSON.stringify(line));
  }
});

test('writeIrcMessage() writes one line whatever the texts hold', () => {
  const tags = new Map([
    ['display-name', 'Ann; a\\b\r\n'],
    ['bad key', 'x'],
    ['empty', ''],
  ]);
  const params = [':#ro om\n', '', 'hi\r\nQUIT :gone'];
  assert.equal(
    writeIrcMessage({ tags, source: 'a b!c', command: 'PRIVMSG', params }),
    '@display-name=Ann\\:\\sa\\\\b\\r\\n;empty= :ab!c PRIVMSG #room * :hi  QUIT :gone\r\n',
  );
});

test('writeIrcMessage() is undone by parseIrcMessage(), for all texts', () => {
  const text = fc.string({ unit: 'grapheme' });
  const key = fc.constantFrom('id', 'room-id', 'vendor.example/key', '+reply');
  const message = fc.record({
    tags: fc.array(
      fc.tuple(
        key,
        text.map((value) => value.replaceAll('\0', '')),
      ),
    ),
    source: fc.option(text, { nil: undefined }),
    params: fc.array(text, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(message, ({ tags, source, params }) => {
      const meant = new Map(tags);
      const line = writeIrcMessage({ tags: meant, source, command: 'NOTICE', params });
      assert.equal(line.indexOf('\r\n'), line.length - 2);
      assert.equal(line.indexOf('\n'), line.length - 1);
      const read = parseIrcMessage(line.slice(0, -2));
      assert.deepEqual(read?.tags, meant);
      assert.equal(read.command, 'NOTICE');
      assert.equal(read.params.length, params.length);
      assert.equal(read.params.at(-1), params.at(-1)?.replace(/[\0\r\n]/g, ' '));
    }),
  );
});
