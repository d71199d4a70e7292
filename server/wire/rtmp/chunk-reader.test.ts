import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from '../../base/index.ts';
import { ChunkReader } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { DEFAULT_RTMP_LIMITS, type RtmpLimits } from './limits.ts';
import type { RtmpMessage } from './message.ts';

/** Hex with captions: everything from `#` to the end of a line is for the reader. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/#.*|\s/g, ''), 'hex'));
}

function reader(limits: Partial<RtmpLimits> = {}): ChunkReader {
  return new ChunkReader({ ...DEFAULT_RTMP_LIMITS, ...limits });
}

function drain(from: ChunkReader, bytes: Uint8Array): RtmpMessage[] {
  from.feed(bytes);
  const messages: RtmpMessage[] = [];
  for (let next = from.next(); next !== undefined; next = from.next()) messages.push(next);
  return messages;
}

/** Short form of a message: type, time, message stream, payload. */
function brief(message: RtmpMessage): string {
  const payload = Buffer.from(message.payload).toString('hex');
  return `${message.typeId} @${message.timestampMs} #${message.messageStreamId} ${payload}`;
}

/** The messages that `bytes` hold, the same at once and byte by byte. */
function read(bytes: Uint8Array): string[] {
  const atOnce = drain(reader(), bytes).map(brief);
  const slow = reader();
  const slowly = [...bytes].flatMap((byte) => drain(slow, Uint8Array.of(byte))).map(brief);
  assert.deepEqual(slowly, atOnce);
  return atOnce;
}

function violation(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Violation && error.code === code;
}

test('ChunkReader.next() reads all four header formats on one chunk stream', () => {
  const bytes = hex(`
    06 0003e8 000002 09 01000000  aabb   # format 0: 1,000 ms, 2 bytes, video, stream 1
    46 000021 000003 08           c0c1c2 # format 1: +33 ms, 3 bytes, audio
    86 000010                     d0d1d2 # format 2: +16 ms
    c6                            e0e1e2 # format 3: +16 ms again`);
  assert.deepEqual(read(bytes), [
    '9 @1000 #1 aabb',
    '8 @1033 #1 c0c1c2',
    '8 @1049 #1 d0d1d2',
    '8 @1065 #1 e0e1e2',
  ]);
});

test('ChunkReader.next() adds the timestamp of a format 0 chunk when format 3 follows it', () => {
  const bytes = hex(`
    06 000064 000001 09 01000000 aa  # format 0 at 100
    c6 bb                            # format 3: "the timestamp delta ... is the same as the timestamp"`);
  assert.deepEqual(read(bytes), ['9 @100 #1 aa', '9 @200 #1 bb']);
});

test('ChunkReader.next() reads chunk stream ids of one, two and three bytes', () => {
  const bytes = hex(`
    3f     000001 000001 08 01000000 aa   # 63
    00 00  000002 000001 08 01000000 bb   # 64 + 0
    01 ffff 000003 000001 08 01000000 cc  # 64 + 65,535
    c0 00 dd                              # 64 again, format 3
    c1 ffff ee                            # 65,599 again, format 3`);
  assert.deepEqual(read(bytes), [
    '8 @1 #1 aa',
    '8 @2 #1 bb',
    '8 @3 #1 cc',
    '8 @4 #1 dd',
    '8 @6 #1 ee',
  ]);
});

test('ChunkReader.next() puts interleaved messages together', () => {
  const incoming = reader();
  incoming.chunkSize = 2;
  const bytes = hex(`
    06 000005 000003 09 01000000 a0a1  # video, first 2 of 3 bytes
    04 000006 000003 08 01000000 b0b1  # audio, first 2 of 3 bytes
    c6 a2
    c4 b2`);
  assert.deepEqual(drain(incoming, bytes).map(brief), ['9 @5 #1 a0a1a2', '8 @6 #1 b0b1b2']);
});

test('ChunkReader.next() reads extended timestamps that format 3 chunks repeat', () => {
  const payload = '11'.repeat(128);
  const bytes = hex(`
    06 ffffff 000081 09 01000000 01000000 ${payload}  # 2^24 ms, 129 bytes
    c6 01000000 22`);
  assert.deepEqual(read(bytes), [`9 @${2 ** 24} #1 ${payload}22`]);
});

test('ChunkReader.next() reads extended timestamps that format 3 chunks leave out', () => {
  const payload = '11'.repeat(128);
  const bytes = hex(`
    06 ffffff 000085 09 01000000 01000000 ${payload}  # 2^24 ms, 133 bytes
    c6 0100002233                                     # begins like the timestamp
    06 ffffff 000081 09 01000000 01000001 ${payload}  # ends on a byte like the timestamp's first
    c6 01
    06 000007 000001 09 01000000 33`);
  assert.deepEqual(read(bytes), [
    `9 @${2 ** 24} #1 ${payload}0100002233`,
    `9 @${2 ** 24 + 1} #1 ${payload}01`,
    '9 @7 #1 33',
  ]);
});

test('ChunkReader.next() adds extended deltas and wraps at 32 bits', () => {
  const bytes = hex(`
    06 ffffff 000001 09 01000000 fffffff0 aa  # 16 ms before the wrap
    86 000020 bb                              # +32 ms
    86 ffffff 01000000 cc                     # +2^24 ms
    c6 01000000 dd                            # +2^24 ms again, repeated`);
  assert.deepEqual(read(bytes), [
    `9 @${2 ** 32 - 16} #1 aa`,
    '9 @16 #1 bb',
    `9 @${16 + 2 ** 24} #1 cc`,
    `9 @${16 + 2 ** 25} #1 dd`,
  ]);
});

test('ChunkReader.next() gives empty messages', () => {
  assert.deepEqual(read(hex('06 000001 000000 09 01000000 c6')), ['9 @1 #1 ', '9 @2 #1 ']);
});

test('ChunkReader.abort() drops the unfinished message and nothing else', () => {
  const incoming = reader();
  incoming.chunkSize = 1;
  assert.deepEqual(drain(incoming, hex('06 000005 000003 09 01000000 a0')), []);
  assert.equal(incoming.bufferedBytes, 3);
  incoming.abort(6);
  incoming.abort(7);
  assert.equal(incoming.bufferedBytes, 0);
  assert.deepEqual(drain(incoming, hex('06 000009 000001 09 01000000 b0')).map(brief), [
    '9 @9 #1 b0',
  ]);
});

test('ChunkReader.next() gives each message bytes of its own and of its exact size', () => {
  const bytes = Buffer.from(hex('06 000001 000002 09 01000000 aabb'));
  const [message] = drain(reader(), bytes);
  bytes.fill(0);
  assert.ok(message !== undefined);
  assert.equal(brief(message), '9 @1 #1 aabb');
  assert.equal(message.payload.buffer.byteLength, 2);
});

test('ChunkReader.next() puts together what ChunkWriter.write() cuts, above the first allocation', () => {
  const payload = Uint8Array.from({ length: 300_000 }, (_, i) => i % 253);
  const writer = new ChunkWriter();
  writer.chunkSize = 4096;
  const incoming = reader();
  incoming.chunkSize = 4096;
  const sent = { typeId: 9, timestampMs: 77, messageStreamId: 1, payload };
  assert.deepEqual(drain(incoming, writer.write(6, sent)), [sent]);
  assert.equal(incoming.bufferedBytes, 0);
});

test('ChunkReader.next() holds no more memory than came, whatever length is claimed', () => {
  const incoming = reader();
  drain(incoming, hex('06 000001 800000 09 01000000 aa')); // 8 MiB claimed
  assert.equal(incoming.bufferedBytes, 64 * 1024);
});

const BROKEN: readonly {
  name: string;
  bytes: string;
  code: string;
  limits?: Partial<RtmpLimits>;
}[] = [
  {
    name: 'a first chunk with no header',
    bytes: 'c6',
    code: 'rtmp_chunk_without_header',
  },
  {
    name: 'a new message inside an unfinished one',
    bytes: `06 000001 000081 09 01000000 ${'11'.repeat(128)} 06 000001 000001 09 01000000`,
    code: 'rtmp_chunk_interrupted',
  },
  {
    name: 'a media message of 8 MiB and a byte',
    bytes: '06 000001 800001 09 01000000',
    code: 'rtmp_message_too_large',
  },
  {
    name: 'a command of 256 KiB and a byte',
    bytes: '03 000001 040001 14 00000000',
    code: 'rtmp_message_too_large',
  },
  {
    name: 'one chunk stream too many',
    bytes: '04 000001 000001 08 01000000 aa 05 000001 000001 08 01000000 bb',
    code: 'rtmp_chunk_streams',
    limits: { chunkStreams: 1 },
  },
  {
    name: 'unfinished messages above the limit together',
    bytes: `04 000001 000200 08 01000000 ${'aa'.repeat(128)} 05 000001 000200 08 01000000`,
    code: 'rtmp_buffer_full',
    limits: { bufferedBytes: 1023 },
  },
];

for (const { name, bytes, code, limits } of BROKEN) {
  test(`ChunkReader.next() refuses ${name}`, () => {
    assert.throws(() => drain(reader(limits), hex(bytes)), violation(code));
  });
}
