/** @module A machine whose FFmpeg is a few lines: it gives each frame back to every rung, or fails on demand. */
import assert from 'node:assert/strict';
import { ChildProcess, type SpawnOptions } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { chunk, FragmentReader, initSegment } from '../../format/cmaf/index.ts';
import type { VideoTrack } from '../../media/index.ts';
import type { ProcessHost } from './encoder-process.ts';

/** A configuration that x264 writes for 320x180, High. */
const AVCC =
  '0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000668ebe3cb22c0fdf8f800';

const TIMESCALE = 90_000;

/** A track that says it is `width` times `height`; a byte of its configuration differs with the width. */
export function fakeTrack(width = 320, height = 180): VideoTrack {
  const config = new Uint8Array(Buffer.from(AVCC, 'hex'));
  config[2] = width >> 4; // profile_compatibility, which the SPS states too
  return {
    kind: 'video',
    codec: 'avc1',
    codecString: 'avc1.64000d',
    timescale: TIMESCALE,
    width,
    height,
    frameRate: 30,
    config,
  };
}

interface FakeFrame {
  readonly dts: number;
  readonly pts: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** One process. */
export class FakeEncoder extends ChildProcess {
  override readonly pid: number | undefined;
  override readonly stdin: Writable;
  override readonly stderr = readable();
  override readonly stdio: ChildProcess['stdio'];
  readonly program: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  readonly outputs: readonly Readable[];
  /** Frames that it got. */
  readonly taken: FakeFrame[] = [];
  /** Frames that it holds back; all come out at its end. */
  heldFrames = 0;
  /** Makes a keyframe of the first frame in each slot of so many ticks. */
  slotTicks = Number.POSITIVE_INFINITY;
  /** Reads no more of its input. */
  isStuck = false;
  /** Does not end when its input does. */
  isDeaf = false;
  hasEnded = false;
  /** By output, the time up to which frames are left out; after it the first is a keyframe. */
  readonly #madeUntil = new Map<number, number>();
  /** The first frame of each output gets the time at which its slot begins, and is of no use. */
  readonly #hasOrigin: boolean;
  /** Frames that came out of each output. */
  readonly #made: number[] = [];
  readonly #reader = new FragmentReader();
  readonly #waiting: FakeFrame[] = [];
  #unread: (() => void) | undefined;
  #slot = -1;
  #sequence = 0;

  constructor(pid: number | undefined, command: readonly string[], options: SpawnOptions) {
    super();
    this.pid = pid;
    this.program = command[0] ?? '';
    this.args = command.slice(1);
    this.options = options;
    const graph = command.join(' ');
    this.#hasOrigin = graph.includes("setpts='if(eq(N,0)");
    for (const [, index, timeS] of graph.matchAll(/\[s(\d+)\]select='gt\(t,(\d+\.\d+)\)/g)) {
      this.#madeUntil.set(Number(index), Number(timeS) * TIMESCALE);
    }
    assert.ok(Array.isArray(options.stdio));
    this.outputs = options.stdio.slice(3).map(() => readable());
    this.stdin = new Writable({
      write: (bytes: Uint8Array, _, done) => {
        const read = (): void => {
          this.#read(bytes);
          done();
        };
        if (this.isStuck) this.#unread = read;
        else read();
      },
      final: (done) => {
        done();
        if (!this.isDeaf) this.end(0, null);
      },
    });
    this.stdio = [this.stdin, null, this.stderr, ...this.outputs] as ChildProcess['stdio'];
  }

  /** Goes on reading. */
  resume(): void {
    this.isStuck = false;
    const unread = this.#unread;
    this.#unread = undefined;
    unread?.();
  }

  /** Ends; by itself it gives out first what it has. */
  end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (code === 0) this.#giveOut(0);
    for (const output of [this.stderr, ...this.outputs]) output.push(null);
    setImmediate(() => {
      this.emit('exit', code, signal);
      setImmediate(() => this.emit('close', code, signal));
    });
  }

  #read(bytes: Uint8Array): void {
    if (this.hasEnded) return;
    for (const event of this.#reader.push(bytes)) {
      if (event.type === 'tracks') {
        for (const { track } of event.tracks) {
          for (const output of this.outputs) output.push(initSegment(track));
        }
        continue;
      }
      this.taken.push(...event.samples);
      this.#waiting.push(...event.samples);
      this.#giveOut(this.heldFrames);
    }
  }

  #giveOut(heldFrames: number): void {
    while (this.#waiting.length > heldFrames) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      const { dts, pts, data } = frame;
      const slot = Math.floor(pts / this.slotTicks);
      const keyframe = frame.keyframe || slot > this.#slot;
      this.#slot = slot;
      this.#sequence += 1;
      for (const [index, output] of this.outputs.entries()) {
        if (pts <= (this.#madeUntil.get(index) ?? -1)) continue;
        const made = this.#made[index] ?? 0;
        this.#made[index] = made + 1;
        const isOrigin = this.#hasOrigin && made === 0;
        const shown = isOrigin ? slot * this.slotTicks : pts;
        const sample = {
          ...{ duration: 3_000, compositionOffset: isOrigin ? 0 : pts - dts, data },
          keyframe: keyframe || made < (this.#hasOrigin ? 2 : 1),
        };
        const [sequence, baseDecodeTime] = [this.#sequence, isOrigin ? shown : dts];
        output.push(chunk({ sequence, baseDecodeTime, samples: [sample] }));
      }
    }
  }
}

/** A machine that starts fake encoders. */
export class FakeHost implements ProcessHost {
  readonly encoders: FakeEncoder[] = [];
  readonly priorities: (readonly [number, number])[] = [];
  /** Called with each encoder before it gets anything. */
  onStart: (encoder: FakeEncoder) => void = () => undefined;
  /** No program of that name. */
  isMissing = false;

  spawn = (program: string, args: readonly string[], options: SpawnOptions): ChildProcess => {
    const pid = this.isMissing ? undefined : 1_000 + this.encoders.length;
    const encoder = new FakeEncoder(pid, [program, ...args], options);
    this.encoders.push(encoder);
    if (this.isMissing) {
      setImmediate(() => encoder.emit('error', new Error(`spawn ${program} ENOENT`)));
    }
    this.onStart(encoder);
    return encoder;
  };

  signalGroup(pid: number, signal: NodeJS.Signals): void {
    const encoder = this.encoders.find((each) => each.pid === pid);
    assert.ok(encoder !== undefined, 'a signal has a receiver');
    encoder.end(null, signal);
  }

  setPriority(pid: number, niceness: number): void {
    this.priorities.push([pid, niceness]);
  }

  /** The encoder that was started last. */
  get newest(): FakeEncoder {
    const encoder = this.encoders.at(-1);
    assert.ok(encoder !== undefined);
    return encoder;
  }
}

function readable(): Readable {
  return new Readable({ read: () => undefined });
}

/** Lets everything happen that needs no time to pass. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}
