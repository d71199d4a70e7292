/**
 * The stills of one broadcast: its newest poster, and the tiles of a scrub bar with the WebVTT
 * file that says when each is shown.
 *
 * T1  Tiles are in order of media time, and each is shown until the next begins.
 * T2  A name is given once: `t{n}.jpg` and `s{n}.jpg` never mean another image.
 * T3  Every image that the cues name is there; a tile that a sheet took over stays until the next
 *     sheet, for players that read the cues before.
 * T4  Bytes, tiles and media time are bounded: the oldest tiles leave.
 */
import { assert, type Log, silentLog } from '../../base/index.ts';
import { readJpegSize } from '../../format/jpeg/index.ts';
import { type ThumbnailCue, writeThumbnails } from '../../format/webvtt/index.ts';

/** Tiles in a row of a sheet. */
export const SHEET_COLUMNS = 5;
/** Rows of a sheet. */
export const SHEET_ROWS = 5;
/** Three times what half an hour of tiles at every five seconds needs. */
export const MOST_SHELF_BYTES = 8 * 1024 * 1024;
/** An hour at every second; each is a line that players read again and again. */
export const MOST_TILES = 3_600;

const TILES_PER_SHEET = SHEET_COLUMNS * SHEET_ROWS;
/** An image that comes sooner after another is the same moment again, from a restarted encoder. */
const LEAST_STEP_INTERVALS = 0.5;
const FOLDER = 'thumbnails';
const NUMBERED = /^thumbnails\/([ts])(0|[1-9]\d{0,14})\.jpg$/;

/** Merges `SHEET_COLUMNS` by `SHEET_ROWS` JPEG images of one size into one, row by row. */
export type MakeSheet = (tiles: readonly Uint8Array[]) => Promise<Uint8Array>;

/** What there is under a name; the same object for as long as it is the same bytes. */
export interface ShelfItem {
  readonly kind: 'poster' | 'cues' | 'image';
  readonly bytes: Uint8Array;
}

/** What a shelf needs of its owner. */
export interface ThumbnailShelfSettings {
  /** Seconds of media time from one tile to the next. */
  readonly intervalS: number;
  /** Seconds of media time after which tiles leave. */
  readonly historyS: number;
  /** The wall clock at media time 0, as playlists state it; undefined while that is not settled. */
  readonly zeroEpochMs: () => number | undefined;
  readonly makeSheet: MakeSheet;
  readonly log?: Log;
  readonly mostBytes?: number;
}

interface Sheet {
  readonly name: string;
  /** Tiles of it that the cues still name. */
  tiles: number;
}

interface Tile {
  readonly name: string;
  readonly startS: number;
  readonly width: number;
  readonly height: number;
  readonly jpeg: Uint8Array;
  place: { readonly sheet: Sheet; readonly index: number } | undefined;
}

/** See the top of the file. */
export class ThumbnailShelf {
  readonly #settings: ThumbnailShelfSettings;
  readonly #log: Log;
  readonly #tiles: Tile[] = [];
  /** Tiles that wait for their sheet to be full: the last ones of `#tiles`. */
  #loose: Tile[] = [];
  /** Tiles of the newest sheet, whose own images are kept as well. */
  #taken: readonly Tile[] = [];
  readonly #images = new Map<string, ShelfItem>();
  #poster: ShelfItem | undefined;
  #cues: ShelfItem | undefined;
  #sizeBytes = 0;
  #nextTile = 0;
  #nextSheet = 0;
  #merging = false;

  constructor(settings: ThumbnailShelfSettings) {
    this.#settings = settings;
    this.#log = settings.log ?? silentLog;
  }

  /** Seconds of media time from one tile to the next. */
  get intervalS(): number {
    return this.#settings.intervalS;
  }

  /** Bytes of all images held. */
  get sizeBytes(): number {
    return this.#sizeBytes + (this.#poster?.bytes.length ?? 0);
  }

  /** Whether a poster came yet. */
  get hasPoster(): boolean {
    return this.#poster !== undefined;
  }

  /** Takes the newest poster, a JPEG image that is the shelf's from now on. */
  posterArrived(jpeg: Uint8Array): void {
    this.#poster = { kind: 'poster', bytes: jpeg };
  }

  /**
   * Takes the tile of media time `mediaTimeS`, a JPEG image that is the shelf's from now on; one
   * that is not later than the last is passed over. Throws the Violations of `readJpegSize`.
   */
  tileArrived(jpeg: Uint8Array, mediaTimeS: number): void {
    assert(mediaTimeS >= 0, 'media time is not before 0');
    const leastS = LEAST_STEP_INTERVALS * this.intervalS;
    const last = this.#tiles.at(-1);
    if (last !== undefined && mediaTimeS < last.startS + leastS) return;
    const { width, height } = readJpegSize(jpeg);
    const name = `${FOLDER}/t${this.#nextTile}.jpg`;
    this.#nextTile += 1;
    const tile = { name, startS: mediaTimeS, width, height, jpeg, place: undefined };
    this.#tiles.push(tile);
    this.#loose.push(tile);
    this.#putImage(name, jpeg);
    this.#cues = undefined;
    this.#dropOld();
    this.#mergeNext();
  }

  /**
   * What is named `poster.jpg`, `thumbnails.vtt`, `thumbnails/t{n}.jpg` or `thumbnails/s{n}.jpg`;
   * `expired` for what has left.
   */
  find(name: string): ShelfItem | 'expired' | undefined {
    if (name === 'poster.jpg') return this.#poster;
    if (name === 'thumbnails.vtt') return this.#written();
    const image = this.#images.get(name);
    if (image !== undefined) return image;
    const [, kind, number] = NUMBERED.exec(name) ?? [];
    if (kind === undefined) return undefined;
    const next = kind === 't' ? this.#nextTile : this.#nextSheet;
    return Number(number) < next ? 'expired' : undefined;
  }

  #written(): ShelfItem | undefined {
    if (this.#tiles.length === 0) return undefined;
    if (this.#cues === undefined) {
      const zeroEpochMs = this.#settings.zeroEpochMs();
      const cues = this.#tiles.map((tile, index) => this.#cue(tile, this.#tiles[index + 1]));
      const text = writeThumbnails({
        ...(zeroEpochMs !== undefined && { note: zeroNote(zeroEpochMs) }),
        cues,
      });
      this.#cues = { kind: 'cues', bytes: Buffer.from(text) };
    }
    return this.#cues;
  }

  #cue(tile: Tile, next: Tile | undefined): ThumbnailCue {
    const { startS, width, height, place } = tile;
    const index = place?.index ?? 0;
    return {
      startS,
      endS: next?.startS ?? startS + this.intervalS,
      uri: place?.sheet.name ?? tile.name,
      x: (index % SHEET_COLUMNS) * width,
      y: Math.floor(index / SHEET_COLUMNS) * height,
      width,
      height,
    };
  }

  #dropOld(): void {
    const { historyS, mostBytes = MOST_SHELF_BYTES } = this.#settings;
    const newestS = this.#tiles.at(-1)?.startS ?? 0;
    for (let second = this.#tiles[1]; second !== undefined; second = this.#tiles[1]) {
      const hasLeft = second.startS <= newestS - historyS;
      const isFull = this.#sizeBytes > mostBytes || this.#tiles.length > MOST_TILES;
      if (!hasLeft && !isFull) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const tile = this.#tiles.shift();
    if (tile === undefined) return;
    if (this.#loose[0] === tile) this.#loose.shift();
    this.#dropImage(tile.name);
    this.#cues = undefined;
    const sheet = tile.place?.sheet;
    if (sheet === undefined) return;
    sheet.tiles -= 1;
    if (sheet.tiles === 0) this.#dropImage(sheet.name);
  }

  /** Makes one sheet at a time; the tiles that come meanwhile wait. */
  #mergeNext(): void {
    if (this.#merging) return;
    const group = this.#takeGroup();
    if (group === undefined) return;
    this.#merging = true;
    void this.#merge(group).finally(() => {
      this.#merging = false;
      this.#mergeNext();
    });
  }

  /** The next tiles of one size that fill a sheet; those that a change of size cut short stay single. */
  #takeGroup(): readonly Tile[] | undefined {
    for (;;) {
      const [first] = this.#loose;
      if (first === undefined) return undefined;
      const other = this.#loose.findIndex((tile) => !isSameSize(tile, first));
      const run = other === -1 ? this.#loose.length : other;
      if (run >= TILES_PER_SHEET) return this.#loose.splice(0, TILES_PER_SHEET);
      if (other === -1) return undefined;
      this.#loose = this.#loose.slice(run);
    }
  }

  async #merge(group: readonly Tile[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    try {
      const jpeg = await this.#settings.makeSheet(group.map((tile) => tile.jpeg));
      const { width, height } = readJpegSize(jpeg);
      if (width !== SHEET_COLUMNS * first.width || height !== SHEET_ROWS * first.height) {
        throw new Error(`Cannot use sheet: its size is ${width}x${height}`);
      }
      this.#putSheet(group, jpeg);
    } catch (error) {
      this.#log.warn({ err: error }, 'thumbnail sheet not made');
    }
  }

  #putSheet(group: readonly Tile[], jpeg: Uint8Array): void {
    const oldestS = this.#tiles[0]?.startS ?? 0;
    const sheet: Sheet = { name: `${FOLDER}/s${this.#nextSheet}.jpg`, tiles: 0 };
    for (const [index, tile] of group.entries()) {
      if (tile.startS < oldestS) continue;
      tile.place = { sheet, index };
      sheet.tiles += 1;
    }
    if (sheet.tiles === 0) return;
    this.#nextSheet += 1;
    this.#putImage(sheet.name, jpeg);
    for (const tile of this.#taken) this.#dropImage(tile.name);
    this.#taken = group;
    this.#cues = undefined;
    this.#dropOld();
  }

  #putImage(name: string, jpeg: Uint8Array): void {
    this.#images.set(name, { kind: 'image', bytes: jpeg });
    this.#sizeBytes += jpeg.length;
  }

  #dropImage(name: string): void {
    const image = this.#images.get(name);
    if (image === undefined) return;
    this.#images.delete(name);
    this.#sizeBytes -= image.bytes.length;
  }
}

function isSameSize(one: Tile, other: Tile): boolean {
  return one.width === other.width && one.height === other.height;
}

function zeroNote(zeroEpochMs: number): string {
  return `PROGRAM-DATE-TIME of 00:00:00.000: ${new Date(zeroEpochMs).toISOString()}`;
}
