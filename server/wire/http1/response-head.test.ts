import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/index.ts';
import { type HeadParts, responseHead } from './index.ts';

const PARTS: HeadParts = {
  status: 200,
  reason: 'OK',
  date: 'Thu, 01 Jan 2026 00:00:00 GMT',
  headers: [['etag', '"v1"']],
  contentLength: 12,
  persistence: 'persist',
};

test('responseHead() writes a whole head', () => {
  assert.equal(
    responseHead(PARTS),
    'HTTP/1.1 200 OK\r\n' +
      'date: Thu, 01 Jan 2026 00:00:00 GMT\r\n' +
      'etag: "v1"\r\n' +
      'content-length: 12\r\n' +
      '\r\n',
  );
});

test('responseHead() leaves out a length that is not known', () => {
  assert.doesNotMatch(responseHead({ ...PARTS, contentLength: undefined }), /content-length/);
});

test('responseHead() says what becomes of the connection when that is not the default', () => {
  assert.match(responseHead({ ...PARTS, persistence: 'close' }), /\r\nconnection: close\r\n/);
  const old = responseHead({ ...PARTS, persistence: 'persist_http10' });
  assert.match(old, /\r\nconnection: keep-alive\r\n/);
});

for (const [name, value] of [
  ['etag', 'a\r\nset-cookie: b'],
  ['etag', 'caf\u00e9'],
  ['a b', 'c'],
  ['', 'c'],
] as const) {
  test(`responseHead() faults at the field ${JSON.stringify([name, value])}`, () => {
    assert.throws(() => responseHead({ ...PARTS, headers: [[name, value]] }), Fault);
  });
}
