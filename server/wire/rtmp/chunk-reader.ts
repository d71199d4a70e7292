import { assert, Violation } from '../../base/index.ts';
import { INITIAL_CHUNK_SIZE } from './chunk-writer.ts';
import type { RtmpLimits } from './limits.ts';
import { MESSAGE, type RtmpMessage } from './message.ts';

/** Basic header of 3 bytes, message header of 11, extended timestamp of 4. */
const MAX_HEADER_BYTES = 18;
/** Size of the message header in formats 0 to 3 (Adobe RTMP 1.0, section 5.3.1.2). */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
/** In the 24-bit field: the timestamp is in the four bytes after the header. */
const EXTENDED = 0xffffff;
/**
 * Memory given to a message on the word of its header. More is added as its bytes arrive, so a
 * forged length costs its sender as much as it costs us.
 */
const FIRST_ALLOCATION_BYTES = 64 * 1024;
const NO_BYTES = new Uint8Array(0);

/** What is known of one chunk stream; headers of formats 1 to 3 build on it. */
class ChunkStream {
  readonly id: number;
  timestampMs = 0;
  /** The timestamp field of the last header: added again when a format 3 chunk opens a message. */
  field = 0;
  extended = false;
  length = 0;
  typeId = 0;
  messageStreamId = 0;
  /** Room for the unfinished message; undefined between messages. */
  payload: Uint8Array | undefined;
  received = 0;

  constructor(id: number) {
    this.id = id;
  }
}

/**
 * Puts messages together from chunks (section 5.3). `feed` it one read, then call `next` until it
 * gives nothing. Payload goes straight from the read into its message; between reads only the
 * bytes of an unfinished header are kept.
 */
export class ChunkReader {
  /** Largest payload of one chunk in bytes, as the peer announced it. Holds from the next chunk. */
  chunkSize = INITIAL_CHUNK_SIZE;

  readonly #limits: RtmpLimits;
  readonly #streams = new Map<number, ChunkStream>();
  #buffered = 0;

  #input: Uint8Array = NO_BYTES;
  #at = 0;
  readonly #carry = new Uint8Array(MAX_HEADER_BYTES);
  #carried = 0;

  /** The chunk that is being read, and how much of its payload is still to come. */
  #chunk: ChunkStream | undefined;
  #chunkLeft = 0;

  constructor(limits: RtmpLimits) {
    this.#limits = limits;
  }

  /** Memory held for unfinished messages, in bytes. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** Hands over the bytes of one read; they must not change until `next` gave undefined. */
  feed(bytes: Uint8Array): void {
    assert(this.#at === this.#input.length, 'Cannot feed chunks: the last read is not used up');
    this.#input = bytes;
    this.#at = 0;
  }

  /**
   * The next whole message, or undefined when more bytes are needed.
   *
   * @throws Violation `rtmp_chunk_*`, `rtmp_message_too_large` or `rtmp_buffer_full`; nothing can be read after it
   */
  next(): RtmpMessage | undefined {
    for (;;) {
      this.#chunk ??= this.#readHeader();
      const chunk = this.#chunk;
      if (chunk === undefined) break;
      const size = Math.min(this.#chunkLeft, this.#input.length - this.#at);
      if (size > 0) this.#append(chunk, size);
      if (this.#chunkLeft > 0) break;
      this.#chunk = undefined;
      if (chunk.received === chunk.length) return this.#finish(chunk);
    }
    this.#input = NO_BYTES;
    this.#at = 0;
    return undefined;
  }

  /** Drops the unfinished message of a chunk stream (section 5.4.2). */
  abort(chunkStreamId: number): void {
    const stream = this.#streams.get(chunkStreamId);
    if (stream !== undefined) this.#release(stream);
  }

  /** Reads a chunk's header, out of the input or pieced together with what the last read left. */
  #readHeader(): ChunkStream | undefined {
    if (this.#carried === 0) {
      const size = this.#parseHeader(this.#input, this.#at);
      this.#at += size;
      if (size === 0) this.#carryRest();
      return this.#chunk;
    }
    const room = MAX_HEADER_BYTES - this.#carried;
    const fresh = this.#input.subarray(this.#at, this.#at + room);
    this.#carry.set(fresh, this.#carried);
    const size = this.#parseHeader(this.#carry.subarray(0, this.#carried + fresh.length), 0);
    if (size === 0) {
      this.#carried += fresh.length;
      this.#at += fresh.length;
    } else if (size < this.#carried) {
      this.#unreadCarried(size);
    } else {
      this.#at += size - this.#carried;
      this.#carried = 0;
    }
    return this.#chunk;
  }

  #carryRest(): void {
    const rest = this.#input.subarray(this.#at);
    this.#carry.set(rest);
    this.#carried = rest.length;
    this.#at = this.#input.length;
  }

  /** Bytes kept as the start of a repeated timestamp turned out to be payload: put them back. */
  #unreadCarried(headerSize: number): void {
    const payload = this.#carry.subarray(headerSize, this.#carried);
    const rest = this.#input.subarray(this.#at);
    const input = new Uint8Array(payload.length + rest.length);
    input.set(payload);
    input.set(rest, payload.length);
    this.#input = input;
    this.#at = 0;
    this.#carried = 0;
  }

  /** Size of the header at `start`, whose chunk then is the current one; 0 if it is not all there. */
  #parseHeader(bytes: Uint8Array, start: number): number {
    const first = bytes[start];
    if (first === undefined) return 0;
    let at = start + 1;
    let id = first & 0x3f;
    if (id < 2) {
      const extra = id + 1; // ids from 64 on: 0 announces one more byte, 1 two (section 5.3.1.1)
      if (at + extra > bytes.length) return 0;
      id = 64 + byteAt(bytes, at) + (extra === 2 ? byteAt(bytes, at + 1) * 256 : 0);
      at += extra;
    }
    const format = first >> 6;
    const stream = this.#stream(id, format);
    at = format === 3 ? this.#continue(stream, bytes, at) : this.#renew(stream, format, bytes, at);
    if (at === 0) return 0;
    this.#chunk = stream;
    this.#chunkLeft = Math.min(this.chunkSize, stream.length - stream.received);
    return at - start;
  }

  #stream(id: number, format: number): ChunkStream {
    const known = this.#streams.get(id);
    if (known !== undefined) return known;
    // Format 1 is let through: librtmp opens chunk stream 2 with it.
    if (format > 1) {
      throw new Violation(
        'rtmp_chunk_without_header',
        `Cannot read chunk of format ${format}: chunk stream ${id} has no header yet`,
      );
    }
    if (this.#streams.size >= this.#limits.chunkStreams) {
      throw new Violation(
        'rtmp_chunk_streams',
        `Cannot open chunk stream ${id}: ${this.#limits.chunkStreams} are open`,
      );
    }
    const stream = new ChunkStream(id);
    this.#streams.set(id, stream);
    return stream;
  }

  /** Reads a header of format 0, 1 or 2, which opens a message. Gives its end; 0 if it is cut. */
  #renew(stream: ChunkStream, format: number, bytes: Uint8Array, start: number): number {
    const end = start + (MESSAGE_HEADER_BYTES[format] ?? 0);
    if (end > bytes.length) return 0;
    let field = u24(bytes, start);
    const extended = field === EXTENDED;
    if (extended) {
      if (end + 4 > bytes.length) return 0;
      field = u32(bytes, end);
    }
    if (stream.payload !== undefined) {
      throw new Violation(
        'rtmp_chunk_interrupted',
        `Cannot open message on chunk stream ${stream.id}: ` +
          `${stream.received} of ${stream.length} bytes of the last one came`,
      );
    }
    if (format < 2) {
      stream.length = u24(bytes, start + 3);
      stream.typeId = byteAt(bytes, start + 6);
    }
    if (format === 0) stream.messageStreamId = u32LittleEndian(bytes, start + 7);
    stream.timestampMs = format === 0 ? field : (stream.timestampMs + field) >>> 0;
    stream.field = field;
    stream.extended = extended;
    this.#open(stream);
    return extended ? end + 4 : end;
  }

  /**
   * Reads what may follow a format 3 basic header. "This field is present in Type 3 chunks when
   * the most recent Type 0, 1, or 2 chunk for the same chunk stream ID indicated the presence of
   * an extended timestamp field" (section 5.3.1.3), yet some encoders leave it out: four bytes
   * that differ from the timestamp are payload.
   */
  #continue(stream: ChunkStream, bytes: Uint8Array, start: number): number {
    let at = start;
    if (stream.extended) {
      for (let shift = 24; shift >= 0; shift -= 8, at++) {
        const byte = bytes[at];
        if (byte === undefined) return 0;
        if (byte !== ((stream.field >>> shift) & 0xff)) {
          at = start;
          break;
        }
      }
    }
    if (stream.payload === undefined) {
      stream.timestampMs = (stream.timestampMs + stream.field) >>> 0;
      this.#open(stream);
    }
    return at;
  }

  #open(stream: ChunkStream): void {
    const { typeId, length } = stream;
    const isMedia =
      typeId === MESSAGE.video || typeId === MESSAGE.audio || typeId === MESSAGE.aggregate;
    const limit = isMedia ? this.#limits.mediaMessageBytes : this.#limits.otherMessageBytes;
    if (length > limit) {
      throw new Violation(
        'rtmp_message_too_large',
        `Cannot read message of type ${typeId}: ${length} bytes exceed ${limit}`,
      );
    }
    stream.received = 0;
    stream.payload = this.#allocate(Math.min(length, FIRST_ALLOCATION_BYTES));
  }

  #append(stream: ChunkStream, size: number): void {
    const end = stream.received + size;
    let payload = stream.payload ?? NO_BYTES;
    if (end > payload.length) {
      const roomy = Math.max(end, 2 * payload.length);
      const larger = this.#allocate(Math.min(stream.length, roomy));
      larger.set(payload);
      this.#buffered -= payload.length;
      payload = larger;
      stream.payload = larger;
    }
    payload.set(this.#input.subarray(this.#at, this.#at + size), stream.received);
    stream.received = end;
    this.#at += size;
    this.#chunkLeft -= size;
  }

  #allocate(size: number): Uint8Array {
    this.#buffered += size;
    if (this.#buffered > this.#limits.bufferedBytes) {
      throw new Violation(
        'rtmp_buffer_full',
        `Cannot buffer chunks: unfinished messages exceed ${this.#limits.bufferedBytes} bytes`,
      );
    }
    return new Uint8Array(size);
  }

  #finish(stream: ChunkStream): RtmpMessage {
    const payload = stream.payload ?? NO_BYTES;
    this.#release(stream);
    const { typeId, timestampMs, messageStreamId } = stream;
    return { typeId, timestampMs, messageStreamId, payload };
  }

  #release(stream: ChunkStream): void {
    this.#buffered -= stream.payload?.length ?? 0;
    stream.payload = undefined;
    stream.received = 0;
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function u24(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
}

function u32(bytes: Uint8Array, at: number): number {
  return ((byteAt(bytes, at) << 24) | u24(bytes, at + 1)) >>> 0;
}

function u32LittleEndian(bytes: Uint8Array, at: number): number {
  const upper = (byteAt(bytes, at + 3) << 24) | (byteAt(bytes, at + 2) << 16);
  return (upper | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at)) >>> 0;
}
