import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoderOf, encodeValue } from './values.ts';

const TIMESTAMPTZ = 1184;
const TEXT_ARRAY = 1009;

test('encodeValue() writes PostgreSQL text', () => {
  assert.equal(encodeValue(undefined), null);
  assert.equal(encodeValue('as it is'), 'as it is');
  assert.equal(encodeValue(new Date('2026-02-03T04:05:06.789Z')), '2026-02-03T04:05:06.789Z');
  assert.equal(encodeValue(['a"b', 'c\\d', null, 7]), '{"a\\"b","c\\\\d",NULL,"7"}');
  assert.equal(encodeValue({ a: [1] }), '{"a":[1]}');
  assert.equal(encodeValue(Buffer.of(1, 255)), '\\x01ff');
});

test('decoderOf() reads times in whatever zone the server writes them', () => {
  const decode = decoderOf(TIMESTAMPTZ);
  const at = new Date('2026-02-03T04:05:06.789Z');
  assert.deepEqual(decode('2026-02-03 04:05:06.789+00'), at);
  assert.deepEqual(decode('2026-02-03 09:35:06.789+05:30'), at);
  assert.deepEqual(decode('2026-02-02 23:05:06.789-05'), at);
  assert.throws(() => decode('infinity'), /ISO style/);
});

test('decoderOf() reads arrays with quotes, commas and nulls', () => {
  const decode = decoderOf(TEXT_ARRAY);
  assert.deepEqual(decode('{}'), []);
  assert.deepEqual(decode('{a,"b,c","d\\"e\\\\",NULL,"NULL",""}'), [
    ...['a', 'b,c', 'd"e\\', null, 'NULL', ''],
  ]);
});

test('decoderOf() refuses a bigint that would lose digits', () => {
  assert.equal(decoderOf(20)('9007199254740991'), 9_007_199_254_740_991);
  assert.throws(() => decoderOf(20)('9007199254740992'), /beyond/);
});
