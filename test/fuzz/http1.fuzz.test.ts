/** The fast lane's recogniser against Node's own HTTP parser, which answers all it leaves. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  acceptsGzip,
  MAX_HEAD_BYTES,
  type PlainRequest,
  recognise,
} from '../../server/wire/http1/index.ts';
import { fuzz } from './harness.ts';

const acceptsAll = (): boolean => true;

/** One request as either parser reads it, in the form that both have. */
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly gzip: boolean;
  readonly ifNoneMatch: string | undefined;
  readonly range: string | undefined;
  readonly persists: boolean;
}

/** All requests that Node's parser finds in `bytes`, fed synchronously. */
function seenByNode(bytes: Uint8Array): readonly Seen[] {
  const seen: Seen[] = [];
  const server = createServer(
    { maxHeaderSize: MAX_HEAD_BYTES },
    (request: IncomingMessage, response: ServerResponse) => {
      const { method, url, headers } = request;
      seen.push({
        method,
        url,
        gzip: acceptsGzip(headers['accept-encoding']?.toString()),
        ifNoneMatch: headers['if-none-match'],
        range: headers['if-range'] === undefined ? headers.range : undefined,
        persists: response.shouldKeepAlive,
      });
    },
  );
  server.on('clientError', () => {});
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on('error', () => {});
  server.emit('connection', socket);
  socket.emit('data', Buffer.from(bytes));
  socket.destroy();
  return seen;
}

function seenByUs({ path, query, persistence, ...request }: PlainRequest): Omit<Seen, 'url'> {
  const { method, gzip, ifNoneMatch, range } = request;
  return { method, gzip, ifNoneMatch, range, persists: persistence !== 'close' };
}

/** Throws unless Node reads each request that we recognise as we do, and ends it where we do. */
function compare(bytes: Uint8Array): number {
  let at = 0;
  let count = 0;
  let node: readonly Seen[] | undefined;
  for (;;) {
    const recognition = recognise(bytes, at, acceptsAll);
    if (recognition.kind !== 'request') return count;
    node ??= seenByNode(bytes);
    const { request, end } = recognition;
    const theirs = node[count];
    assert.ok(theirs, `Node finds no request ${count}`);
    const { url, ...rest } = theirs;
    assert.deepEqual(seenByUs(request), rest);
    const [path, ...query] = (url ?? '').split('?');
    assert.equal(request.path, path);
    assert.equal(request.query, query.join('?'));
    checkPrefixes(bytes.subarray(at, end));
    at = end;
    count += 1;
    // After it the connection ends, and Node reads no further.
    if (request.persistence === 'close') return count;
  }
}

/** A recognised request must have been incomplete before its last byte came. */
function checkPrefixes(request: Uint8Array): void {
  for (const size of [1, request.length >> 1, request.length - 1]) {
    const { kind } = recognise(request.subarray(0, size), 0, acceptsAll);
    assert.equal(kind, 'incomplete');
  }
}

const seed = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
const SEEDS: readonly Uint8Array[] = [
  seed('GET /live/a/playlist.m3u8?_HLS_msn=3&_HLS_part=1 HTTP/1.1\nHost: x:80\n\n'),
  seed('HEAD /live/a HTTP/1.0\nConnection: keep-alive\nAccept-Encoding: gzip;q=0, br\n\n'),
  seed('GET /a HTTP/1.1\nHost: x\nIf-None-Match: "a", W/"b"\n\nGET /b HTTP/1.1\nhost: [::1]:9\n\n'),
  seed('GET /a HTTP/1.1\nHost: x\nRange: bytes=0-9\nIf-Range: "a"\nConnection: close\n\n'),
  seed('GET /a HTTP/1.1\nHost: x\nContent-Length: 3\nTransfer-Encoding: chunked\n\nabc'),
  seed('GET http://y/a HTTP/1.1\nHost: x\nExpect: 100-continue\nUpgrade: h2c\n folded\n\n'),
];

let recognisedByFuzz = 0;

fuzz('http1', {
  seeds: SEEDS,
  target: (bytes) => {
    recognisedByFuzz += compare(bytes);
  },
});

test('fuzz http1 got past the recogniser often enough to compare', (context) => {
  context.diagnostic(`${recognisedByFuzz} requests were compared`);
  assert.ok(recognisedByFuzz >= SEEDS.length - 2, `${recognisedByFuzz} requests were compared`);
});

test('compare() looks at each of several requests', () => {
  assert.deepEqual(SEEDS.map(compare), [1, 1, 2, 1, 0, 0]);
});

test('recognise() takes the largest head only if Node does', () => {
  const start = 'GET /a HTTP/1.1\r\nHost: x\r\nA: ';
  const padding = MAX_HEAD_BYTES - start.length - '\r\n\r\n'.length;
  assert.equal(compare(Buffer.from(`${start}${'b'.repeat(padding)}\r\n\r\n`)), 1);
});

const name = fc.constantFrom(
  ...['Host', 'host', 'Range', 'If-Range', 'If-None-Match', 'Accept-Encoding', 'Connection'],
  ...['Proxy-Connection', 'Keep-Alive', 'Accept', 'Cookie', 'TE', 'X-Forwarded-For', 'Trailer'],
);
const value = fc.oneof(
  fc.constantFrom('x', 'close', 'keep-alive', 'gzip', 'gzip;q=0', '*', '"a"', 'bytes=0-', ''),
  fc.string({ maxLength: 12 }),
);
const blank = fc.constantFrom('', ' ', '\t', '  ');
const line = fc.tuple(name, blank, value, blank).map(([n, before, v, after]) => {
  return `${n}:${before}${v}${after}\r\n`;
});
const requestHead = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'POST'),
    fc.oneof(fc.webPath(), fc.constantFrom('/live/a?b?c', '//a', '/%zz', '*', '/a?')),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    fc.array(line, { maxLength: 6 }),
  )
  .map(([method, path, version, lines]) => {
    return `${method} ${path} ${version}\r\nHost: x\r\n${lines.join('')}\r\n`;
  });

test('recognise() reads pipelined heads of all shapes as Node does', () => {
  let recognised = 0;
  fc.assert(
    fc.property(fc.array(requestHead, { minLength: 1, maxLength: 3 }), (heads) => {
      recognised += compare(Buffer.from(heads.join(''), 'latin1'));
    }),
    { numRuns: 3000, seed: 9112 },
  );
  assert.ok(recognised > 500, `only ${recognised} heads were plain: the property says little`);
});
