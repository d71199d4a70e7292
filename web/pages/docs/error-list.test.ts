import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_STATUS } from '../../../contract/index.ts';
import { errorsIn } from './error-list.ts';

const REFERENCE = new URL('../../../docs/reference/errors.md', import.meta.url);

test('errorsIn() finds every code that there is, once and with its status', () => {
  const rows = errorsIn(readFileSync(REFERENCE, 'utf8'));
  const listed = rows.flatMap(({ codes, status }) => codes.map((code) => [code, status] as const));
  assert.deepEqual(listed.toSorted(), Object.entries(ERROR_STATUS).toSorted());
  for (const { codes, when } of rows) assert.notEqual(when, '', codes.join());
});

test('errorsIn() reads a row of two codes, and leaves out where a link leads', () => {
  const row = '| `one_thing`, `another` | 409 | see [the life](../guide/a.md#b) | wait `5 s` |';
  assert.deepEqual(errorsIn(`# Errors\n\n| code | status |\n|---|---|\n${row}\n`), [
    { codes: ['one_thing', 'another'], status: 409, when: 'see the life', remedy: 'wait `5 s`' },
  ]);
});
