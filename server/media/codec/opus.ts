import { Violation } from '../../base/index.ts';
import type { AudioTrack } from '../track.ts';
import { BitReader } from './bit-reader.ts';

/** Opus always counts in 48 kHz, whatever the input was (RFC 7845 section 4). */
export const OPUS_TIMESCALE = 48_000;
/** 20 ms, what encoders send unless asked otherwise. */
export const OPUS_DEFAULT_PACKET_TICKS = 960;
/** 120 ms, the longest packet (RFC 6716 section 3.2.5). */
const MAX_PACKET_TICKS = 5_760;

const MAGIC = 'OpusHead';
/** Magic, version, channels, pre-skip, rate, gain and mapping family. */
const HEAD_BYTES = 19;
/** The same in dOps, which has no magic. */
const DOPS_BYTES = 11;

/** Checks the fields that both forms share, from the channel count on. */
function checkMapping(bytes: Uint8Array, start: number): number {
  const reader = new BitReader(bytes.subarray(start), 'opus_config');
  const channels = reader.bits(8);
  reader.skip(64); // pre-skip, input rate, output gain
  const family = reader.bits(8);
  if (channels === 0) reader.refuse('it has no channel');
  if (family === 0) {
    if (channels > 2) reader.refuse(`mapping family 0 with ${channels} channels`);
    return channels;
  }
  const streams = reader.bits(8);
  const coupled = reader.bits(8);
  if (streams === 0 || coupled > streams || streams + coupled > 255) {
    reader.refuse(`${streams} streams of which ${coupled} coupled`);
  }
  for (let i = 0; i < channels; i++) {
    const index = reader.bits(8);
    if (index !== 255 && index >= streams + coupled) reader.refuse(`channel ${i} is from ${index}`);
  }
  return channels;
}

/** Swaps pre-skip, input rate and gain between the byte orders of the two forms. */
function swapFields(bytes: Uint8Array, at: number): void {
  bytes.subarray(at, at + 2).reverse();
  bytes.subarray(at + 2, at + 6).reverse();
  bytes.subarray(at + 6, at + 8).reverse();
}

/** The dOps body of an OpusHead (RFC 7845 section 5.1, Opus-ISOBMFF 4.3.2). Violation `opus_config_*`. */
export function dOpsFromOpusHead(head: Uint8Array): Uint8Array {
  const magic = String.fromCharCode(...head.subarray(0, MAGIC.length));
  const version = head[8] ?? 0;
  if (magic !== MAGIC || head.length < HEAD_BYTES || version > 15) {
    throw new Violation(
      'opus_config_malformed',
      `OpusHead of ${head.length} bytes, version ${version}, does not begin as RFC 7845 says`,
    );
  }
  const channels = checkMapping(head, 9);
  const family = head[18] ?? 0;
  const end = HEAD_BYTES + (family === 0 ? 0 : 2 + channels);
  const body = new Uint8Array(head.subarray(8, end));
  body[0] = 0; // dOps counts versions from 0
  swapFields(body, 2);
  return body;
}

/** The OpusHead of a dOps body, for containers that want the Ogg form. Violation `opus_config_*`. */
export function opusHeadFromDOps(body: Uint8Array): Uint8Array {
  if (body[0] !== 0 || body.length < DOPS_BYTES) {
    throw new Violation('opus_config_malformed', `dOps of ${body.length} bytes is not version 0`);
  }
  checkMapping(body, 1);
  const head = new Uint8Array(8 + body.length);
  for (let i = 0; i < MAGIC.length; i++) head[i] = MAGIC.charCodeAt(i);
  head.set(body, 8);
  head[8] = 1;
  swapFields(head, 10);
  return head;
}

/** The track that an OpusHead describes, its packets `frameTicks` long. Violation `opus_config_*`. */
export function audioTrackFromOpusHead(
  head: Uint8Array,
  frameTicks = OPUS_DEFAULT_PACKET_TICKS,
): AudioTrack {
  const config = dOpsFromOpusHead(head);
  return {
    kind: 'audio',
    codec: 'opus',
    codecString: 'opus',
    timescale: OPUS_TIMESCALE,
    channels: config[1] ?? 0,
    frameTicks,
    config,
  };
}

/** Ticks of one frame by the configuration number in a packet's first byte (RFC 6716 table 2). */
function frameTicksOf(configuration: number): number {
  if (configuration < 12) return [480, 960, 1920, 2880][configuration & 3] ?? 0;
  if (configuration < 16) return [480, 960][configuration & 1] ?? 0;
  return [120, 240, 480, 960][configuration & 3] ?? 0;
}

/** Duration of an Opus packet in 48 kHz ticks; 0 when the packet is empty or malformed. */
export function opusPacketTicks(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  const ticks = frames * frameTicksOf(toc >> 3);
  return ticks <= MAX_PACKET_TICKS ? ticks : 0;
}
