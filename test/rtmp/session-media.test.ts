import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmfEcmaArray, encodeAmf0 } from '../../server/format/amf0/index.ts';
import type { RtmpEvent } from '../../server/wire/rtmp/index.ts';
import {
  chunks,
  joined,
  opening,
  setChunkSize,
  simpleHandshake,
  u32,
} from '../support/rtmp-peer.ts';
import { answers, map, newSession, publishing, video } from './session-fixture.ts';

test('RtmpSession.receive() gives media and metadata with their timestamps', () => {
  const session = publishing();
  const properties = new AmfEcmaArray([['width', 1280]]);
  const events = session.receive(
    joined([
      chunks({ typeId: 18, payload: encodeAmf0(['@setDataFrame', 'onMetaData', properties]) }),
      chunks({ typeId: 18, payload: encodeAmf0(['onMetaData', properties]), timestampMs: 5 }),
      chunks({ typeId: 8, payload: Uint8Array.of(0xaf, 0), timestampMs: 0xffffffff, csid: 4 }),
      video(70, Uint8Array.of(0x17, 1)),
      chunks({ typeId: 18, payload: encodeAmf0(['onCuePoint', properties]) }),
    ]),
    0,
  );
  assert.deepEqual(events, [
    { type: 'metadata', timestampMs: 0, values: properties },
    { type: 'metadata', timestampMs: 5, values: properties },
    { type: 'media', kind: 'audio', timestampMs: 0xffffffff, payload: Uint8Array.of(0xaf, 0) },
    { type: 'media', kind: 'video', timestampMs: 70, payload: Uint8Array.of(0x17, 1) },
  ]);
  assert.equal(session.ignoredMessages, 1, 'the cue point');
});

test('RtmpSession.receive() takes messages of the AMF3 types that hold AMF0', () => {
  const session = publishing();
  const data = joined([Uint8Array.of(0), encodeAmf0(['onMetaData', map([['a', 1]])])]);
  const [event] = session.receive(chunks({ typeId: 15, payload: data }), 0);
  assert.deepEqual(event, { type: 'metadata', timestampMs: 0, values: map([['a', 1]]) });
  const call = joined([Uint8Array.of(0), encodeAmf0(['_checkbw', 9, null])]);
  session.receive(chunks({ typeId: 17, payload: call }), 0);
  assert.deepEqual(answers(session)[0]?.values.slice(0, 2), ['_result', 9]);
});

test('RtmpSession.receive() splits an aggregate and keeps the distances in it', () => {
  const session = publishing();
  const aggregate = Buffer.from(
    `08 000002 000064 01 000000 af01 0000000d
     09 000001 000085 01 000000 17   0000000c`.replaceAll(/\s/g, ''),
    'hex',
  ); // audio at 2^24 + 100, video at 2^24 + 133, each with its back pointer
  const events = session.receive(chunks({ typeId: 22, payload: aggregate, timestampMs: 1000 }), 0);
  assert.deepEqual(events, [
    { type: 'media', kind: 'audio', timestampMs: 1000, payload: Uint8Array.of(0xaf, 1) },
    { type: 'media', kind: 'video', timestampMs: 1033, payload: Uint8Array.of(0x17) },
  ]);
});

test('RtmpSession.receive() follows chunk size announcements at once', () => {
  const session = publishing();
  const payload = new Uint8Array(5000).fill(7);
  const large = { typeId: 9, payload, csid: 6 };
  const bytes = joined([setChunkSize(60_000), chunks(large, { chunkSize: 60_000 })]);
  const [event] = session.receive(bytes, 0);
  assert.deepEqual(event, { type: 'media', kind: 'video', timestampMs: 0, payload });
});

test('RtmpSession.receive() acknowledges by the window that the peer asked for', () => {
  const session = publishing();
  session.receive(chunks({ typeId: 5, payload: u32(10_000), csid: 2 }), 0);
  session.takeOutput();
  const acknowledged: number[] = [];
  for (let i = 0; i < 30; i++) {
    session.receive(video(i, new Uint8Array(1000)), 0);
    for (const message of answers(session)) {
      assert.equal(message.typeId, 3);
      acknowledged.push(Buffer.from(message.payload).readUInt32BE());
    }
  }
  assert.ok(acknowledged.length >= 3, `${acknowledged.length} acknowledgements`);
  const gaps = acknowledged.slice(1).map((total, i) => total - (acknowledged[i] ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= 10_000 && gap < 11_100),
    String(gaps),
  );
});

test('RtmpSession.receive() answers pings, and sendPing() gets its pong', () => {
  const session = publishing();
  const ping = Uint8Array.of(0, 6, 0, 0, 1, 2);
  session.receive(chunks({ typeId: 4, payload: ping, csid: 2 }), 0);
  assert.deepEqual(answers(session)[0]?.payload, Uint8Array.of(0, 7, 0, 0, 1, 2));

  session.sendPing(515.7);
  assert.deepEqual(answers(session)[0]?.payload, Uint8Array.of(0, 6, 0, 0, 2, 3));
  const pong = Uint8Array.of(0, 7, 0, 0, 2, 3);
  const [event] = session.receive(chunks({ typeId: 4, payload: pong, csid: 2 }), 0);
  assert.deepEqual(event, { type: 'pong', sentMs: 515 });
});

const anyMessage = fc.record({
  typeId: fc.constantFrom(8, 9),
  timestampMs: fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.constantFrom(0xfffffe, 0xffffff)),
  csid: fc.constantFrom(4, 6, 63, 64, 319, 320, 65_599),
  size: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(128, 256, 70_000)),
});

test('RtmpSession.receive() gives the same events however the bytes are cut into reads', () => {
  const property = fc.property(
    fc.array(anyMessage, { minLength: 1, maxLength: 8 }),
    fc.constantFrom(1, 7, 128, 4096, 60_000),
    fc.boolean(),
    fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }),
    (sent, chunkSize, repeatExtended, cuts) => {
      const messages = sent.map(({ size, ...rest }, i) => ({
        ...rest,
        payload: Uint8Array.from({ length: size }, (_, at) => (at * 31 + i) % 256),
      }));
      const bytes = joined([
        simpleHandshake(),
        opening('key'),
        setChunkSize(chunkSize),
        ...messages.map((message) => chunks(message, { chunkSize, repeatExtended })),
      ]);
      const session = newSession();
      const events: RtmpEvent[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + (cuts[i % cuts.length] ?? 1);
        events.push(...session.receive(bytes.subarray(at, end), 0));
        at = end;
      }
      const expected = messages.map(({ typeId, timestampMs, payload }) => {
        return { type: 'media', kind: typeId === 8 ? 'audio' : 'video', timestampMs, payload };
      });
      assert.deepEqual(events.slice(2), expected);
      assert.equal(session.bufferedBytes, 0);
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test('RtmpSession.receive() keeps up with messages interleaved chunk by chunk', () => {
  const session = publishing();
  const sizes = [1000, 900];
  const bytes = sizes.map((size, i) =>
    chunks({ typeId: 8 + i, payload: new Uint8Array(size).fill(i), csid: 4 + i }),
  );
  // Deal out the chunks of both in turns: 12 + 128 bytes first, then 1 + 128.
  const parts: Uint8Array[] = [];
  for (let i = 0; i < 8; i++) {
    for (const whole of bytes) {
      const start = i === 0 ? 0 : 140 + (i - 1) * 129;
      parts.push(whole.subarray(start, i === 0 ? 140 : start + 129));
    }
  }
  const events = session.receive(joined(parts), 0);
  assert.deepEqual(
    events.map((event) => event.type === 'media' && [event.kind, event.payload.length]),
    [
      ['audio', 1000],
      ['video', 900],
    ],
  );
});
