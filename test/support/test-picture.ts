import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from './component.ts';
import { type FlvFile, readFlv } from './flv-file.ts';
import { CODE_CELLS, CODE_HEIGHT_SHARE, encodeFrameCode } from './frame-code.ts';

const WIDTH = 1280;
const HEIGHT = 720;
/** Pictures a second of the test picture. */
export const FRAME_RATE = 30;
const GOP_FRAMES = 60;
/** Scalers want more than one line to work on. */
const CODE_LINES = 8;

/** Whole frames of AAC at 48 kHz and whole GOPs fit into multiples of this, so loops have no seam. */
export const LOOP_STEP_S = 16;

/**
 * The picture of all benches, encoded once and published in a loop: 720p30 of 2.5 Mbit/s H.264 with
 * a keyframe every 2 s, 128 kbit/s AAC, and a strip that numbers its frames (see frame-code.ts).
 * Its duration is `seconds` rounded up to a multiple of 16.
 */
export function encodeTestPicture(seconds: number): FlvFile {
  const rounded = Math.ceil(seconds / LOOP_STEP_S) * LOOP_STEP_S;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    writeFileSync(join(folder, 'code.gray'), codeStrips(rounded * FRAME_RATE));
    const done = spawnSync(pathOf('ffmpeg'), encoderArguments(folder, rounded), {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (done.status !== 0) {
      throw new Error(`Cannot encode test picture: ffmpeg ended ${done.status ?? done.signal}`);
    }
    return readFlv(readFileSync(join(folder, 'picture.flv')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One small gray picture a frame; FFmpeg widens its cells. */
function codeStrips(frames: number): Buffer {
  const strips = Array.from({ length: frames }, (_, frame) => {
    const line = Buffer.from(encodeFrameCode(frame).map((white) => (white ? 255 : 0)));
    return Buffer.concat(Array.from({ length: CODE_LINES }, () => line));
  });
  return Buffer.concat(strips);
}

function encoderArguments(folder: string, seconds: number): string[] {
  const stripHeight = Math.round(HEIGHT * CODE_HEIGHT_SHARE);
  const gray = ['-f', 'rawvideo', '-pixel_format', 'gray', '-framerate', String(FRAME_RATE)];
  const draw = [
    `[2:v]scale=${WIDTH}:${stripHeight}:flags=neighbor,format=yuv420p[code]`,
    '[0:v]format=yuv420p[picture]',
    '[picture][code]overlay=0:0[out]',
  ];
  return [
    ...['-v', 'error', '-nostdin'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=${WIDTH}x${HEIGHT}:rate=${FRAME_RATE}`],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
    ...[...gray, '-video_size', `${CODE_CELLS}x${CODE_LINES}`, '-i', join(folder, 'code.gray')],
    ...['-filter_complex', draw.join(';'), '-map', '[out]', '-map', '1:a'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency'],
    ...['-g', String(GOP_FRAMES), '-keyint_min', String(GOP_FRAMES), '-sc_threshold', '0'],
    ...['-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2'],
    ...['-t', String(seconds), '-f', 'flv', join(folder, 'picture.flv')],
  ];
}
