import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_FIELDS, MAX_HEAD_BYTES, type PlainRequest, recognise } from './index.ts';

const isLive = (path: string): boolean => path.startsWith('/live/');

/** A head as it travels: each line ends in CR LF, and a blank one ends the head. */
function head(...lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function kindOf(bytes: Uint8Array): string {
  return recognise(bytes, 0, isLive).kind;
}

function requestOf(bytes: Uint8Array): PlainRequest {
  const recognition = recognise(bytes, 0, isLive);
  assert.equal(recognition.kind, 'request');
  assert.equal(recognition.end, bytes.length);
  return recognition.request;
}

const BROWSER = head(
  'GET /live/s1/b1/video/playlist.m3u8?_HLS_msn=12&_HLS_part=3 HTTP/1.1',
  'Host: media.example:8080',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
  'Accept: */*',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'If-None-Match: \t "v7" \t ',
);

test('recognise() reads what a browser sends', () => {
  assert.deepEqual(requestOf(BROWSER), {
    method: 'GET',
    path: '/live/s1/b1/video/playlist.m3u8',
    query: '_HLS_msn=12&_HLS_part=3',
    gzip: true,
    ifNoneMatch: '"v7"',
    range: undefined,
    persistence: 'persist',
    takesChunks: true,
  });
});

test('recognise() reads HEAD, Range and names in any case', () => {
  const request = requestOf(
    head('HEAD /live/a%20b HTTP/1.1', 'hOST: x', 'RANGE:bytes=0-99', 'ACCEPT-encoding: br'),
  );
  assert.equal(request.method, 'HEAD');
  assert.equal(request.path, '/live/a%20b');
  assert.equal(request.query, '');
  assert.equal(request.range, 'bytes=0-99');
  assert.equal(request.gzip, false);
});

test('recognise() forgets Range beside If-Range, so that the whole is sent', () => {
  const request = requestOf(
    head('GET /live/a HTTP/1.1', 'Host: x', 'Range: bytes=1-', 'If-Range: "v1"'),
  );
  assert.equal(request.range, undefined);
});

test('recognise() keeps a second question mark in the query', () => {
  assert.equal(requestOf(head('GET /live/a?b?c HTTP/1.1', 'Host: x')).query, 'b?c');
});

const PERSISTENCE = [
  ['HTTP/1.1', [], 'persist'],
  ['HTTP/1.1', ['Connection: keep-alive'], 'persist'],
  ['HTTP/1.1', ['Connection: Close'], 'close'],
  ['HTTP/1.0', [], 'close'],
  ['HTTP/1.0', ['Connection: Keep-Alive'], 'persist_http10'],
  ['HTTP/1.0', ['Connection: close'], 'close'],
] as const;

for (const [version, fields, expected] of PERSISTENCE) {
  test(`recognise() reads persistence of ${version} with [${fields}] as ${expected}`, () => {
    const request = requestOf(head(`GET /live/a ${version}`, 'Host: x', ...fields));
    assert.equal(request.persistence, expected);
  });
}

test('recognise() asks for no Host of HTTP/1.0', () => {
  const old = requestOf(head('GET /live/a HTTP/1.0'));
  assert.equal(old.persistence, 'close');
  assert.equal(old.takesChunks, false);
});

const LINE = 'GET /live/a HTTP/1.1';
const OTHERS: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['a path that is not wanted', head('GET /api/streams HTTP/1.1', 'Host: x')],
  ['another method', head('POST /live/a HTTP/1.1', 'Host: x')],
  ['a method in lower case', head('get /live/a HTTP/1.1', 'Host: x')],
  ['the absolute form', head('GET http://x/live/a HTTP/1.1', 'Host: x')],
  ['a fragment', head('GET /live/a#b HTTP/1.1', 'Host: x')],
  ['a byte beyond ASCII in the path', head('GET /live/\xe9 HTTP/1.1', 'Host: x')],
  ['two spaces before the version', head('GET /live/a  HTTP/1.1', 'Host: x')],
  ['a tab for a space', head('GET\t/live/a HTTP/1.1', 'Host: x')],
  ['HTTP/2.0', head('GET /live/a HTTP/2.0', 'Host: x')],
  ['HTTP/0.9', Buffer.from('GET /live/a\r\n')],
  ['an empty line before it', Buffer.from(`\r\n${LINE}\r\nHost: x\r\n\r\n`)],
  ['bare line feeds', Buffer.from(`${LINE}\nHost: x\n\n`)],
  ['a bare carriage return in a value', head(LINE, 'Host: x', 'A: b\rc')],
  ['a NUL in a value', head(LINE, 'Host: x', 'A: b\0c')],
  ['a byte beyond ASCII in a value', head(LINE, 'Host: x', 'A: \xe9')],
  ['a folded line', head(LINE, 'Host: x', 'A: b', ' c')],
  ['a space before the colon', head(LINE, 'Host: x', 'A : b')],
  ['a line without a colon', head(LINE, 'Host: x', 'A')],
  ['an empty field name', head(LINE, 'Host: x', ': b')],
  ['no Host', head(LINE, 'Accept: */*')],
  ['an empty Host', head(LINE, 'Host:')],
  ['two Hosts', head(LINE, 'Host: x', 'Host: x')],
  ['a Host with a path', head(LINE, 'Host: x/y')],
  ['two Ranges', head(LINE, 'Host: x', 'Range: bytes=0-1', 'range: bytes=2-3')],
  ['Content-Length', head(LINE, 'Host: x', 'Content-Length: 0')],
  ['Transfer-Encoding', head(LINE, 'Host: x', 'Transfer-Encoding: chunked')],
  ['Expect', head(LINE, 'Host: x', 'Expect: 100-continue')],
  ['Upgrade', head(LINE, 'Host: x', 'Connection: upgrade', 'Upgrade: h2c')],
  ['a list in Connection', head(LINE, 'Host: x', 'Connection: keep-alive, x')],
  ['Proxy-Connection', head(LINE, 'Host: x', 'Proxy-Connection: keep-alive')],
  ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
];

for (const [name, bytes] of OTHERS) {
  test(`recognise() leaves ${name} to the full parser`, () => {
    assert.equal(kindOf(bytes), 'other');
  });
}

test('recognise() says other as soon as the method shows', () => {
  assert.equal(kindOf(Buffer.from('P')), 'other');
  assert.equal(kindOf(Buffer.from('GEX')), 'other');
  assert.equal(kindOf(Buffer.from('H')), 'incomplete');
});

test('recognise() takes a head of exactly the largest size and no larger one', () => {
  const empty = head(LINE, 'Host: x', 'A: ').length;
  const padded = (size: number) => head(LINE, 'Host: x', `A: ${'b'.repeat(size - empty)}`);
  assert.equal(kindOf(padded(MAX_HEAD_BYTES)), 'request');
  assert.equal(kindOf(padded(MAX_HEAD_BYTES + 1)), 'other');
});

test('recognise() stops waiting for the end of a head that has grown too large', () => {
  const endless = Buffer.from(`${LINE}\r\nHost: x\r\nA: ${'b'.repeat(MAX_HEAD_BYTES)}`);
  assert.equal(kindOf(endless.subarray(0, MAX_HEAD_BYTES - 1)), 'incomplete');
  assert.equal(kindOf(endless.subarray(0, MAX_HEAD_BYTES)), 'other');
});

test('recognise() takes as many fields as it says and no more', () => {
  const withFields = (count: number) =>
    head(LINE, 'Host: x', ...Array.from({ length: count - 1 }, (_, index) => `A${index}: b`));
  assert.equal(kindOf(withFields(MAX_FIELDS)), 'request');
  assert.equal(kindOf(withFields(MAX_FIELDS + 1)), 'other');
});

test('recognise() calls every strict prefix of a request incomplete', () => {
  for (let size = 0; size < BROWSER.length; size += 1) {
    assert.equal(kindOf(BROWSER.subarray(0, size)), 'incomplete', `of ${size} bytes`);
  }
});

test('recognise() reads the same request wherever it stands and whatever follows', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (pre, post) => {
      const bytes = Buffer.concat([pre, BROWSER, post]);
      const recognition = recognise(bytes, pre.length, isLive);
      assert.equal(recognition.kind, 'request');
      assert.equal(recognition.end, pre.length + BROWSER.length);
      assert.deepEqual(recognition.request, requestOf(BROWSER));
    }),
  );
});
