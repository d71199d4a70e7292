/** @module An encoder that sends several qualities itself (Enhanced RTMP v2, multitrack). */
import { spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { AmfValue } from '../../server/format/amf0/index.ts';
import { pathOf } from './component.ts';
import { chunks, opening, RtmpPeer, setChunkSize, simpleHandshake } from './rtmp-peer.ts';

const AUDIO = 8;
const VIDEO = 9;
const FRAMES_PER_SECOND = 30;
const MAX_FLV_BYTES = 64 * 1024 * 1024;
const CHUNK_SIZE = 65_536;
/** Media is sent as far ahead of its time as a timer may be late. */
const TICK_MS = 20;

/** One video track. */
export interface Quality {
  readonly size: string;
  readonly bFrames: number;
}

/** What the encoder makes: a video track for each quality, the first of which leads, and a tone. */
export interface Ladder {
  readonly qualities: readonly Quality[];
  readonly seconds: number;
  /** Seconds from one keyframe to the next, in all tracks alike. */
  readonly keyframeIntervalS: number;
}

/** How the tracks other than the first share messages. */
export type MultitrackType = 'OneTrack' | 'ManyTracks';

interface Tag {
  readonly typeId: number;
  readonly stampMs: number;
  readonly body: Buffer;
}

/** A frame or configuration of one further track. */
interface Numbered {
  readonly trackId: number;
  readonly tag: Tag;
}

/** The messages of an encoding of `ladder`, in order of their stamps. */
export function encodeLadder(ladder: Ladder, type: MultitrackType): readonly Tag[] {
  const [leading = [], ...rungs] = ladder.qualities.map((quality, index) => {
    const tags = readTags(encodeFlv(ladder, quality));
    return index === 0 ? tags : tags.filter(({ typeId }) => typeId === VIDEO);
  });
  const shownMs = firstShownMs(leading);
  const further = rungs.flatMap((tags, index) =>
    // FFmpeg begins each file's decode times at 0; in an encoder the pictures are what agrees.
    tags.map((tag): Numbered => {
      const stampMs = tag.stampMs + shownMs - firstShownMs(tags);
      return { trackId: index + 1, tag: { ...tag, stampMs } };
    }),
  );
  const tags = [...leading, ...multitrackTags(further, type)].toSorted(
    (a, b) => a.stampMs - b.stampMs,
  );
  // As encoders do: what the decoders need of all tracks, the leading ones first, then by time.
  const configurations = tags.filter(isConfiguration).toSorted((a, b) => order(a) - order(b));
  const firstMs = tags[0]?.stampMs ?? 0;
  return [
    ...configurations.map((tag) => ({ ...tag, stampMs: firstMs })),
    ...tags.filter((tag) => !isConfiguration(tag)),
  ];
}

/** Publishes an encoding in real time until it ends or `stop` is called. */
export class MultitrackPublisher {
  readonly #peer: RtmpPeer;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.#peer = new RtmpPeer(port);
    this.closed = this.#peer.closed;
  }

  /** Sends `tags`, stamped from `firstStampMs` on; resolves when all are sent or the peer is gone. */
  async publish(streamKey: string, tags: readonly Tag[], firstStampMs = 0): Promise<void> {
    const enhanced: [string, AmfValue][] = [
      ['fourCcList', ['avc1']],
      ['capsEx', 2],
    ];
    this.#peer.send(simpleHandshake(), opening(streamKey, 'live', enhanced));
    await this.#peer.status('NetStream.Publish.Start');
    this.#peer.send(setChunkSize(CHUNK_SIZE));
    const startMs = performance.now();
    for (const { typeId, stampMs, body } of tags) {
      while (stampMs > performance.now() - startMs + TICK_MS) await wait(TICK_MS);
      if (this.#peer.socket.destroyed) return;
      const message = { typeId, payload: body, timestampMs: (firstStampMs + stampMs) >>> 0 };
      this.#peer.send(chunks({ ...message, messageStreamId: 1 }, { chunkSize: CHUNK_SIZE }));
    }
  }

  async stop(): Promise<void> {
    this.#peer.socket.destroy();
    await this.closed;
  }
}

/** Packet type 0 of AAC, of AVC, and, in the lower half of the byte, of a multitrack message. */
function isConfiguration({ body }: Tag): boolean {
  return (body.readUInt8(1) & 15) === 0;
}

function order({ body }: Tag): number {
  return body.readUInt8(0) >> 7;
}

/** When the first picture of a file is shown. */
function firstShownMs(tags: readonly Tag[]): number {
  const first = tags.find(({ typeId, body }) => typeId === VIDEO && body.readUInt8(1) === 1);
  if (first === undefined) throw new Error('Cannot tell when a file without pictures is shown');
  return first.stampMs + first.body.readIntBE(2, 3);
}

/** FFmpeg shifts video by what the audio encoder needs to begin, so each quality has its audio. */
function encodeFlv(ladder: Ladder, { size, bFrames }: Quality): Buffer {
  const gop = String(ladder.keyframeIntervalS * FRAMES_PER_SECOND);
  const done = spawnSync(
    pathOf('ffmpeg'),
    [
      ...['-v', 'error', '-nostdin', '-f', 'lavfi'],
      ...['-i', `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND}`],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', '200k'],
      ...['-bf', String(bFrames), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0'],
      ...['-c:a', 'aac', '-b:a', '64k', '-ac', '2', '-t', String(ladder.seconds), '-f', 'flv', '-'],
    ],
    { maxBuffer: MAX_FLV_BYTES },
  );
  if (done.status !== 0) throw new Error(`Cannot encode FLV: ${done.stderr.toString()}`);
  return done.stdout;
}

/** The audio and video tags of an FLV file (FLV 10.1 annex E.4.1). */
function readTags(flv: Buffer): Tag[] {
  const tags: Tag[] = [];
  for (let at = flv.readUInt32BE(5) + 4; at + 11 <= flv.length; ) {
    const typeId = flv.readUInt8(at) & 0x1f;
    const sizeBytes = flv.readUIntBE(at + 1, 3);
    const stampMs = flv.readUIntBE(at + 4, 3) + flv.readUInt8(at + 7) * 2 ** 24;
    const body = flv.subarray(at + 11, at + 11 + sizeBytes);
    at += 11 + sizeBytes + 4;
    if (typeId === AUDIO || typeId === VIDEO) tags.push({ typeId, stampMs, body });
  }
  return tags;
}

/** The AVC tags of numbered tracks as multitrack messages. */
function multitrackTags(numbered: readonly Numbered[], type: MultitrackType): Tag[] {
  const media = numbered.filter(({ tag }) => tag.body.readUInt8(1) < 2);
  if (type === 'OneTrack') return media.map((one) => multitrackTag([one], type));
  const alike = Map.groupBy(
    media,
    ({ tag }) => `${tag.stampMs} ${tag.body.subarray(0, 2).toString('hex')}`,
  );
  return [...alike.values()].map((some) => multitrackTag(some, type));
}

/** One message for tags of the same stamp, frame type and packet type. */
function multitrackTag(numbered: readonly Numbered[], type: MultitrackType): Tag {
  const [first] = numbered;
  if (first === undefined) throw new Error('Cannot make a message of no track');
  const { stampMs, body } = first.tag;
  const [frameType, packetType] = [body.readUInt8(0) >> 4, body.readUInt8(1)];
  const tracks = numbered.flatMap(({ trackId, tag }) => {
    // A configuration has no composition time here; a frame of AVC has.
    const content = tag.body.subarray(packetType === 0 ? 5 : 2);
    const sizeBytes = type === 'OneTrack' ? [] : [0, 0, 0];
    const head = Buffer.from([trackId, ...sizeBytes]);
    if (type === 'ManyTracks') head.writeUIntBE(content.length, 1, 3);
    return [head, content];
  });
  const head = [0x80 | (frameType << 4) | 6, (type === 'OneTrack' ? 0 : 0x10) | packetType];
  const message = Buffer.concat([Buffer.from(head), Buffer.from('avc1'), ...tracks]);
  return { typeId: VIDEO, stampMs, body: message };
}
