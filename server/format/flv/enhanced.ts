import { Violation } from '../../base/index.ts';
import { BodyReader } from './body-reader.ts';

/** A decoder configuration. Audio and video share these packet types (Enhanced RTMP v2). */
export const PACKET_SEQUENCE_START = 0;
/** A coded frame; video with a composition time where the codec reorders. */
export const PACKET_CODED_FRAMES = 1;
/** The encoder ends the track's sequence. */
export const PACKET_SEQUENCE_END = 2;
const PACKET_MOD_EX = 7;

const MOD_EX_TIMESTAMP_OFFSET_NANO = 0;
const MAX_NANOS = 999_999;
/** One extension is defined; a sender has no reason for more than a few. */
const MAX_MOD_EX = 8;

const ONE_TRACK = 0;
const MANY_TRACKS_MANY_CODECS = 2;
/** Track ids are one byte. */
const MAX_TRACKS = 256;

/** What stands between the first byte of an extended body and its codec. */
export interface ExtendedHeader {
  readonly packetType: number;
  readonly nanos: number;
}

/** Reads over ModEx prefixes, keeping the nanosecond offset. Violation `flv_mod_ex_malformed`. */
export function readModEx(reader: BodyReader, firstPacketType: number): ExtendedHeader {
  let packetType = firstPacketType;
  let nanos = 0;
  for (let count = 0; packetType === PACKET_MOD_EX; count++) {
    if (count === MAX_MOD_EX) {
      throw new Violation('flv_mod_ex_malformed', `More than ${MAX_MOD_EX} ModEx in a message`);
    }
    let size = reader.unsigned(1) + 1;
    if (size === 256) size = reader.unsigned(2) + 1;
    const field = new BodyReader(reader.take(size));
    const next = reader.unsigned(1);
    packetType = next & 15;
    if (next >> 4 === MOD_EX_TIMESTAMP_OFFSET_NANO && size >= 3) {
      nanos = Math.min(field.unsigned(3), MAX_NANOS);
    }
  }
  return { packetType, nanos };
}

/** The part of a body that is about one track. */
export interface TrackBody {
  readonly packetType: number;
  readonly fourCc: string;
  readonly body: BodyReader;
}

/** A FourCC as text; bytes that are not printable ASCII become `?`, so that it may be shown. */
export function readFourCc(reader: BodyReader): string {
  let text = '';
  for (const byte of reader.take(4)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text;
}

/**
 * Finds track 0 in a multitrack body; undefined when only others are in it. Encoders send further
 * qualities or languages as further tracks; a broadcast has one of each kind.
 */
export function readTrackZero(reader: BodyReader, multitrackPacket: number): TrackBody | undefined {
  const head = reader.unsigned(1);
  const multitrackType = head >> 4;
  const packetType = head & 15;
  if (multitrackType > MANY_TRACKS_MANY_CODECS || packetType === multitrackPacket) {
    throw new Violation(
      'flv_multitrack_malformed',
      `Multitrack type ${multitrackType} with packet type ${packetType} is not defined`,
    );
  }
  const manyCodecs = multitrackType === MANY_TRACKS_MANY_CODECS;
  let fourCc = manyCodecs ? '' : readFourCc(reader);
  for (let count = 0; reader.left > 0 && count < MAX_TRACKS; count++) {
    if (manyCodecs) fourCc = readFourCc(reader);
    const id = reader.unsigned(1);
    const bytes =
      multitrackType === ONE_TRACK ? reader.take(reader.left) : reader.take(reader.unsigned(3));
    if (id === 0) return { packetType, fourCc, body: new BodyReader(bytes) };
  }
  return undefined;
}
