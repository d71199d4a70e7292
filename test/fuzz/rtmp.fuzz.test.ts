import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { decodeAmf0, encodeAmf0 } from '../../server/format/amf0/index.ts';
import { DEFAULT_RTMP_LIMITS, RtmpSession } from '../../server/wire/rtmp/index.ts';
import {
  chunks,
  command,
  joined,
  opening,
  setChunkSize,
  simpleHandshake,
  u32,
} from '../support/rtmp-peer.ts';
import { fuzz } from './harness.ts';

const limits = { ...DEFAULT_RTMP_LIMITS, bufferedBytes: 512 * 1024, chunkStreams: 16 };
const zeros = new Uint8Array(1536);

function newSession(): RtmpSession {
  return new RtmpSession({
    random: (size) => zeros.subarray(0, size),
    hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
    amf: { encode: encodeAmf0, decode: decodeAmf0 },
    servesApp: (app) => app === 'live',
    enhanced: { video: ['hvc1'], audio: ['Opus'], capsEx: 0 },
    limits,
  });
}

/** Feeds `bytes` in two reads, cut where the bytes themselves say, and answers what is asked. */
function feed(session: RtmpSession, bytes: Uint8Array): void {
  const cut = ((bytes.at(-1) ?? 0) * 256 + (bytes.at(-2) ?? 0)) % (bytes.length + 1);
  for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    for (const event of session.receive(part, 0)) {
      if (event.type === 'publish') session.acceptPublish();
    }
    session.takeOutput();
    assert.ok(session.bufferedBytes >= 0 && session.bufferedBytes <= limits.bufferedBytes);
  }
}

const picture = { typeId: 9, payload: new Uint8Array(300).fill(0x17), csid: 6 };
const data = encodeAmf0(['@setDataFrame', 'onMetaData', new Map([['width', 2]])]);
const aggregate = Buffer.from('08000002000064 01000000af010000000d'.replaceAll(' ', ''), 'hex');
const short = joined([
  chunks(picture),
  chunks({ ...picture, timestampMs: 0x1000000 }),
  chunks({ ...picture, timestampMs: 0x1000000 }, { chunkSize: 128, repeatExtended: false }),
]);
const published = joined([
  simpleHandshake(),
  command(['connect', 1, new Map([['app', 'live']])]),
  command(['publish', 2, null, 'key'], 1),
]);
const seeds = [
  short,
  joined([setChunkSize(4096), chunks(picture, { chunkSize: 4096 })]),
  joined([chunks({ typeId: 18, payload: data }), chunks({ typeId: 22, payload: aggregate })]),
  joined([chunks({ typeId: 4, payload: Uint8Array.of(0, 6, 0, 0, 0, 1), csid: 2 })]),
  joined([chunks({ ...picture, csid: 400 }), chunks({ typeId: 2, payload: u32(400), csid: 2 })]),
  joined([
    chunks({ typeId: 5, payload: u32(100), csid: 2 }),
    command(['FCUnpublish', 6, null, 'key']),
    command(['publish', 7, null, 'key'], 1),
  ]),
];

fuzz('rtmp-chunks', {
  seeds,
  maxSize: 2048,
  target: (bytes) => {
    const session = newSession();
    session.receive(published, 0);
    session.acceptPublish();
    feed(session, bytes);
  },
});

fuzz('rtmp-connect', {
  seeds: [
    joined([opening('key'), short]),
    opening('key', 'live', [['fourCcList', ['hvc1']]]),
    joined([opening('key', 'vod'), command(['play', 9, null, 'key'], 1)]),
  ],
  maxSize: 2048,
  target: (bytes) => {
    const session = newSession();
    session.receive(simpleHandshake(), 0);
    feed(session, bytes);
  },
});

const version9 = simpleHandshake();
version9.set([9, 0, 124, 2], 5);

fuzz('rtmp-handshake', {
  seeds: [
    joined([simpleHandshake(), opening('key'), short]),
    joined([version9, opening('key')]),
    simpleHandshake().subarray(0, 1600),
  ],
  maxSize: 4096,
  target: (bytes) => feed(newSession(), bytes),
});
