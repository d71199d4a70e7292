import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStreamChanges } from './stream-changes.ts';

test("readStreamChanges() takes a ladder, none, and the server's own", () => {
  for (const ladder of ['480p=854x480@1200k,360p=640x360@600k', 'off', null]) {
    assert.deepEqual(readStreamChanges({ ladder, title: 'passed over' }), { ladder });
  }
});

test('readStreamChanges() names every mistake', () => {
  const detail = (body: unknown): string => {
    const read = readStreamChanges(body);
    assert.ok('refused' in read);
    return read.detail;
  };
  assert.equal(detail({}), 'Cannot change stream: ladder: is missing');
  assert.equal(detail({ ladder: 5 }), 'Cannot change stream: ladder: must be a string or null');
  assert.equal(detail('off'), 'Cannot change stream: body: must be an object');
  const two = readStreamChanges({ ladder: '480p=854x481@1200k,x' });
  assert.ok('refused' in two);
  assert.equal(two.errors?.length, 2);
});
