import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_END, chunkHead, LAST_CHUNK } from './chunked-coding.ts';

test('chunkHead() frames bytes as the chunked coding of RFC 9112 section 7.1 wants them', () => {
  const text = 'x'.repeat(26);
  const body = `${chunkHead(26)}${text}${CHUNK_END}${LAST_CHUNK}`;
  assert.equal(body, `1a\r\n${text}\r\n0\r\n\r\n`);
});
