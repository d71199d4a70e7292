import type { FlvFile, FlvTag } from './flv-file.ts';
import {
  basicHeader,
  joined,
  opening,
  RtmpPeer,
  setChunkSize,
  simpleHandshake,
  u32,
} from './rtmp-peer.ts';

/** Few chunks a frame: what is measured is the server, not this process. */
const CHUNK_SIZE = 60_000;
/** Video on chunk stream 5, audio on 4. */
const MEDIA_CHUNK_STREAM = 4;
const MESSAGE_STREAM = u32(1).reverse();
const LONGEST_SHORT_STAMP = 0xffffff;
const OPEN_TIMEOUT_MS = 10_000;

/** Publishes to an RTMP server as an encoder does, sending media that is encoded already. */
export class RtmpPublisher {
  readonly #peer: RtmpPeer;

  private constructor(peer: RtmpPeer) {
    this.#peer = peer;
  }

  /** Connects and publishes under `key`; resolves once the server has said Publish.Start. */
  static async open(port: number, key: string): Promise<RtmpPublisher> {
    const peer = new RtmpPeer(port);
    const timer = setTimeout(() => peer.socket.destroy(), OPEN_TIMEOUT_MS);
    const tcUrl = `rtmp://127.0.0.1:${port}/live`;
    peer.send(simpleHandshake(), opening(key, 'live', [['tcUrl', tcUrl]]));
    try {
      await peer.status('NetStream.Publish.Start');
    } finally {
      clearTimeout(timer);
    }
    peer.send(setChunkSize(CHUNK_SIZE));
    return new RtmpPublisher(peer);
  }

  /** Whether the connection is gone. */
  get closed(): boolean {
    return this.#peer.socket.destroyed;
  }

  /** Bytes handed to the socket that the server has not taken yet. */
  get backlogBytes(): number {
    return this.#peer.socket.writableLength;
  }

  /** Sends the decoders' configurations. */
  begin(file: FlvFile): void {
    for (const tag of file.headers) this.send(tag, 0);
  }

  /** Sends one tag, stamped `timestampMs`. */
  send({ typeId, body }: FlvTag, timestampMs: number): void {
    const { socket } = this.#peer;
    const chunkStream = MEDIA_CHUNK_STREAM + (typeId & 1);
    const isLong = timestampMs >= LONGEST_SHORT_STAMP;
    const stamp = isLong ? u32(timestampMs) : new Uint8Array(0);
    const header = joined([
      basicHeader(0, chunkStream),
      u32(isLong ? LONGEST_SHORT_STAMP : timestampMs).subarray(1),
      u32(body.length).subarray(1),
      Uint8Array.of(typeId),
      MESSAGE_STREAM,
      stamp,
    ]);
    socket.write(header);
    for (let at = 0; at < body.length; at += CHUNK_SIZE) {
      if (at > 0) socket.write(joined([basicHeader(3, chunkStream), stamp]));
      // A view: the media is shared by all publishers and never copied here.
      socket.write(body.subarray(at, at + CHUNK_SIZE));
    }
  }

  /** Holds back what is sent until `uncork`, so that it leaves in one write. */
  cork(): void {
    this.#peer.socket.cork();
  }

  /** Sends what `cork` held back. */
  uncork(): void {
    this.#peer.socket.uncork();
  }

  /** Hangs up. */
  close(): void {
    this.#peer.socket.destroy();
  }
}
