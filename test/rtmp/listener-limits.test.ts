import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunks, command, opening, setChunkSize, simpleHandshake } from '../support/rtmp-peer.ts';
import { dial, listening, publishing } from './listener-fixture.ts';

test('RtmpListener lets an address with too many refusals in only after a minute', async () => {
  const bench = await listening({ limits: { failures: 3 } });
  for (let i = 0; i < 3; i++) {
    const peer = dial(bench.port);
    peer.send(simpleHandshake(), opening(`wrong-${i}`));
    await peer.status('NetStream.Publish.BadName');
    await peer.closed;
  }
  const blocked = dial(bench.port);
  await blocked.closed;
  assert.deepEqual(bench.listener.counters.refused, { unknown_key: 3, too_many_failures: 1 });
  bench.clock.advance(60_000);
  await publishing(bench);
});

test('RtmpListener drops who does not publish within 10 s, however busy it is', async () => {
  const bench = await listening();
  const silent = dial(bench.port);
  const slow = dial(bench.port);
  slow.send(simpleHandshake());
  const connected = dial(bench.port);
  connected.send(simpleHandshake(), command(['connect', 1, new Map([['app', 'live']])]));
  while (bench.listener.counters.receivedBytes < 2 * 3073 + 30) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let second = 0; second < 9; second++) {
    bench.clock.advance(1000);
    slow.send(Uint8Array.of(3));
  }
  assert.equal(bench.listener.counters.connections, 3);
  bench.clock.advance(1000);
  await Promise.all([silent, slow, connected].map(({ closed }) => closed));
  assert.deepEqual(bench.listener.counters.ended, { opening_timeout: 3 });
});

test('RtmpListener drops a publisher that sends nothing, or a byte a second, for 10 s', async () => {
  const bench = await listening();
  const { peer, sink } = await publishing(bench);
  // Zero-length messages of one byte each: chunks keep coming, media does not.
  peer.send(chunks({ typeId: 9, payload: new Uint8Array(0), messageStreamId: 1, csid: 6 }));
  for (let second = 0; second < 9; second++) {
    bench.clock.advance(1000);
    peer.send(Uint8Array.of(0xc6));
  }
  assert.equal(bench.listener.counters.publishers, 1);
  bench.clock.advance(1000);
  await peer.closed;
  assert.deepEqual(sink.lines, ['end: too_slow']);
});

test('RtmpListener keeps a publisher that sends little but enough', async () => {
  const bench = await listening();
  const { peer, sink } = await publishing(bench);
  peer.send(setChunkSize(4096));
  for (let i = 1; i <= 4; i++) {
    bench.clock.advance(9000);
    const payload = new Uint8Array(300).fill(i);
    peer.send(chunks({ typeId: 8, timestampMs: i, payload, csid: 4 }, { chunkSize: 4096 }));
    await sink.until(`audio ${i} ${Buffer.from(payload).toString('hex')}`);
  }
  assert.equal(bench.listener.counters.publishers, 1);
});

test('RtmpListener drops a peer that asks and does not read', async () => {
  const bench = await listening({ limits: { outputBytes: 4096 } });
  const { peer, sink } = await publishing(bench);
  peer.socket.pause();
  const ping = chunks({ typeId: 4, payload: Uint8Array.of(0, 6, 0, 0, 0, 0), csid: 2 });
  const flood = Buffer.alloc(ping.length * 40_000, ping);
  const pour = (): void => {
    if (!peer.socket.destroyed) peer.socket.write(flood, pour);
  };
  pour();
  await sink.until('end: not_reading');
});

test('RtmpListener turns away sockets beyond its limit', async () => {
  const bench = await listening({ limits: { connections: 1 } });
  await publishing(bench);
  const second = dial(bench.port);
  await second.closed;
  assert.deepEqual(bench.listener.counters.refused, { too_many_connections: 1 });
});

test('RtmpListener.close() destroys who does not hang up in time', async () => {
  const bench = await listening();
  const { peer } = await publishing(bench);
  peer.socket.pause(); // never sees our end
  const closed = bench.listener.close();
  bench.clock.advance(2000);
  await closed;
  assert.equal(bench.listener.counters.connections, 0);
});
