/** @module Real sources for an encoder, and a run of FFmpeg that notes when each frame came out. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { chunk, initSegment, parseChunks, readBoxes } from '../../format/cmaf/index.ts';
import { type VideoTrack, videoTrackFromAvcC } from '../../media/index.ts';

const missing = spawnSync('ffmpeg', ['-version']).error !== undefined;
if (missing && process.env.CI === 'true') throw new Error('ffmpeg is missing');

/** For tests that need FFmpeg: skipped by name where there is none, failed under CI. */
export const NEEDS_FFMPEG = {
  skip: missing ? 'ffmpeg is missing' : false,
  timeout: 60_000,
} as const;

/** One frame as the input or output of an encoder states it, in ticks of the source. */
export interface Frame {
  readonly pts: number;
  readonly dts: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** A coded source. */
export interface Source {
  readonly track: VideoTrack;
  readonly frames: readonly Frame[];
}

const TIMESCALE = 90_000;
const HOURS_OF_BROADCAST = 3 * 3600;
const FRAGMENTED = ['-movflags', '+frag_every_frame+empty_moov+default_base_moof', '-f', 'mp4'];

/** Encodes a test picture with these arguments, as a broadcast that has been on air for hours. */
export function encodeSource(picture: string, coding: readonly string[]): Source {
  const input = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', picture];
  const args = [...input, ...coding, '-video_track_timescale', `${TIMESCALE}`];
  const run = spawnSync('ffmpeg', [...args, ...FRAGMENTED, 'pipe:1'], { maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr.toString());
  const offset = HOURS_OF_BROADCAST * TIMESCALE;
  const frames = readFrames(run.stdout).map((frame) => ({
    ...frame,
    dts: frame.dts + offset,
    pts: frame.pts + offset,
  }));
  return { track: trackOf(run.stdout), frames };
}

/** The frames of fragmented MP4. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (const { baseDecodeTime, samples } of parseChunks(bytes)) {
    let dts = baseDecodeTime;
    for (const { compositionOffset, keyframe, data, duration } of samples) {
      frames.push({ dts, pts: dts + compositionOffset, keyframe, data });
      dts += duration;
    }
  }
  return frames;
}

/** The track that an init segment of H.264 describes. */
export function trackOf(bytes: Uint8Array): VideoTrack {
  let [start, end] = [0, bytes.length];
  // What stands before the boxes inside of stsd and of a visual sample entry.
  const skips: Readonly<Record<string, number>> = { stsd: 8, avc1: 78 };
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'avc1', 'avcC']) {
    const found = readBoxes(bytes, start, end).find((box) => box.type === type);
    assert.ok(found !== undefined, `no ${type}`);
    [start, end] = [found.body + (skips[type] ?? 0), found.end];
  }
  return { ...videoTrackFromAvcC(bytes.slice(start, end)), timescale: TIMESCALE };
}

/** What came out of one pipe. */
export interface PipeOutput {
  bytes: Uint8Array;
  /** When each frame was there as a whole, by the clock of `performance.now()`. */
  readonly arrivedMs: number[];
}

/** What a run gave. */
export interface EncodeRun {
  readonly pipes: readonly PipeOutput[];
  /** When each frame was written. */
  readonly writtenMs: readonly number[];
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs FFmpeg on a source, frame by frame at its own pace or as fast as it goes. */
export async function runEncode(
  args: readonly string[],
  { track, frames }: Source,
  { pipes, paced }: { readonly pipes: number; readonly paced: boolean },
): Promise<EncodeRun> {
  const stdio = ['pipe', 'ignore', 'pipe', ...Array.from({ length: pipes }, () => 'pipe' as const)];
  const child = spawn('ffmpeg', args, { stdio: stdio as ('pipe' | 'ignore')[] });
  const { stdin, stderr } = child;
  assert.ok(stdin !== null && stderr !== null);
  let text = '';
  stderr.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const outputs = child.stdio.slice(3).map((pipe) => collect(pipe as Readable));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const writtenMs: number[] = [];
  stdin.on('error', () => undefined);
  stdin.write(initSegment(track));
  const [started, first] = [performance.now(), frames[0]?.dts ?? 0];
  for (const [index, frame] of frames.entries()) {
    const dueMs = started + ((frame.dts - first) * 1000) / track.timescale;
    const aheadMs = dueMs - performance.now();
    if (paced && aheadMs > 1) await delay(aheadMs);
    writtenMs.push(performance.now());
    const duration = (frames[index + 1]?.dts ?? frame.dts + 3000) - frame.dts;
    const sample = { ...frame, duration, compositionOffset: frame.pts - frame.dts };
    stdin.write(chunk({ sequence: index + 1, baseDecodeTime: frame.dts, samples: [sample] }));
  }
  stdin.end();
  const code = await ended;
  return { pipes: outputs, writtenMs, code, stderr: text };
}

function collect(pipe: Readable): PipeOutput {
  const output: PipeOutput = { bytes: new Uint8Array(), arrivedMs: [] };
  pipe.on('data', (more: Buffer) => {
    output.bytes = Buffer.concat([output.bytes, more]);
    const whole = wholeFrames(output.bytes);
    while (output.arrivedMs.length < whole) output.arrivedMs.push(performance.now());
  });
  return output;
}

function wholeFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at);
    if (at + size > bytes.length) break;
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === 'mdat') count++;
    at += size;
  }
  return count;
}
