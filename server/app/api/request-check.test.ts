import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { readRequest } from './request-check.ts';

const none = { params: {}, query: {}, body: {} };
const anything = { body: z.looseObject({ name: z.unknown() }) };

function problems(body: unknown): readonly unknown[] {
  const read = readRequest(anything, { ...none, body }, 'write');
  return 'refused' in read ? (read.errors ?? []) : [];
}

test('readRequest() refuses what is no text, wherever the schema lets it through', () => {
  const message = 'must be well-formed Unicode without U+0000';
  assert.deepEqual(problems({ name: 'a\0' }), [{ field: 'name', message }]);
  assert.deepEqual(problems({ name: ['a', { b: '\ud800' }] }), [{ field: 'name.1.b', message }]);
  assert.deepEqual(problems({ name: 1, '\udc00': 1 }), [{ field: '\ufffd', message }]);
  assert.deepEqual(problems({ name: '😀 \u0001' }), []);
});

test('readRequest() passes over what no schema asks for', () => {
  const schemas = { body: z.object({ name: z.string() }) };
  const read = readRequest(schemas, { ...none, body: { name: 'a', more: '\0' } }, 'write');
  assert.deepEqual('refused' in read ? read : read.body, { name: 'a' });
});
