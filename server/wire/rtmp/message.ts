import { Violation } from '../../base/index.ts';

/** One whole message, put together from its chunks. */
export interface RtmpMessage {
  readonly typeId: number;
  /** Unsigned 32 bits; it wraps every 49.7 days. */
  readonly timestampMs: number;
  readonly messageStreamId: number;
  /** Belongs to the message: nobody else holds or writes to these bytes. */
  readonly payload: Uint8Array;
}

/** Message type ids (Adobe RTMP 1.0, sections 5.4 and 7.1). */
export const MESSAGE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

/** User control event types (section 7.1.7). */
export const USER_CONTROL = { streamBegin: 0, pingRequest: 6, pingResponse: 7 } as const;

const AGGREGATE_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/** The payload of a message that is a single 32-bit number. */
export function u32Payload(value: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

/** The payload of a user control event with one 32-bit argument. */
export function userControlPayload(event: number, argument: number): Uint8Array {
  const payload = new Uint8Array(6);
  const view = new DataView(payload.buffer);
  view.setUint16(0, event);
  view.setUint32(2, argument);
  return payload;
}

/**
 * Reads a big-endian number of `size` bytes at `at`; longer payloads are taken as they are.
 *
 * @throws Violation `rtmp_control_too_short`
 */
export function readPayload(message: RtmpMessage, at: number, size: 2 | 4): number {
  const { payload, typeId } = message;
  if (payload.length < at + size) {
    throw new Violation(
      'rtmp_control_too_short',
      `Cannot read control message ${typeId}: ${payload.length} bytes, ${at + size} needed`,
    );
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return size === 2 ? view.getUint16(at) : view.getUint32(at);
}

/**
 * Splits an aggregate (section 7.1.6) into its messages. The first one gets the aggregate's
 * timestamp, the others keep their distance to it.
 *
 * @throws Violation `rtmp_aggregate_malformed`
 */
export function splitAggregate(aggregate: RtmpMessage): RtmpMessage[] {
  const { payload } = aggregate;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const messages: RtmpMessage[] = [];
  let offset: number | undefined;
  for (let at = 0; at < payload.length; ) {
    const body = at + AGGREGATE_HEADER_BYTES;
    const end = body <= payload.length ? body + (view.getUint32(at) & 0xffffff) : body;
    const typeId = payload[at];
    if (end + BACK_POINTER_BYTES > payload.length || typeId === MESSAGE.aggregate) {
      throw new Violation(
        'rtmp_aggregate_malformed',
        `Cannot split aggregate of ${payload.length} bytes: message at byte ${at} does not fit`,
      );
    }
    // As in an FLV tag, the lower 24 bits of the timestamp come first, the upper 8 after them.
    const timestamp = view.getUint8(at + 7) * 2 ** 24 + (view.getUint32(at + 4) >>> 8);
    offset ??= aggregate.timestampMs - timestamp;
    messages.push({
      typeId: view.getUint8(at),
      timestampMs: (timestamp + offset) >>> 0,
      messageStreamId: aggregate.messageStreamId,
      payload: payload.slice(body, end),
    });
    at = end + BACK_POINTER_BYTES;
  }
  return messages;
}
