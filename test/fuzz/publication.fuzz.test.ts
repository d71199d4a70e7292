import assert from 'node:assert/strict';
import { ManualClock, silentLog } from '../../server/base/index.ts';
import { Feed, type FeedCursor, MAX_RUNGS } from '../../server/live/index.ts';
import { FlvSource, Publications } from '../../server/pipeline/ingest/index.ts';
import { fuzz } from './harness.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex'));

const AVC1 = '61766331';
const AVCC = '0142c00dffe100186742c00dd90141fb011000000300100000030320f142a48001000568cb83cb20';
const IDR = '000000 00000003 658884';
const INTER = '000000 00000003 419a00';

/** A message as the fuzzer's bytes hold it: kind, stamp, size, body. */
function message(kind: 8 | 9, stampMs: number, hex: string): Buffer {
  const body = bytes(hex);
  const head = Buffer.from([kind, 0, 0, 0, 0, body.length]);
  head.writeUInt32BE(stampMs >>> 0, 1);
  return Buffer.concat([head, body]);
}

/** Two publishers of three video tracks after another; a message of kind 0 parts them. */
function ladder(frame: (stampMs: number, isKey: boolean) => readonly Buffer[]): Uint8Array {
  const publisher = (firstMs: number): Buffer[] => [
    message(9, firstMs, `17 00 000000 ${AVCC}`),
    message(9, firstMs, `96 00 ${AVC1} 01 ${AVCC}`),
    message(
      9,
      firstMs,
      `96 20 ${AVC1} 02 ${(AVCC.length / 2).toString(16).padStart(6, '0')} ${AVCC}`,
    ),
    message(8, firstMs, 'af 00 1190'),
    message(8, firstMs, 'af 01 de02'),
    ...Array.from({ length: 8 }, (_, index) => frame(firstMs + index * 40, index % 4 === 0)).flat(),
  ];
  const parting = Buffer.from([0, 0, 0, 0, 0, 0]);
  return Uint8Array.from(Buffer.concat([...publisher(2 ** 32 - 100), parting, ...publisher(70)]));
}

const oneTrack = ladder((stampMs, isKey) => [
  message(9, stampMs, isKey ? `17 01 ${IDR}` : `27 01 ${INTER}`),
  ...[1, 2].map((trackId) =>
    message(9, stampMs, `${isKey ? '96' : 'a6'} 01 ${AVC1} 0${trackId} ${isKey ? IDR : INTER}`),
  ),
]);
const manyTracks = ladder((stampMs, isKey) => {
  const sized = `00000a ${isKey ? IDR : INTER}`;
  return [
    message(9, stampMs, `${isKey ? '96' : 'a6'} 11 ${AVC1} 00 ${sized} 01 ${sized} 02 ${sized}`),
  ];
});

/** Reads what a feed holds; it must come as every reader may expect it. */
function check(cursor: FeedCursor): void {
  const newest = new Map<string, number>();
  for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
    if (event.type === 'track') newest.set(event.track.kind, newest.get(event.track.kind) ?? -1);
    if (event.type !== 'sample') continue;
    const { kind, dts, pts } = event.sample;
    assert.ok(dts > (newest.get(kind) ?? Number.POSITIVE_INFINITY), `${kind} at ${dts}`);
    assert.ok(pts >= dts && Number.isSafeInteger(pts));
    newest.set(kind, dts);
  }
}

/** Publishes what the fuzzer's bytes hold, and reads it. */
function publish(input: Uint8Array): void {
  const feed = new Feed();
  const clock = new ManualClock();
  const lead = feed.read();
  const publications = new Publications({
    log: silentLog,
    clock,
    reconnectWindowMs: 0,
    lost: () => undefined,
    resumed: () => undefined,
    source: (_streamId, metadata) => new FlvSource({ clock, metadata }),
    goLive: () => feed,
    gone: () => undefined,
  });
  const publisher = { connectionId: 1, remoteAddress: '', close: () => undefined };
  let sink = publications.publish('a', publisher);
  const view = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const cursors = new Map<string, FeedCursor>([['', lead]]);
  for (let at = 0; at + 6 <= view.length && publications.count > 0; ) {
    const end = at + 6 + view.readUInt8(at + 5);
    const kind = view.readUInt8(at);
    if (kind === 0) sink = publications.publish('a', publisher);
    else
      sink.media(
        kind === 8 ? 'audio' : 'video',
        view.readUInt32BE(at + 1),
        view.subarray(at + 6, end),
      );
    for (const [name, rung] of feed.rungs) {
      if (!cursors.has(name)) cursors.set(name, rung.read());
    }
    at = end;
  }
  sink.end('closed');
  for (const cursor of cursors.values()) check(cursor);
  assert.ok(feed.rungs.size <= MAX_RUNGS);
  assert.ok([...feed.rungs.values()].every((rung) => rung.closed));
}

fuzz('multitrack-publication', { seeds: [oneTrack, manyTracks], target: publish });
