import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { childEnvironment } from '../../base/index.ts';
import { SHEET_COLUMNS, SHEET_ROWS } from './thumbnail-shelf.ts';

/** A sheet of 25 tiles of 160x90 has 60 to 100 kB. */
export const MAX_SHEET_BYTES = 1024 * 1024;
/** A sheet takes 0.07 s of processor time; on a machine that is busy with live media it waits. */
const DEADLINE_MS = 20_000;
/** Sheets that wait for the one being made; each broadcast has one at most under way. */
const MOST_WAITING = 64;
/** Live encoders go first. */
const NICENESS = 15;
/** FFmpeg's scale from 2, the best: hardly to be told from the tiles, at two thirds of their bytes. */
const QUALITY = 5;

/** Makes sheets of tiles with a short-lived FFmpeg, one at a time. */
export class SheetMaker {
  readonly #program: string;
  readonly #deadlineMs: number;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** `program`: FFmpeg, as it is found. A sheet may take `deadlineMs`. */
  constructor(program: string, deadlineMs = DEADLINE_MS) {
    this.#program = program;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * One JPEG of `SHEET_COLUMNS` by `SHEET_ROWS` tiles, row by row. Rejects when FFmpeg fails, is
   * missing, takes too long or says too much, when too many sheets wait, and after `close`.
   */
  async make(tiles: readonly Uint8Array[]): Promise<Uint8Array> {
    if (this.#waiting >= MOST_WAITING) {
      throw new Error(`Cannot make sheet: ${MOST_WAITING} others are waiting`);
    }
    this.#waiting += 1;
    const made = this.#last.then(() => this.#run(tiles));
    this.#last = made.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await made;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Gives up what is being made or waits. Idempotent. */
  close(): void {
    this.#closing.abort();
  }

  #run(tiles: readonly Uint8Array[]): Promise<Uint8Array> {
    const options = {
      encoding: 'buffer',
      env: childEnvironment(process.env),
      killSignal: 'SIGKILL',
      maxBuffer: MAX_SHEET_BYTES,
      signal: this.#closing.signal,
      timeout: this.#deadlineMs,
    } as const;
    return new Promise((resolve, reject) => {
      const child = execFile(this.#program, sheetArguments(), options, (error, sheet) => {
        if (error === null) resolve(sheet);
        else reject(error);
      });
      if (child.pid !== undefined) lowerPriority(child.pid);
      // A program that ends before it has read everything says why by its exit.
      child.stdin?.on('error', () => undefined);
      for (const tile of tiles) child.stdin?.write(tile);
      child.stdin?.end();
    });
  }
}

/** Nothing but JPEG from one pipe to another. */
function sheetArguments(): readonly string[] {
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error'],
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 'mjpeg', '-codec_whitelist', 'mjpeg'],
    ...['-threads', '1', '-f', 'mjpeg', '-i', 'pipe:0'],
    ...['-frames:v', '1', '-vf', `tile=${SHEET_COLUMNS}x${SHEET_ROWS}`, '-q:v', `${QUALITY}`],
    ...['-threads', '1', '-f', 'mjpeg', 'pipe:1'],
  ];
}

/** Not every system lets us, and the child may have ended already: the sheet does not depend on it. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    return;
  }
}
