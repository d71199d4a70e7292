import type { RtmpMessage } from './message.ts';

/** The chunk size that holds until one is announced (Adobe RTMP 1.0, section 5.4.1). */
export const INITIAL_CHUNK_SIZE = 128;

const MESSAGE_HEADER_BYTES = 12;

/** Cuts messages into chunks to send. Knows chunk streams 2 to 63 and full headers, no deltas. */
export class ChunkWriter {
  /** Largest payload of one chunk in bytes; what the peer was told last. */
  chunkSize = INITIAL_CHUNK_SIZE;

  /** The chunks of one message on chunk stream `csid`. Timestamps stay below 0xffffff here. */
  write(csid: number, message: RtmpMessage): Uint8Array {
    const { payload } = message;
    const seams = Math.max(0, Math.ceil(payload.length / this.chunkSize) - 1);
    const bytes = new Uint8Array(MESSAGE_HEADER_BYTES + payload.length + seams);
    const view = new DataView(bytes.buffer);
    bytes[0] = csid;
    view.setUint32(1, Math.min(message.timestampMs, 0xfffffe) << 8);
    view.setUint32(4, (payload.length << 8) | message.typeId);
    view.setUint32(8, message.messageStreamId, true);
    let at = MESSAGE_HEADER_BYTES;
    for (let from = 0; from < payload.length; from += this.chunkSize) {
      if (from > 0) bytes[at++] = 0xc0 | csid;
      const piece = payload.subarray(from, from + this.chunkSize);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}
