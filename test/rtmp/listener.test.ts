import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '../../server/base/index.ts';
import { encodeAmf0 } from '../../server/format/amf0/index.ts';
import {
  type RtmpAuthorization,
  RtmpListener,
  type RtmpPublisher,
} from '../../server/pipeline/ingest/index.ts';
import { chunks, command, opening, simpleHandshake, statusCodes } from '../support/rtmp-peer.ts';
import { dial, KEY, listening, Notebook, publishing, video } from './listener-fixture.ts';

test('RtmpListener hands on what a granted publisher sends, until it unpublishes', async () => {
  const bench = await listening();
  const { peer, sink } = await publishing(bench);
  const metadata = encodeAmf0(['@setDataFrame', 'onMetaData', new Map([['width', 2]])]);
  peer.send(chunks({ typeId: 18, payload: metadata, messageStreamId: 1 }), video(40), video(80));
  peer.send(command(['deleteStream', 6, null, 1]), video(120));
  await peer.status('NetStream.Unpublish.Success');
  assert.deepEqual(sink.lines, [
    'metadata width',
    'video 40 17',
    'video 80 17',
    'end: unpublished',
  ]);
  const { connections, publishers, accepted, receivedBytes } = bench.listener.counters;
  assert.deepEqual(
    { connections, publishers, accepted },
    { connections: 1, publishers: 0, accepted: 1 },
  );
  assert.ok(receivedBytes > 3073);
});

test('RtmpListener announces multitrack and ModEx to an encoder of Enhanced RTMP', async () => {
  const bench = await listening();
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(KEY, 'live', [['capsEx', 2]]));
  await peer.status('NetStream.Publish.Start');
  const accepted = peer.messages.find(({ values }) => values[0] === '_result');
  for (const object of accepted?.values.slice(2) ?? []) {
    assert.equal(object instanceof Map && object.get('capsEx'), 2 + 4 + 8);
  }
  assert.equal(accepted?.values.length, 4);
});

test('RtmpListener passes the key and the query apart', async () => {
  const requests: unknown[] = [];
  const bench = await listening({
    authorize: (request) => {
      requests.push(request);
      return { granted: 'stream-5' };
    },
  });
  await publishing(bench, 'some-key?user=a&x=?');
  assert.deepEqual(requests, [
    { app: 'live', streamKey: 'some-key', query: 'user=a&x=?', remoteAddress: '127.0.0.1' },
  ]);
});

test('RtmpListener answers an unknown or malformed key with BadName and hangs up', async () => {
  const asked: string[] = [];
  const bench = await listening({
    authorize: ({ streamKey }) => {
      asked.push(streamKey);
      return { refused: 'unknown_key' };
    },
  });
  for (const name of ['wrong', '', '?a=b', 'two words', 'ключ', 'x'.repeat(2000)]) {
    const peer = dial(bench.port);
    peer.send(simpleHandshake(), opening(name), video(0));
    await peer.status('NetStream.Publish.BadName');
    await peer.closed;
  }
  assert.deepEqual(asked, ['wrong']);
  assert.deepEqual(bench.listener.counters.refused, { unknown_key: 1, malformed_key: 5 });
  assert.equal(bench.sinks.length, 0);
});

test('RtmpListener tells an encoder why its key is refused, when that is known', async () => {
  const detail = 'Cannot publish: it was ended by request, try in 60 s';
  const bench = await listening({ authorize: () => ({ refused: 'stream_just_ended', detail }) });
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening('right'), video(0));
  await peer.status('NetStream.Publish.BadName');
  const answers = peer.messages.map(({ payload }) => Buffer.from(payload).toString('latin1'));
  assert.ok(answers.some((answer) => answer.includes(detail)));
});

test('RtmpListener writes no key into its log', async () => {
  const bench = await listening();
  const { peer } = await publishing(bench, `${KEY}?token=alsosecret`);
  peer.send(Uint8Array.of(0xff)); // no such chunk stream: a violation
  await peer.closed;
  const refused = dial(bench.port);
  refused.send(simpleHandshake(), opening('wrong-topsecret', 'live/topsecret'));
  await refused.closed;
  const text = bench.log.lines.join('\n');
  assert.match(text, /rtmp publish started .*"stream":"stream-5"/);
  assert.match(text, /"reason":"violation".*rtmp_chunk_without_header/);
  assert.match(text, /"refused":"unknown_app"/);
  assert.doesNotMatch(text, /secret/);
  assert.doesNotMatch(bench.log.lines.slice(1).join('\n'), /127\.0\.0\.1/, 'peers have no address');
});

test('RtmpListener lets the newest publisher win: nothing of the old one comes after it', async () => {
  let present: RtmpPublisher | undefined;
  const sinks: Notebook[] = [];
  const order: string[] = [];
  const bench = await listening({
    publish: (_, publisher) => {
      present?.close('Another encoder took over.');
      order.push(`publish ${publisher.connectionId}`);
      present = publisher;
      const sink = new Notebook();
      sinks.push(sink);
      return sink;
    },
  });
  const old = dial(bench.port);
  old.send(simpleHandshake(), opening(KEY), video(1));
  await old.status('NetStream.Publish.Start');
  await sinks[0]?.until('video 1 17');

  const fresh = dial(bench.port);
  fresh.send(simpleHandshake(), opening(KEY));
  await fresh.status('NetStream.Publish.Start');
  old.send(video(2));
  fresh.send(video(3));
  await sinks[1]?.until('video 3 17');
  await old.status('NetStream.Publish.BadName');
  await old.closed;
  assert.deepEqual(sinks[0]?.lines, ['video 1 17', 'end: Another encoder took over.']);
  assert.deepEqual(sinks[1]?.lines, ['video 3 17']);
  assert.deepEqual(order, ['publish 1', 'publish 2']);
  assert.deepEqual(bench.listener.counters.ended, { closed_by_owner: 1 });
});

test('RtmpListener stops in the middle of a read when the sink closes its publisher', async () => {
  const lines: string[] = [];
  const bench = await listening({
    publish: (_, publisher) => ({
      media: (_kind, timestampMs) => {
        lines.push(`video ${timestampMs}`);
        publisher.close('Enough.');
      },
      metadata: () => undefined,
      end: (reason) => lines.push(`end: ${reason}`),
    }),
  });
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(KEY), video(1), video(2), video(3));
  await peer.closed;
  assert.deepEqual(lines, ['video 1', 'end: Enough.']);
});

test('RtmpListener holds what comes while its owner thinks, and gives it in order', async () => {
  let decide: (answer: RtmpAuthorization<string>) => void = () => undefined;
  const asked = new Signal();
  const bench = await listening({
    authorize: () =>
      new Promise((resolve) => {
        decide = resolve;
        asked.raise();
      }),
  });
  const wasAsked = asked.next();
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(KEY), video(1), video(2));
  await wasAsked;
  peer.send(video(3));
  assert.equal(bench.sinks.length, 0);
  decide({ granted: 'stream-5' });
  await peer.status('NetStream.Publish.Start');
  await bench.sinks[0]?.until('video 3 17');
  assert.deepEqual(bench.sinks[0]?.lines, ['video 1 17', 'video 2 17', 'video 3 17']);
});

test('RtmpListener forgets a peer that went while its owner was thinking', async () => {
  let decide: (answer: RtmpAuthorization<string>) => void = () => undefined;
  const asked = new Signal();
  const bench = await listening({
    authorize: () =>
      new Promise((resolve) => {
        decide = resolve;
        asked.raise();
      }),
  });
  const wasAsked = asked.next();
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(KEY));
  await wasAsked;
  bench.clock.advance(10_000);
  await peer.closed;
  decide({ granted: 'stream-5' });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(bench.sinks.length, 0);
  assert.deepEqual(bench.listener.counters.ended, { opening_timeout: 1 });
});

test('RtmpListener ends the connection in which its owner fails, and serves the others', async () => {
  let times = 0;
  const bench = await listening({
    authorize: () => {
      times++;
      return times === 1 ? Promise.reject(new Error('store is gone')) : { granted: 'stream-5' };
    },
  });
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(KEY));
  await peer.closed;
  assert.deepEqual(bench.listener.counters.ended, { fault: 1 });
  assert.ok(bench.log.lines.some((line) => line.startsWith('rtmp connection failed')));
  await publishing(bench);
});

test('RtmpListener tells its sink when the peer is gone', async () => {
  const bench = await listening();
  const { peer, sink } = await publishing(bench);
  peer.socket.end(video(5));
  await sink.until('end: peer_closed');
  assert.deepEqual(sink.lines, ['video 5 17', 'end: peer_closed']);
});

test('RtmpListener.close() tells publishers, ends their sinks and lets nobody in', async () => {
  const bench = await listening();
  const { peer, sink } = await publishing(bench);
  const waiting = dial(bench.port);
  waiting.send(simpleHandshake());
  while (bench.listener.counters.connections < 2) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await bench.listener.close();
  await Promise.all([peer, waiting].map(({ closed }) => closed));
  assert.deepEqual(statusCodes(peer.messages).at(-1), 'NetStream.Publish.BadName');
  assert.deepEqual(sink.lines, ['end: The server is shutting down.']);
  const late = dial(bench.port);
  await late.closed;
  assert.equal(bench.listener.counters.accepted, 2);
});

test('RtmpListener.listen() rejects with the error of the system', async () => {
  const bench = await listening();
  const second = new RtmpListener<string>({
    clock: bench.clock,
    log: bench.log,
    authorize: () => ({ refused: 'nobody' }),
    publish: () => new Notebook(),
    describe: () => ({}),
  });
  await assert.rejects(second.listen({ host: '127.0.0.1', port: bench.port }), {
    code: 'EADDRINUSE',
  });
});
