/** Whose encoders this machine really has, found out by encoding one frame with each. */
import {
  deviceArguments,
  ENCODER_FAMILIES,
  type EncoderFamily,
  encoderArguments,
  pixelFilter,
} from './encoder-arguments.ts';
import { runFfmpeg } from './ffmpeg-run.ts';

/** What came of trying one family. */
export interface FamilyFinding {
  readonly family: EncoderFamily;
  readonly works: boolean;
  /** Why it does not work, in FFmpeg's words. */
  readonly problem: string | undefined;
}

/** A device that is there answers well within it; a driver that hangs must not hold up a start. */
const DEADLINE_MS = 5_000;
/** Some encoders refuse less than 145 pixels. */
const PICTURE = { width: 320, height: 192, frameRate: 30 };
const RUNG = { ...PICTURE, bitrate: 500_000, codec: 'h264', preset: undefined } as const;

/**
 * Tries every family, the preferred first, one after another because some share a device. A listed
 * encoder proves nothing: FFmpeg is built with encoders for devices that are not there. Rejects with
 * the reason of `signal`.
 */
export async function detectFamilies(
  ffmpegPath: string,
  signal?: AbortSignal,
): Promise<readonly FamilyFinding[]> {
  const findings: FamilyFinding[] = [];
  for (const family of ENCODER_FAMILIES) {
    const run = await runFfmpeg({
      program: ffmpegPath,
      args: oneFrameArguments(family),
      deadlineMs: DEADLINE_MS,
      signal,
    });
    findings.push({ family, works: run.succeeded, problem: run.problem });
  }
  return findings;
}

function oneFrameArguments(family: EncoderFamily): readonly string[] {
  const { width, height, frameRate } = PICTURE;
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', ...deviceArguments(family)],
    ...['-f', 'lavfi', '-i', `color=size=${width}x${height}:rate=${frameRate}`],
    ...['-vf', pixelFilter(family, RUNG.codec), '-frames:v', '1'],
    ...encoderArguments(family, { rung: RUNG, frameRate }),
    ...['-f', 'null', '-'],
  ];
}
