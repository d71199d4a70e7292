/** @module A listener on a free port with a clock that stands still, and peers to call it. */

import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { type Log, type LogFields, ManualClock, Signal } from '../../server/base/index.ts';
import {
  type MediaSink,
  RtmpListener,
  type RtmpListenerOptions,
  type RtmpPublisher,
} from '../../server/pipeline/ingest/index.ts';
import { chunks, opening, RtmpPeer, simpleHandshake } from '../support/rtmp-peer.ts';

/** The one stream key that is granted. */
export const KEY = 'live_5_topsecret';

/** A sink that writes down its calls. */
export class Notebook implements MediaSink {
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

/** A log to search. */
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

/** A listener and all that it came into touch with. */
export interface Bench {
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

/** A listener that grants KEY; closed after the test. */
export async function listening(
  changes: Partial<RtmpListenerOptions<string>> = {},
): Promise<Bench> {
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

/** A peer that has said nothing; gone after the test. */
export function dial(port: number): RtmpPeer {
  const peer = new RtmpPeer(port);
  peers.push(peer);
  return peer;
}

/** A peer that was granted to publish. */
export async function publishing(
  bench: Bench,
  name = KEY,
): Promise<{ peer: RtmpPeer; sink: Notebook }> {
  const peer = dial(bench.port);
  peer.send(simpleHandshake(), opening(name));
  await peer.status('NetStream.Publish.Start');
  const sink = bench.sinks.at(-1);
  assert.ok(sink !== undefined);
  return { peer, sink };
}

/** A picture of one byte. */
export function video(timestampMs: number, byte = 0x17): Uint8Array {
  const payload = Uint8Array.of(byte);
  return chunks({ typeId: 9, timestampMs, payload, messageStreamId: 1, csid: 6 });
}
