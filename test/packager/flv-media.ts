/** @module H.264 and AAC as FFmpeg sends them in FLV, read with nothing of ours but the codecs. */
import { spawnSync } from 'node:child_process';
import {
  audioTrackFromAsc,
  type MediaEvent,
  videoTrackFromAvcC,
} from '../../server/media/index.ts';

/** What to encode. */
export interface FlvEncoding {
  readonly seconds: number;
  readonly fps: string;
  readonly gop: number;
  readonly bFrames: number;
  readonly audioRate: number;
}

const AUDIO = 8;
const VIDEO = 9;
const MAX_FLV_BYTES = 64 * 1024 * 1024;

/** The FLV file that FFmpeg makes of a test picture and a tone. */
export function encodeFlv(ffmpeg: string, encoding: FlvEncoding): Buffer {
  const { seconds, fps, gop, bFrames, audioRate } = encoding;
  const done = spawnSync(
    ffmpeg,
    [
      ...['-v', 'error', '-nostdin'],
      ...['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=${fps}`],
      ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${audioRate}`],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', '200k'],
      ...['-bf', String(bFrames), '-g', String(gop), '-keyint_min', String(gop)],
      ...['-sc_threshold', '0', '-c:a', 'aac', '-b:a', '64k', '-ac', '2'],
      ...['-t', String(seconds), '-f', 'flv', '-'],
    ],
    { maxBuffer: MAX_FLV_BYTES },
  );
  if (done.status !== 0) throw new Error(`Cannot encode FLV: ${done.stderr.toString()}`);
  return done.stdout;
}

/** The events of an FLV file: video in 90,000 ticks a second, audio counted in whole frames. */
export function readFlvMedia(flv: Buffer): MediaEvent[] {
  const events: MediaEvent[] = [];
  let audioFrames = 0;
  let audioStart: number | undefined;
  let audioRate = 0;
  for (let at = flv.readUInt32BE(5) + 4; at + 11 <= flv.length; ) {
    const type = flv.readUInt8(at) & 0x1f;
    const size = flv.readUIntBE(at + 1, 3);
    const stampMs = flv.readUIntBE(at + 4, 3) + flv.readUInt8(at + 7) * 2 ** 24;
    const body = flv.subarray(at + 11, at + 11 + size);
    at += 11 + size + 4;
    if ((type !== AUDIO && type !== VIDEO) || body.length < 2) continue;
    const isConfig = body.readUInt8(1) === 0;
    if (type === VIDEO && isConfig) {
      events.push({ type: 'track', track: videoTrackFromAvcC(body.subarray(5)) });
    } else if (type === VIDEO && body.readUInt8(1) === 1) {
      const dts = stampMs * 90;
      const pts = dts + body.readIntBE(2, 3) * 90;
      const keyframe = body.readUInt8(0) >> 4 === 1;
      const data = body.subarray(5);
      events.push({ type: 'sample', sample: { kind: 'video', dts, pts, keyframe, data } });
    } else if (type === AUDIO && isConfig) {
      const track = audioTrackFromAsc(body.subarray(2));
      audioRate = track.timescale;
      events.push({ type: 'track', track });
    } else if (type === AUDIO) {
      audioStart ??= Math.round((stampMs * audioRate) / 1000);
      const dts = audioStart + audioFrames++ * 1024;
      const data = body.subarray(2);
      events.push({
        type: 'sample',
        sample: { kind: 'audio', dts, pts: dts, keyframe: true, data },
      });
    }
  }
  return events;
}
