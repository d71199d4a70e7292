import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chunks,
  command,
  joined,
  opening,
  setChunkSize,
  simpleHandshake,
  statusCodes,
  u32,
} from '../support/rtmp-peer.ts';
import {
  answers,
  map,
  newSession,
  opened,
  publishing,
  video,
  violation,
} from './session-fixture.ts';

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
