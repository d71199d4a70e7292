import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLinks } from './links.ts';

const there = new Set(['README.md', 'docs/guide/obs.md', 'docs/guide', 'docs/watch.png']);

function check(text: string, others: readonly { path: string; text: string }[] = []): string[] {
  const files = [{ path: 'docs/guide/obs.md', text }, ...others];
  return checkLinks(files, (path) => there.has(path)).map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

test('checkLinks() accepts pages, folders, pictures, headings and other sites', () => {
  const readme = {
    path: 'README.md',
    text: '# The `two` commands, at last!\n## Again\n## Again\n',
  };
  const text = [
    '# OBS',
    '[a](../../README.md) [b](../guide/) ![c](../watch.png "A page") [d](#obs)',
    '[e](https://example.org/x) [f](mailto:a@example.org)',
    '[g](../../README.md#the-two-commands-at-last) [h](../../README.md#again-1)',
    '[i]: ../../README.md',
    '<img alt="x" src="../watch.png">',
  ].join('\n');
  assert.deepEqual(check(text, [readme]), []);
});

test('checkLinks() finds files and headings that do not exist', () => {
  assert.match(check('one\n[a](gone.md)')[0] ?? '', /^2: .*docs\/guide\/gone.md, which does not/);
  assert.match(check('[a](#nowhere)')[0] ?? '', /names a heading/);
  assert.match(check('[a]: gone.md')[0] ?? '', /does not exist/);
  assert.match(check('<a href="gone.md">x</a>')[0] ?? '', /does not exist/);
  assert.match(check(`[a](../../..${'/'}outside.md)`)[0] ?? '', /leaves the repository/);
  assert.match(check('[a](/README.md)')[0] ?? '', /leaves the repository/);
});

test('checkLinks() leaves code alone', () => {
  assert.deepEqual(check('`[a](gone.md)`\n```md\n[b](gone.md)\n# Not a heading\n```\n'), []);
});
