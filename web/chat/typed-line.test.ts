import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typedLine, voteIn } from './typed-line.ts';

test('typedLine() tells the words of /me and /announce from the command', () => {
  const rows = [
    ['/me waves', 'waves', 'action'],
    ['/ME  waves  twice ', 'waves  twice', 'action'],
    ['/me /slow', '/slow', 'action'],
    ['/announce Back at 8', 'Back at 8', 'announcement'],
  ] as const;
  for (const [typed, text, kind] of rows) assert.deepEqual(typedLine(typed), { text, kind }, typed);
});

test('typedLine() leaves everything else as it was typed', () => {
  for (const text of [
    ...[
      'hello',
      '//me waves',
      '/meow',
      '/me',
      '/me ',
      '/me \u200b',
      '/mean words',
      'say /me waves',
    ],
    ...['/slow 5', '/announce', '/', '', '/ me waves', '/constructor x', '/__proto__ x'],
  ]) {
    assert.deepEqual(typedLine(text), { text }, text);
  }
});

test('voteIn() reads a vote, and nothing that the server would not take for one', () => {
  assert.deepEqual(['/vote 2', '/VOTE  10 '].map(voteIn), [1, 9]);
  for (const text of ['/vote', '/vote 0', '/vote x', '/vote 1 2', '/votes 1', '//vote 1', '2']) {
    assert.equal(voteIn(text), undefined, text);
  }
});
