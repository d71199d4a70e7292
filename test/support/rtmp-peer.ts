/** @module The publisher's side of RTMP for tests: bytes to send, and a reader of the answers. */

import { connect, type Socket } from 'node:net';
import { type AmfValue, decodeAmf0, encodeAmf0 } from '../../server/format/amf0/index.ts';

/** A message as tests write it down. */
export interface PeerMessage {
  readonly typeId: number;
  readonly payload: Uint8Array;
  readonly timestampMs?: number;
  readonly messageStreamId?: number;
  /** Chunk stream; 3 when left out. */
  readonly csid?: number;
}

/** How to cut messages into chunks. */
export interface ChunkStyle {
  readonly chunkSize: number;
  /** Whether format 3 chunks repeat an extended timestamp; true by the specification. */
  readonly repeatExtended?: boolean;
}

/** One message with a format 0 header, in chunks. */
export function chunks(message: PeerMessage, style: ChunkStyle = { chunkSize: 128 }): Uint8Array {
  const { payload, csid = 3 } = message;
  const timestamp = message.timestampMs ?? 0;
  const extended = timestamp >= 0xffffff;
  const stamp = extended ? u32(timestamp) : new Uint8Array(0);
  const parts: Uint8Array[] = [
    basicHeader(0, csid),
    u32(extended ? 0xffffff : timestamp).subarray(1),
    u32(payload.length).subarray(1),
    Uint8Array.of(message.typeId),
    u32(message.messageStreamId ?? 0).reverse(),
    stamp,
  ];
  for (let from = 0; from < payload.length; from += style.chunkSize) {
    if (from > 0) parts.push(basicHeader(3, csid), style.repeatExtended === false ? NONE : stamp);
    parts.push(payload.subarray(from, from + style.chunkSize));
  }
  return joined(parts);
}

/** A basic header of 1, 2 or 3 bytes. */
export function basicHeader(format: number, csid: number): Uint8Array {
  if (csid < 64) return Uint8Array.of((format << 6) | csid);
  if (csid < 320) return Uint8Array.of(format << 6, csid - 64);
  return Uint8Array.of((format << 6) | 1, (csid - 64) & 0xff, (csid - 64) >> 8);
}

/** A command in chunks of 128 bytes. */
export function command(values: readonly AmfValue[], messageStreamId = 0): Uint8Array {
  return chunks({ typeId: 20, payload: encodeAmf0(values), messageStreamId });
}

/** The announcement that our chunks grow to `size`. */
export function setChunkSize(size: number): Uint8Array {
  return chunks({ typeId: 1, payload: u32(size), csid: 2 });
}

/** C0, C1 and C2 of a simple handshake. */
export function simpleHandshake(): Uint8Array {
  return joined([Uint8Array.of(3), new Uint8Array(2 * 1536)]);
}

/** What an encoder sends up to `publish`, all at once. */
export function opening(streamName: string, app = 'live', extra: [string, AmfValue][] = []) {
  const object = new Map<string, AmfValue>([['app', app], ...extra]);
  return joined([
    command(['connect', 1, object]),
    command(['releaseStream', 2, null, streamName]),
    command(['FCPublish', 3, null, streamName]),
    command(['createStream', 4, null]),
    command(['publish', 5, null, streamName, 'live'], 1),
  ]);
}

/** Glues byte strings. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Four big-endian bytes. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** One message of the server. */
export interface ServerMessage {
  readonly typeId: number;
  readonly messageStreamId: number;
  readonly payload: Uint8Array;
  /** Decoded when it is a command. */
  readonly values: readonly AmfValue[];
}

/** Reads what a server sends after its handshake; format 0 and 3 chunks, which is all it uses. */
export function readMessages(bytes: Uint8Array): ServerMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: ServerMessage[] = [];
  let chunkSize = 128;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at + 3) & 0xffffff;
    const typeId = view.getUint8(at + 7);
    const messageStreamId = view.getUint32(at + 8, true);
    const pieces: Uint8Array[] = [];
    at += 12;
    for (let left = length; left > 0; ) {
      const size = Math.min(chunkSize, left);
      pieces.push(bytes.subarray(at, at + size));
      left -= size;
      at += size + (left > 0 ? 1 : 0);
    }
    if (at > bytes.length) break;
    const payload = joined(pieces);
    if (typeId === 1) chunkSize = new DataView(payload.buffer).getUint32(0);
    messages.push({
      typeId,
      messageStreamId,
      payload,
      values: typeId === 20 ? decodeAmf0(payload) : [],
    });
  }
  return messages;
}

/** The codes of the `onStatus` answers among `messages`, in order. */
export function statusCodes(messages: readonly ServerMessage[]): AmfValue[] {
  return messages.flatMap(({ values }) => {
    const information = values[0] === 'onStatus' ? values[3] : undefined;
    return information instanceof Map ? [information.get('code')] : [];
  });
}

/** A publisher on a socket. It sends what it is told to and keeps what it hears. */
export class RtmpPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received: Uint8Array[] = [];
  #waiting: (() => void) | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#waiting?.();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#waiting?.();
        resolve();
      });
    });
  }

  /** All that the server has sent after its handshake. */
  get messages(): ServerMessage[] {
    return readMessages(joined(this.#received).subarray(1 + 2 * 1536));
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(joined(parts));
  }

  /** Resolves when the server has sent an `onStatus` of `code`; rejects when it hangs up before. */
  async status(code: string): Promise<void> {
    while (!statusCodes(this.messages).includes(code)) {
      if (this.socket.destroyed) throw new Error(`the server hung up before ${code}`);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}

const NONE = new Uint8Array(0);
