// RtmpSession with the AMF0 codec that it is given in production; below this floor they may not meet.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chunks,
  command,
  joined,
  opening,
  readMessages,
  type ServerMessage,
  setChunkSize,
  simpleHandshake,
  statusCodes,
  u32,
} from '../../../test/support/rtmp-peer.ts';
import { Violation } from '../../base/index.ts';
import { AmfEcmaArray, type AmfValue, decodeAmf0, encodeAmf0 } from '../../format/amf0/index.ts';
import { type RtmpEvent, RtmpSession, type RtmpSessionOptions } from '../../wire/rtmp/index.ts';

function newSession(changes: Partial<RtmpSessionOptions> = {}): RtmpSession {
  return new RtmpSession({
    random: (size) => new Uint8Array(size),
    hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
    amf: { encode: encodeAmf0, decode: decodeAmf0 },
    servesApp: (app) => app === 'live',
    enhanced: { video: ['hvc1'], audio: ['Opus'], capsEx: 0 },
    ...changes,
  });
}

/** A session that has shaken hands and taken `parts`; its answers to the handshake are taken. */
function opened(...parts: Uint8Array[]): RtmpSession {
  const session = newSession();
  session.receive(simpleHandshake(), 0);
  session.takeOutput();
  for (const part of parts) session.receive(part, 0);
  return session;
}

function publishing(): RtmpSession {
  const session = opened(opening('key'));
  assert.equal(session.acceptPublish(), true);
  session.takeOutput();
  return session;
}

function answers(session: RtmpSession): ServerMessage[] {
  return readMessages(joined(session.takeOutput()));
}

function violation(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Violation && error.code === code;
}

const video = (timestampMs: number, payload: Uint8Array): Uint8Array =>
  chunks({ typeId: 9, timestampMs, payload, messageStreamId: 1, csid: 6 });

const map = (entries: readonly [string, AmfValue][]): Map<string, AmfValue> => new Map(entries);

test('RtmpSession.receive() answers connect as encoders expect it', () => {
  const session = opened();
  const object = map([
    ['app', 'live'],
    ['flashVer', 'FMLE/3.0'],
    ['tcUrl', 'rtmp://host/live'],
  ]);
  assert.deepEqual(session.receive(command(['connect', 1, object]), 0), [
    {
      type: 'connect',
      app: 'live',
      tcUrl: 'rtmp://host/live',
      flashVer: 'FMLE/3.0',
      enhanced: false,
    },
  ]);
  const [window, bandwidth, chunkSize, begin, result, ...rest] = answers(session);
  assert.deepEqual([window?.typeId, bandwidth?.typeId, chunkSize?.typeId], [5, 6, 1]);
  assert.deepEqual(chunkSize?.payload, u32(60_000));
  assert.deepEqual(
    [begin?.typeId, Buffer.from(begin?.payload ?? []).toString('hex')],
    [4, '000000000000'],
  );
  assert.deepEqual(result?.values.slice(0, 2), ['_result', 1]);
  assert.deepEqual(
    result?.values[3],
    map([
      ['level', 'status'],
      ['code', 'NetConnection.Connect.Success'],
      ['description', 'Connection succeeded.'],
      ['objectEncoding', 0],
    ]),
  );
  assert.deepEqual(rest, []);
});

test('RtmpSession.receive() tells its codecs to an encoder of Enhanced RTMP', () => {
  const session = opened();
  const object = map([
    ['app', 'live'],
    ['fourCcList', ['av01', 'hvc1']],
  ]);
  const [event] = session.receive(command(['connect', 1, object]), 0);
  assert.ok(event?.type === 'connect' && event.enhanced);
  const information = answers(session).at(-1)?.values[3];
  assert.ok(information instanceof Map);
  assert.deepEqual(information.get('fourCcList'), ['hvc1', 'Opus']);
  assert.deepEqual(information.get('videoFourCcInfoMap'), map([['hvc1', 4]]));
  assert.deepEqual(information.get('audioFourCcInfoMap'), map([['Opus', 4]]));
  assert.equal(information.get('capsEx'), 0);
});

test('RtmpSession.receive() refuses an unknown application and hears nothing after it', () => {
  const session = opened();
  const events = session.receive(joined([opening('key', 'vod'), opening('key')]), 0);
  assert.deepEqual(events, [{ type: 'refused', reason: 'unknown_app' }]);
  const last = answers(session).at(-1)?.values;
  assert.deepEqual(last?.slice(0, 2), ['_error', 1]);
  assert.ok(last?.[3] instanceof Map);
  assert.equal(last[3].get('code'), 'NetConnection.Connect.InvalidApp');
  assert.deepEqual(session.receive(video(0, Uint8Array.of(1)), 0), []);
});

test('RtmpSession.acceptPublish() leads an encoder from publish to unpublish', () => {
  const session = opened();
  const events = session.receive(opening('key?a=b'), 0);
  assert.deepEqual(events.at(-1), {
    type: 'publish',
    app: 'live',
    streamName: 'key?a=b',
    publishType: 'live',
  });
  const before = answers(session).filter((message) => message.typeId === 20);
  assert.deepEqual(
    before.map(({ values }) => values.slice(0, 2)),
    [
      ['_result', 1],
      ['_result', 2],
      ['_result', 3],
      ['onFCPublish', 0],
      ['_result', 4],
    ],
  );
  assert.equal(before.at(-1)?.values[3], 1, 'createStream gives message stream 1');

  assert.equal(session.acceptPublish(), true);
  assert.equal(session.acceptPublish(), false, 'there is nothing more to accept');
  const started = answers(session);
  assert.deepEqual(statusCodes(started), ['NetStream.Publish.Start']);
  assert.equal(started.at(-1)?.messageStreamId, 1);

  const end = joined([
    command(['FCUnpublish', 6, null, 'key']),
    command(['deleteStream', 7, null, 1]),
    video(1, Uint8Array.of(1)),
  ]);
  assert.deepEqual(session.receive(end, 0), [{ type: 'unpublish' }]);
  assert.deepEqual(statusCodes(answers(session)), ['NetStream.Unpublish.Success']);
  assert.equal(session.ignoredMessages, 1, 'the picture that came too late');
});

test('RtmpSession.receive() ends a publication on closeStream and lets the next one begin', () => {
  const session = publishing();
  assert.deepEqual(session.receive(command(['closeStream', 0, null], 1), 0), [
    { type: 'unpublish' },
  ]);
  const [again] = session.receive(command(['publish', 9, null, 'other', 'live'], 1), 0);
  assert.equal(again?.type, 'publish');
  assert.equal(session.acceptPublish(), true);
});

test('RtmpSession.acceptPublish() is false once the publish was taken back', () => {
  const session = opened(opening('key'));
  session.receive(command(['deleteStream', 6, null, 1]), 0);
  assert.equal(session.acceptPublish(), false);
});

test('RtmpSession.refusePublish() says BadName and hears nothing after it', () => {
  const session = opened(opening('key'));
  session.refusePublish('Not this one.');
  const messages = answers(session);
  assert.deepEqual(statusCodes(messages), ['NetStream.Publish.BadName']);
  const information = messages.at(-1)?.values[3];
  assert.ok(information instanceof Map);
  assert.equal(information.get('level'), 'error');
  assert.equal(information.get('description'), 'Not this one.');
  assert.deepEqual(session.receive(video(0, Uint8Array.of(1)), 0), []);
});

test('RtmpSession.receive() refuses to play', () => {
  const session = opened(command(['connect', 1, map([['app', 'live']])]));
  const events = session.receive(command(['play', 2, null, 'key'], 1), 0);
  assert.deepEqual(events, [{ type: 'refused', reason: 'play' }]);
  assert.deepEqual(statusCodes(answers(session)), ['NetStream.Play.Failed']);
});

test('RtmpSession.receive() answers small calls and says so when it knows a name not', () => {
  const session = publishing();
  const calls = ['_checkbw', 'getStreamLength', 'releaseStream', 'somethingElse'];
  for (const [i, name] of calls.entries()) session.receive(command([name, 10 + i, null]), 0);
  session.receive(command(['onNothing', 0, null]), 0);
  assert.deepEqual(
    answers(session).map(({ values }) => values.slice(0, 2)),
    [
      ['_result', 10],
      ['_result', 11],
      ['_result', 12],
      ['_error', 13],
    ],
  );
});

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

const connect = command(['connect', 1, map([['app', 'live']])]);
const publish = command(['publish', 5, null, 'key'], 1);
const BROKEN: readonly { name: string; bytes: Uint8Array; code: string }[] = [
  {
    name: 'media before publish',
    bytes: joined([connect, video(0, u32(1))]),
    code: 'rtmp_media_before_publish',
  },
  { name: 'a command before connect', bytes: publish, code: 'rtmp_command_before_connect' },
  { name: 'a second connect', bytes: joined([connect, connect]), code: 'rtmp_command_repeated' },
  {
    name: 'a second publish',
    bytes: joined([connect, publish, publish]),
    code: 'rtmp_command_repeated',
  },
  {
    name: 'a connect with no app',
    bytes: command(['connect', 1, map([])]),
    code: 'rtmp_command_malformed',
  },
  {
    name: 'a publish with no name',
    bytes: joined([connect, command(['publish', 2, null])]),
    code: 'rtmp_command_malformed',
  },
  { name: 'a command with no name', bytes: command([1, 2]), code: 'rtmp_command_malformed' },
  { name: 'an empty command', bytes: command([]), code: 'rtmp_command_malformed' },
  {
    name: 'a command that is not AMF0',
    bytes: chunks({ typeId: 20, payload: Uint8Array.of(2, 9) }),
    code: 'amf0_malformed',
  },
  {
    name: 'a command in AMF3',
    bytes: chunks({ typeId: 17, payload: Uint8Array.of(3) }),
    code: 'rtmp_amf3_unsupported',
  },
  {
    name: 'a message type that does not exist',
    bytes: chunks({ typeId: 99, payload: u32(0) }),
    code: 'rtmp_unknown_message',
  },
  {
    name: 'a control message that is cut',
    bytes: chunks({ typeId: 1, payload: Uint8Array.of(1) }),
    code: 'rtmp_control_too_short',
  },
  { name: 'a chunk size of 0', bytes: setChunkSize(0), code: 'rtmp_chunk_size' },
  {
    name: 'a chunk size with its first bit set',
    bytes: setChunkSize(0x80000080),
    code: 'rtmp_chunk_size',
  },
  {
    name: 'an aggregate that is cut',
    bytes: chunks({ typeId: 22, payload: new Uint8Array(14) }),
    code: 'rtmp_aggregate_malformed',
  },
  {
    name: 'an aggregate in an aggregate',
    bytes: chunks({ typeId: 22, payload: Uint8Array.of(22, ...new Uint8Array(14)) }),
    code: 'rtmp_aggregate_malformed',
  },
];

for (const { name, bytes, code } of BROKEN) {
  test(`RtmpSession.receive() refuses ${name}`, () => {
    const session = opened();
    assert.throws(() => session.receive(bytes, 0), violation(code));
    assert.deepEqual(session.receive(connect, 0), [], 'nothing is heard after a violation');
  });
}

test('RtmpSession.receive() bounds commands by the minute', () => {
  const session = newSession({ limits: { commandsPerWindow: 3 } });
  session.receive(joined([simpleHandshake(), connect]), 0);
  const call = command(['_checkbw', 2, null]);
  session.receive(joined([call, call]), 59_999);
  session.receive(call, 60_000);
  session.receive(joined([call, call]), 61_000);
  assert.throws(() => session.receive(call, 62_000), violation('rtmp_command_flood'));
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
