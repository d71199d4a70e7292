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
  /** 0 to 255; 0 is the one that a body without track ids is about. */
  readonly trackId: number;
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
 * Reads what follows packet type `multitrackPacket` (Enhanced RTMP v2, AvMultitrackType): one track
 * or several, each at most once. Violation `flv_multitrack_malformed`, or `flv_truncated`.
 */
export function readTracks(reader: BodyReader, multitrackPacket: number): TrackBody[] {
  const head = reader.unsigned(1);
  const multitrackType = head >> 4;
  const packetType = head & 15;
  if (multitrackType > MANY_TRACKS_MANY_CODECS || packetType === multitrackPacket) {
    throw new Violation(
      'flv_multitrack_malformed',
      `Multitrack type ${multitrackType} with packet type ${packetType} is not defined`,
    );
  }
  const shared = multitrackType === MANY_TRACKS_MANY_CODECS ? undefined : readFourCc(reader);
  const tracks = new Map<number, TrackBody>();
  do {
    const fourCc = shared ?? readFourCc(reader);
    const trackId = reader.unsigned(1);
    if (tracks.has(trackId)) {
      throw new Violation('flv_multitrack_malformed', `Track ${trackId} is twice in a message`);
    }
    const sizeBytes = multitrackType === ONE_TRACK ? reader.left : reader.unsigned(3);
    const view = reader.take(sizeBytes);
    // A view of a few bytes would keep a message of many tracks in memory as long as they are.
    const bytes = multitrackType === ONE_TRACK ? view : new Uint8Array(view);
    tracks.set(trackId, { trackId, packetType, fourCc, body: new BodyReader(bytes) });
  } while (reader.left > 0);
  return [...tracks.values()];
}
