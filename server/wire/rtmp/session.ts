import { Violation } from '../../base/index.ts';
import type { AmfCodec, AmfValue } from './amf.ts';
import { type EnhancedCapabilities, onStatus } from './answer.ts';
import { ChunkReader } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { readMetadata } from './command.ts';
import { CommandDesk } from './command-desk.ts';
import type { RtmpEvent } from './event.ts';
import { Handshake, type HmacSha256, type RandomBytes } from './handshake.ts';
import { DEFAULT_RTMP_LIMITS, type RtmpLimits } from './limits.ts';
import {
  MESSAGE,
  type RtmpMessage,
  readPayload,
  splitAggregate,
  USER_CONTROL,
  u32Payload,
  userControlPayload,
} from './message.ts';

/** Bytes between two acknowledgements, in both directions, until a peer asks for other ones. */
const WINDOW_BYTES = 2_500_000;
/** What we announce for our own chunks: every answer fits into one. */
const OUR_CHUNK_SIZE = 60_000;
/** Larger chunk sizes are legal and mean this one: no message is longer (section 5.4.1). */
const MAX_CHUNK_SIZE = 0xffffff;
/** "Dynamic" limit type of Set Peer Bandwidth (section 5.4.5). */
const LIMIT_DYNAMIC = 2;
/** Protocol control goes on chunk stream 2; answers where encoders look for them. */
const CSID = { control: 2, command: 3, status: 5 } as const;

/** What a session is given for lack of chance, cryptography, formats and opinions of its own. */
export interface RtmpSessionOptions {
  readonly random: RandomBytes;
  readonly hmacSha256: HmacSha256;
  readonly amf: AmfCodec;
  /** Whether an application may be connected to. Called with its name as sent. */
  readonly servesApp: (app: string) => boolean;
  readonly enhanced?: EnhancedCapabilities;
  readonly limits?: Partial<RtmpLimits>;
}

/**
 * The server's side of one RTMP connection with a publisher (Adobe RTMP 1.0; Enhanced RTMP v2 for
 * `connect`). Knows no socket and no clock: the owner hands in what it reads and sends what
 * `takeOutput` gives.
 *
 *   handshake -> connect -> createStream -> publish -> media ... -> unpublish
 *
 * A Violation ends the session: what is received after it is not looked at, nor anything after
 * `refusePublish` and `endPublish`.
 */
export class RtmpSession {
  readonly #amf: AmfCodec;
  readonly #handshake: Handshake;
  readonly #reader: ChunkReader;
  readonly #writer = new ChunkWriter();
  readonly #desk: CommandDesk;
  #output: Uint8Array[] = [];
  #events: RtmpEvent[] = [];
  #ended = false;

  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #acknowledgeEveryBytes = WINDOW_BYTES;
  #ignoredMessages = 0;

  constructor(options: RtmpSessionOptions) {
    const limits = { ...DEFAULT_RTMP_LIMITS, ...options.limits };
    this.#amf = options.amf;
    this.#handshake = new Handshake(options.random, options.hmacSha256);
    this.#reader = new ChunkReader(limits);
    this.#desk = new CommandDesk({
      amf: options.amf,
      servesApp: options.servesApp,
      enhanced: options.enhanced,
      commandsPerWindow: limits.commandsPerWindow,
      emit: (event) => {
        this.#events.push(event);
      },
      greet: () => this.#greet(),
      send: (values, messageStreamId) => this.#sendCommand(values, messageStreamId),
      streamBegin: (id) => this.#sendUserControl(USER_CONTROL.streamBegin, id),
    });
  }

  /** Memory held for unfinished messages, in bytes. */
  get bufferedBytes(): number {
    return this.#reader.bufferedBytes;
  }

  /** Messages that were well formed and of no use to a publisher's server, such as cue points. */
  get ignoredMessages(): number {
    return this.#ignoredMessages;
  }

  /**
   * Takes what was read from the peer. `nowMs` is any clock of milliseconds that does not go back.
   *
   * @throws Violation when the peer broke the protocol; events of the same read are lost with it
   */
  receive(bytes: Uint8Array, nowMs: number): RtmpEvent[] {
    if (this.#ended || bytes.length === 0) return [];
    try {
      this.#take(bytes, nowMs);
    } catch (error) {
      this.#ended = true;
      throw error;
    }
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** What is to be sent, in order; each call gives what came up since the last one. */
  takeOutput(): Uint8Array[] {
    const output = this.#output;
    if (output.length > 0) this.#output = [];
    return output;
  }

  /** Grants what the `publish` event asked for. False when it was taken back in the meantime. */
  acceptPublish(): boolean {
    return !this.#ended && this.#desk.acceptPublish();
  }

  /** Refuses what the `publish` event asked for, in words that the encoder shows to its user. */
  refusePublish(description: string): void {
    this.#end('NetStream.Publish.BadName', description);
  }

  /** Ends what the peer publishes against its will, such as when another one takes over. */
  endPublish(code: string, description: string): void {
    this.#end(code, description);
  }

  /** Asks the peer for a sign of life; a `pong` event with the same `nowMs` is its answer. */
  sendPing(nowMs: number): void {
    this.#sendUserControl(USER_CONTROL.pingRequest, Math.floor(nowMs) >>> 0);
  }

  #end(code: string, description: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sendCommand(onStatus('error', code, description), this.#desk.publishStreamId);
  }

  #take(bytes: Uint8Array, nowMs: number): void {
    this.#receivedBytes += bytes.length;
    let chunks = bytes;
    if (!this.#handshake.done) {
      const { taken, reply } = this.#handshake.receive(bytes, nowMs);
      if (reply !== undefined) this.#output.push(reply);
      if (taken === bytes.length) return;
      chunks = bytes.subarray(taken);
    }
    this.#reader.feed(chunks);
    for (;;) {
      const message = this.#reader.next();
      if (message === undefined) break;
      this.#handle(message, nowMs);
      if (this.#ended) return;
    }
    this.#acknowledge();
  }

  #handle(message: RtmpMessage, nowMs: number): void {
    switch (message.typeId) {
      case MESSAGE.audio:
      case MESSAGE.video:
        this.#media(message);
        break;
      case MESSAGE.command:
      case MESSAGE.commandAmf3:
        if (this.#desk.receive(message, nowMs) === 'end') this.#ended = true;
        break;
      case MESSAGE.data:
      case MESSAGE.dataAmf3:
        this.#data(message);
        break;
      case MESSAGE.aggregate:
        for (const part of splitAggregate(message)) this.#aggregated(part);
        break;
      default:
        this.#control(message);
        break;
    }
  }

  #aggregated(message: RtmpMessage): void {
    if (message.typeId === MESSAGE.data) this.#data(message);
    else if (message.typeId === MESSAGE.audio || message.typeId === MESSAGE.video) {
      this.#media(message);
    } else this.#ignoredMessages++;
  }

  #media(message: RtmpMessage): void {
    if (!this.#takesMedia() || message.payload.length === 0) {
      this.#ignoredMessages++;
      return;
    }
    const kind = message.typeId === MESSAGE.audio ? 'audio' : 'video';
    const { timestampMs, payload } = message;
    this.#events.push({ type: 'media', kind, timestampMs, payload });
  }

  #data(message: RtmpMessage): void {
    const values = this.#takesMedia() ? readMetadata(message, this.#amf) : undefined;
    if (values === undefined) {
      this.#ignoredMessages++;
      return;
    }
    this.#events.push({ type: 'metadata', timestampMs: message.timestampMs, values });
  }

  /** Media before any `publish` is a violation; after `unpublish` it is what was still under way. */
  #takesMedia(): boolean {
    if (this.#desk.phase !== 'idle') return this.#desk.phase !== 'unpublished';
    throw new Violation('rtmp_media_before_publish', 'Cannot take media: nothing is published');
  }

  #control(message: RtmpMessage): void {
    switch (message.typeId) {
      case MESSAGE.setChunkSize:
        this.#setChunkSize(readPayload(message, 0, 4));
        break;
      case MESSAGE.abort:
        this.#reader.abort(readPayload(message, 0, 4));
        break;
      case MESSAGE.acknowledgement:
        readPayload(message, 0, 4); // what the peer got of our few answers matters to nobody
        break;
      case MESSAGE.windowAcknowledgementSize:
        // 0 asks for nothing that can be done: the window stays.
        this.#acknowledgeEveryBytes = readPayload(message, 0, 4) || this.#acknowledgeEveryBytes;
        break;
      case MESSAGE.setPeerBandwidth:
        this.#sendControl(
          MESSAGE.windowAcknowledgementSize,
          u32Payload(readPayload(message, 0, 4)),
        );
        break;
      case MESSAGE.userControl:
        this.#userControl(message);
        break;
      default:
        throw new Violation(
          'rtmp_unknown_message',
          `Cannot take message: type ${message.typeId} is not known`,
        );
    }
  }

  #userControl(message: RtmpMessage): void {
    switch (readPayload(message, 0, 2)) {
      case USER_CONTROL.pingRequest:
        this.#sendUserControl(USER_CONTROL.pingResponse, readPayload(message, 2, 4));
        break;
      case USER_CONTROL.pingResponse:
        this.#events.push({ type: 'pong', sentMs: readPayload(message, 2, 4) });
        break;
      default:
        this.#ignoredMessages++;
    }
  }

  #setChunkSize(size: number): void {
    if (size < 1 || size > 0x7fffffff) {
      throw new Violation('rtmp_chunk_size', `Cannot set chunk size: ${size} is not 1 to 2^31 - 1`);
    }
    this.#reader.chunkSize = Math.min(size, MAX_CHUNK_SIZE);
  }

  /** One acknowledgement a read at most, however small a window the peer asked for. */
  #acknowledge(): void {
    if (this.#receivedBytes - this.#acknowledgedBytes < this.#acknowledgeEveryBytes) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#sendControl(MESSAGE.acknowledgement, u32Payload(this.#receivedBytes % 2 ** 32));
  }

  #greet(): void {
    this.#sendControl(MESSAGE.windowAcknowledgementSize, u32Payload(WINDOW_BYTES));
    this.#sendControl(
      MESSAGE.setPeerBandwidth,
      Uint8Array.of(...u32Payload(WINDOW_BYTES), LIMIT_DYNAMIC),
    );
    this.#sendControl(MESSAGE.setChunkSize, u32Payload(OUR_CHUNK_SIZE));
    this.#writer.chunkSize = OUR_CHUNK_SIZE;
  }

  #sendUserControl(event: number, argument: number): void {
    this.#sendControl(MESSAGE.userControl, userControlPayload(event, argument));
  }

  #sendControl(typeId: number, payload: Uint8Array): void {
    this.#send(CSID.control, { typeId, timestampMs: 0, messageStreamId: 0, payload });
  }

  #sendCommand(values: readonly AmfValue[], messageStreamId: number): void {
    const csid = messageStreamId === 0 ? CSID.command : CSID.status;
    const payload = this.#amf.encode(values);
    this.#send(csid, { typeId: MESSAGE.command, timestampMs: 0, messageStreamId, payload });
  }

  #send(csid: number, message: RtmpMessage): void {
    this.#output.push(this.#writer.write(csid, message));
  }
}
