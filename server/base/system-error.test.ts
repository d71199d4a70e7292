import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { systemCodeOf } from './system-error.ts';

test('systemCodeOf() tells the code of what the system refuses', async () => {
  const error = await readFile(`${import.meta.filename}.nowhere`).catch((reason) => reason);
  assert.equal(systemCodeOf(error), 'ENOENT');
  assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 7 })), undefined);
  for (const other of [new Error('x'), { code: 'ENOENT' }, 'ENOENT', null]) {
    assert.equal(systemCodeOf(other), undefined);
  }
});
