import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  chunks,
  command,
  opening,
  RtmpPeer,
  setChunkSize,
  simpleHandshake,
  statusCodes,
} from '../../../test/support/rtmp-peer.ts';
import { type Log, type LogFields, ManualClock, Signal } from '../../base/index.ts';
import { encodeAmf0 } from '../../format/amf0/index.ts';
import type { MediaSink, RtmpAuthorization, RtmpPublisher } from './rtmp-connection.ts';
import { RtmpListener, type RtmpListenerOptions } from './rtmp-listener.ts';

const KEY = 'live_5_topsecret';

/** A sink that writes down its calls. */
class Notebook implements MediaSink {
  readonly lines: string[] = [];
  readonly #changed = new Signal();

  media(kind: string, timestampMs: number, payload: Uint8Array): void {
    this.#note(`${kind} ${timestampMs} ${Buffer.from(payload).toString('hex')}`);
  }

  metadata(values: ReadonlyMap<string, unknown>): void {
    this.#note(`metadata ${[...values.keys()].join()}`);
  }

  end(reason: string): void {
    this.#note(`end: ${reason}`);
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await this.#changed.next();
  }

  #note(line: string): void {
    this.lines.push(line);
    this.#changed.raise();
  }
}

class TextLog implements Log {
  readonly lines: string[] = [];
  debug = (fields: LogFields, message: string): void => this.#write(fields, message);
  info = this.debug;
  warn = this.debug;
  error = this.debug;
  child(fields: LogFields): Log {
    const write = (more: LogFields, message: string): void => {
      this.#write({ ...fields, ...more }, message);
    };
    const child: Log = {
      debug: write,
      info: write,
      warn: write,
      error: write,
      child: (more) => this.child({ ...fields, ...more }),
    };
    return child;
  }
  #write(fields: LogFields, message: string): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
  }
}

interface Bench {
  readonly port: number;
  readonly clock: ManualClock;
  readonly log: TextLog;
  readonly listener: RtmpListener<string>;
  /** A sink for every publish that was granted, in order. */
  readonly sinks: Notebook[];
  readonly publishers: RtmpPublisher[];
}

const listeners: RtmpListener<string>[] = [];
const peers: RtmpPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function listening(changes: Partial<RtmpListenerOptions<string>> = {}): Promise<Bench> {
  const clock = new ManualClock();
  const log = new TextLog();
  const sinks: Notebook[] = [];
  const publishers: RtmpPublisher[] = [];
  const listener = new RtmpListener<string>({
    clock,
    log,
    authorize: ({ streamKey }) =>
      streamKey === KEY ? { granted: 'stream-5' } : { refused: 'unknown_key' },
    publish: (_, publisher) => {
      publishers.push(publisher);
      const sink = new Notebook();
      sinks.push(sink);
      return sink;
    },
    describe: (stream) => ({ stream }),
    ...changes,
  });
  listeners.push(listener);
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  return { port, clock, log, listener, sinks, publishers };
}

function dial(port: number): RtmpPeer {
  const peer = new RtmpPeer(port);
  peers.push(peer);
  return peer;
}

async function publishing(bench: Bench, name = KEY): Promise<{ peer: RtmpPeer; sink: Notebook }> {
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(name));
  await peer.status('NetStream.Publish.Start');
  const sink = bench.sinks.at(-1);
  assert.ok(sink !== undefined);
  return { peer, sink };
}

/** A picture of one byte. */
function video(timestampMs: number, byte = 0x17): Uint8Array {
  const payload = Uint8Array.of(byte);
  return chunks({ typeId: 9, timestampMs, payload, messageStreamId: 1, csid: 6 });
}

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

test('RtmpListener.close() destroys who does not hang up in time', async () => {
  const bench = await listening();
  const { peer } = await publishing(bench);
  peer.socket.pause(); // never sees our end
  const closed = bench.listener.close();
  bench.clock.advance(2000);
  await closed;
  assert.equal(bench.listener.counters.connections, 0);
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
