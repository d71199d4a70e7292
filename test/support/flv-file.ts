/** One tag of an FLV file: what an RTMP publisher sends as a message. */
export interface FlvTag {
  readonly typeId: number;
  readonly timestampMs: number;
  readonly body: Buffer;
  /** Which picture it is, from 0; undefined for sound and headers. */
  readonly frame: number | undefined;
}

/** An FLV file as a publisher needs it: headers to send first, then media that can loop. */
export interface FlvFile {
  readonly headers: readonly FlvTag[];
  readonly media: readonly FlvTag[];
  /** Milliseconds from the first picture to where the next loop begins. */
  readonly durationMs: number;
}

const AUDIO = 8;
const VIDEO = 9;
const FLAGS_BYTES = 2;
const TAG_HEADER_BYTES = 11;
const TAG_TRAILER_BYTES = 4;
/** AVCPacketType and AACPacketType: 0 is the decoder's configuration, 1 is media. */
const CONFIGURATION = 0;
const MEDIA = 1;

/** Reads the H.264 and AAC tags of an FLV file (Adobe FLV 10.1, annex E) from its first picture. */
export function readFlv(bytes: Buffer): FlvFile {
  const tags = [...readTags(bytes)];
  const ofKind = (packetType: number) => tags.filter(({ body }) => body[1] === packetType);
  const media = numberFrames(ofKind(MEDIA));
  const video = media.filter(({ frame }) => frame !== undefined);
  const firstMs = video[0]?.timestampMs;
  const lastMs = video.at(-1)?.timestampMs;
  if (firstMs === undefined || lastMs === undefined || lastMs === firstMs) {
    throw new Error('Cannot read FLV: it has fewer than two pictures');
  }
  const stepMs = (lastMs - firstMs) / (video.length - 1);
  const durationMs = Math.round(stepMs * video.length);
  const shifted = media
    .map((tag) => ({ ...tag, timestampMs: tag.timestampMs - firstMs }))
    .filter(({ timestampMs }) => timestampMs >= 0 && timestampMs < durationMs);
  return { headers: ofKind(CONFIGURATION), media: shifted, durationMs };
}

/** `file` once through as an FLV file (annex E.2 to E.4). */
export function writeFlv({ headers, media }: FlvFile): Buffer {
  const flags = 0b101; // audio and video
  const head = Buffer.from([...Buffer.from('FLV'), 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
  return Buffer.concat([head, ...[...headers, ...media].flatMap(tagBytes)]);
}

function tagBytes({ typeId, timestampMs, body }: FlvTag): Buffer[] {
  const head = Buffer.alloc(TAG_HEADER_BYTES);
  head.writeUInt8(typeId, 0);
  head.writeUIntBE(body.length, 1, 3);
  head.writeUIntBE(timestampMs & 0xffffff, 4, 3);
  head.writeUInt8(timestampMs >>> 24, 7);
  const tail = Buffer.alloc(TAG_TRAILER_BYTES);
  tail.writeUInt32BE(TAG_HEADER_BYTES + body.length);
  return [head, body, tail];
}

function* readTags(bytes: Buffer): Generator<FlvTag> {
  const first = bytes.readUInt32BE(5) + TAG_TRAILER_BYTES;
  for (let at = first; at + TAG_HEADER_BYTES <= bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const timestampMs = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000;
    const typeId = bytes.readUInt8(at) & 0x1f;
    const body = bytes.subarray(at + TAG_HEADER_BYTES, at + TAG_HEADER_BYTES + size);
    at += TAG_HEADER_BYTES + size + TAG_TRAILER_BYTES;
    const isMedia = typeId === AUDIO || typeId === VIDEO;
    if (isMedia && size >= FLAGS_BYTES) yield { typeId, timestampMs, body, frame: undefined };
  }
}

function numberFrames(tags: readonly FlvTag[]): FlvTag[] {
  let frames = 0;
  return tags.map((tag) => (tag.typeId === VIDEO ? { ...tag, frame: frames++ } : tag));
}
