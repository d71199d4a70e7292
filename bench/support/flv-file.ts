import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One tag of an FLV file: what an RTMP publisher sends as a message. */
export interface FlvTag {
  readonly typeId: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

/** An FLV file as a publisher needs it: headers to send first, then media that can loop. */
export interface FlvFile {
  readonly headers: readonly FlvTag[];
  readonly media: readonly FlvTag[];
  /** Milliseconds from the first sample to where the next loop begins. */
  readonly durationMs: number;
}

const AUDIO = 8;
const VIDEO = 9;
const TAG_HEADER_BYTES = 11;

/** Reads all tags of an FLV file (Adobe FLV 10.1, annex E). */
export function readFlv(bytes: Buffer): FlvFile {
  const headers: FlvTag[] = [];
  const media: FlvTag[] = [];
  for (let at = bytes.readUInt32BE(5) + 4; at + TAG_HEADER_BYTES <= bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const timestampMs = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000;
    const typeId = bytes.readUInt8(at) & 0x1f;
    const body = bytes.subarray(at + TAG_HEADER_BYTES, at + TAG_HEADER_BYTES + size);
    at += TAG_HEADER_BYTES + size + 4;
    if ((typeId !== AUDIO && typeId !== VIDEO) || size < 2) continue;
    const packetType = body.readUInt8(1);
    if (packetType === 0) headers.push({ typeId, timestampMs, body });
    else if (packetType === 1) media.push({ typeId, timestampMs, body });
  }
  const video = media.filter((tag) => tag.typeId === VIDEO);
  const first = media[0]?.timestampMs ?? 0;
  const last = video.at(-1)?.timestampMs ?? 0;
  const step = video.length > 1 ? (last - (video[0]?.timestampMs ?? 0)) / (video.length - 1) : 0;
  const durationMs = Math.round(last + step - first);
  const shifted = media
    .map((tag) => ({ ...tag, timestampMs: tag.timestampMs - first }))
    .filter((tag) => tag.timestampMs < durationMs);
  return { headers, media: shifted, durationMs };
}

/** The test picture of the benches: 720p30, 2 s GOP, 2.5 Mbit/s H.264 and 128 kbit/s AAC. */
export function encodeTestFlv(seconds: number, ffmpeg = 'ffmpeg'): FlvFile {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const file = join(folder, 'source.flv');
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'];
  const audio = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
  const h264 = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-tune',
    'zerolatency',
    '-pix_fmt',
    'yuv420p',
  ];
  const rate = ['-g', '60', '-sc_threshold', '0', '-b:v', '2500k', '-maxrate', '2500k'];
  const aac = ['-bufsize', '2500k', '-c:a', 'aac', '-b:a', '128k', '-ac', '2'];
  const end = ['-t', String(seconds), '-f', 'flv', file];
  const args = ['-v', 'error', '-nostdin', ...video, ...audio, ...h264, ...rate, ...aac, ...end];
  try {
    const done = spawnSync(ffmpeg, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (done.status !== 0)
      throw new Error(`Cannot encode test picture: ffmpeg ended ${done.status}`);
    return readFlv(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
