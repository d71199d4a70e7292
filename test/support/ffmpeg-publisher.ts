/** @module FFmpeg as an encoder that publishes a test picture in real time. */
import { type ChildProcess, spawn } from 'node:child_process';

/** What to publish. */
export interface PublishOptions {
  readonly seconds: number;
  /** Keyframe interval in frames at 30 a second; 60 when left out. */
  readonly gop?: number;
  readonly bFrames?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly size?: string;
  /** Pixel format; 4:2:0 of 8 bits when left out. */
  readonly pixels?: string;
  /** A filter that the picture passes on its way to the encoder. */
  readonly filter?: string;
  /** More options of the encoder and the output. */
  readonly more?: readonly string[];
  /** Samples a second and channels of the sound; 48 kHz stereo when left out. */
  readonly audioRate?: number;
  readonly channels?: number;
}

/** A running FFmpeg; small pictures, so that tests on two cores stay in real time. */
export class FfmpegPublisher {
  readonly #child: ChildProcess;
  #output = '';
  /** The exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;

  constructor(url: string, options: PublishOptions) {
    this.#child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', publishArguments(url, options), {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-4000);
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => resolve(code));
      this.#child.once('error', reject);
    });
  }

  /** What FFmpeg said last. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.exited;
  }

  /** Ends it without a goodbye, as a lost connection does. */
  async lose(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

function publishArguments(url: string, options: PublishOptions): string[] {
  const { seconds, gop = 60, bFrames = 0, size = '320x180', pixels = 'yuv420p' } = options;
  const args = ['-hide_banner', '-loglevel', 'error', '-nostdin'];
  const video = options.video !== false;
  const audio = options.audio !== false;
  if (video) args.push('-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`);
  if (audio) args.push('-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000');
  if (video) {
    args.push('-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', pixels, '-b:v', '400k');
    if (options.filter !== undefined) args.push('-vf', options.filter);
    if (bFrames === 0) args.push('-tune', 'zerolatency');
    args.push('-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0');
    args.push('-bf', String(bFrames));
  }
  const { audioRate = 48_000, channels = 2, more = [] } = options;
  if (audio) args.push('-c:a', 'aac', '-b:a', '96k', '-ac', `${channels}`, '-ar', `${audioRate}`);
  return [...args, ...more, '-t', String(seconds), '-f', 'flv', url];
}
