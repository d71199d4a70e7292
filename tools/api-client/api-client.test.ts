import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { madeFiles } from '../api-client.ts';
import { typeText } from './type-text.ts';

for (const [path, text] of Object.entries(madeFiles())) {
  test(`madeFiles() makes ${path} as it is; else run tools/api-client.ts`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'), text);
  });
}

test('typeText() writes what a schema allows', () => {
  const received = (schema: Parameters<typeof typeText>[0]): string => typeText(schema, 'received');
  assert.equal(received({ type: 'integer' }), 'number');
  assert.equal(received({ type: ['string', 'null'] }), 'string | null');
  assert.equal(received({ enum: ['a', "b's", null, 1] }), "'a' | 'b\\'s' | null | 1");
  assert.equal(received({ anyOf: [{ const: '' }, { type: 'string' }] }), 'string');
  assert.equal(received({ type: 'array', items: { enum: ['a', 'b'] } }), "readonly ('a' | 'b')[]");
  assert.equal(received({ $ref: '#/components/schemas/Stream' }), "ApiSchemas['Stream']");
  assert.equal(
    received({ type: 'object', additionalProperties: { type: 'number' } }),
    'Readonly<Record<string, number>>',
  );
});

test('typeText() lets a field be undefined in what is sent alone', () => {
  const schema = {
    type: 'object',
    properties: { 'a-b': { type: 'string' }, c: { type: 'boolean' } },
    required: ['c'],
  };
  assert.equal(
    typeText(schema, 'sent'),
    "{ readonly 'a-b'?: string | undefined; readonly c: boolean; }",
  );
  assert.equal(typeText(schema, 'received'), "{ readonly 'a-b'?: string; readonly c: boolean; }");
});

test('typeText() refuses what it cannot write', () => {
  const strange = { type: 'string', patternProperties: {} };
  assert.throws(() => typeText(strange, 'sent'), /"patternProperties" is not known/);
  assert.throws(() => typeText({ $ref: 'https://elsewhere' }, 'sent'), /leads elsewhere/);
  assert.throws(() => typeText({ type: 'date' }, 'sent'), /"date" is none/);
});
