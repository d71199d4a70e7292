/** @module FFmpeg as a transcoder: one test picture, encoded live into fMP4 fragments by rendition. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';

/** One encoding of the picture. */
export interface Encoding {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Constant bits per second. */
  readonly bitrate: number;
}

/** What to encode: a whole number of parts in a segment, one GOP each. */
export interface EncoderOptions {
  readonly encodings: readonly Encoding[];
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly framesPerPart: number;
  readonly framesPerSegment: number;
}

/** One init segment, or one fragment with its number of frames. */
export type EncoderOutput =
  | { readonly kind: 'init'; readonly bytes: Buffer; readonly codecs: string }
  | { readonly kind: 'fragment'; readonly bytes: Buffer; readonly frames: number };

/** Boxes larger than this are no fragment of a small picture. */
const BOX_MAX_BYTES = 4 * 1024 * 1024;
/** The first pipe after standard input, output and errors. */
const FIRST_PIPE = 3;

/** A running FFmpeg that writes every rendition to a pipe of its own, in real time. */
export class FragmentEncoder {
  readonly #child: ChildProcess;
  #errors = '';
  /** Resolves when FFmpeg has ended; rejects when it has failed. */
  readonly ended: Promise<void>;

  constructor(options: EncoderOptions) {
    const pipes = options.encodings.map(() => 'pipe' as const);
    this.#child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', encoderArguments(options), {
      stdio: ['ignore', 'ignore', 'pipe', ...pipes],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        if (code === 0 || signal === 'SIGKILL') resolve();
        else reject(new Error(`Cannot encode: FFmpeg ended with ${code}: ${this.#errors}`));
      });
    });
  }

  /** Everything that is written of the encoding at `index`, as it comes. */
  read(index: number): AsyncGenerator<EncoderOutput> {
    const pipe = this.#child.stdio[FIRST_PIPE + index];
    if (!(pipe instanceof Readable)) throw new Error(`Cannot read encoding ${index}: no pipe`);
    return readOutput(pipe);
  }

  /** Ends FFmpeg now. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Puts the boxes of a fragmented MP4 stream together again: `ftyp moov`, then `moof mdat`s. */
export async function* readOutput(bytes: AsyncIterable<Buffer>): AsyncGenerator<EncoderOutput> {
  let boxes: Buffer[] = [];
  for await (const box of readBoxes(bytes)) {
    boxes.push(box);
    const type = box.toString('latin1', 4, 8);
    if (type === 'moov') {
      yield { kind: 'init', bytes: Buffer.concat(boxes), codecs: codecsOf(box) };
    } else if (type === 'mdat') {
      yield { kind: 'fragment', bytes: Buffer.concat(boxes), frames: framesOf(boxes) };
    } else continue;
    boxes = [];
  }
}

async function* readBoxes(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const size = rest.readUInt32BE(0);
      if (size < 8 || size > BOX_MAX_BYTES) throw new Error(`Cannot read box of ${size} bytes`);
      if (rest.length < size) break;
      yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
  }
}

/** Profile, constraints and level follow the version in avcC (ISO/IEC 14496-15, 5.3.3.1). */
function codecsOf(moov: Buffer): string {
  const at = moov.indexOf('avcC') + 5;
  return `avc1.${moov.toString('hex', at, at + 3)}`;
}

/** sample_count follows version and flags in trun (ISO/IEC 14496-12, 8.8.8). */
function framesOf(boxes: readonly Buffer[]): number {
  const moof = boxes.find((box) => box.toString('latin1', 4, 8) === 'moof');
  if (moof === undefined) throw new Error('Cannot read fragment: mdat without moof');
  return moof.readUInt32BE(moof.indexOf('trun') + 8);
}

function encoderArguments(options: EncoderOptions): string[] {
  const { encodings, seconds, framesPerSecond } = options;
  const copies = encodings.map((_, index) => `[copy${index}]`).join('');
  const scales = encodings.map(
    ({ width, height }, index) => `[copy${index}]scale=${width}:${height}[out${index}]`,
  );
  const filters = [`[0:v]split=${encodings.length}${copies}`, ...scales].join(';');
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-re', '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${framesPerSecond}`],
    ...['-t', String(seconds), '-filter_complex', filters],
    ...encodings.flatMap((encoding, index) => outputArguments(encoding, index, options)),
  ];
}

function outputArguments(
  { bitrate }: Encoding,
  index: number,
  { framesPerPart, framesPerSegment, framesPerSecond, seconds }: EncoderOptions,
): string[] {
  // Half a frame early, since a fragment must end with the frame before it would be longer.
  const partMicroseconds = Math.round(((framesPerPart - 0.5) * 1e6) / framesPerSecond);
  return [
    ...['-map', `[out${index}]`, '-t', String(seconds), '-c:v', 'libx264'],
    ...['-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-threads', '1'],
    ...['-b:v', String(bitrate), '-maxrate', String(bitrate), '-bufsize', String(bitrate / 2)],
    ...['-x264-params', 'nal-hrd=cbr:scenecut=0', '-g', String(framesPerSegment)],
    ...['-keyint_min', String(framesPerSegment), '-f', 'mp4', '-flush_packets', '1'],
    ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof+skip_trailer'],
    ...['-frag_duration', String(partMicroseconds), `pipe:${FIRST_PIPE + index}`],
  ];
}
