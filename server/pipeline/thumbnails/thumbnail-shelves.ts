import type { Log } from '../../base/index.ts';
import { type MakeSheet, type ShelfItem, ThumbnailShelf } from './thumbnail-shelf.ts';

/** What shelves need of their owner. */
export interface ThumbnailShelvesSettings {
  /** Seconds of media time from one tile to the next, and after which they leave. */
  readonly intervalS: number;
  readonly historyS: number;
  readonly makeSheet: MakeSheet;
  readonly log: Log;
}

/** The shelves of all broadcasts that viewers can reach. */
export class ThumbnailShelves {
  readonly #settings: ThumbnailShelvesSettings;
  /** By stream, then by broadcast; the latest broadcast comes last. */
  readonly #byStream = new Map<string, Map<string, ThumbnailShelf>>();

  constructor(settings: ThumbnailShelvesSettings) {
    this.#settings = settings;
  }

  /** The broadcast's shelf, made on first use; it stays until `forget`. */
  open(
    streamId: string,
    broadcastId: string,
    zeroEpochMs: () => number | undefined,
  ): ThumbnailShelf {
    const shelves = this.#byStream.get(streamId) ?? new Map<string, ThumbnailShelf>();
    this.#byStream.set(streamId, shelves);
    let shelf = shelves.get(broadcastId);
    if (shelf === undefined) {
      const log = this.#settings.log.child({ stream: streamId, broadcast: broadcastId });
      shelf = new ThumbnailShelf({ ...this.#settings, zeroEpochMs, log });
      shelves.set(broadcastId, shelf);
    }
    return shelf;
  }

  /** Drops a broadcast's shelf, if it has one. */
  forget(streamId: string, broadcastId: string): void {
    const shelves = this.#byStream.get(streamId);
    if (shelves?.delete(broadcastId) && shelves.size === 0) this.#byStream.delete(streamId);
  }

  /** As `ThumbnailShelf.find`, for a broadcast, or for the stream's latest one when undefined. */
  find(
    streamId: string,
    broadcastId: string | undefined,
    name: string,
  ): ShelfItem | 'expired' | undefined {
    const shelves = this.#byStream.get(streamId);
    const shelf = broadcastId === undefined ? latest(shelves) : shelves?.get(broadcastId);
    return shelf?.find(name);
  }

  /** Whether the broadcast has a poster to show. */
  hasPoster(streamId: string, broadcastId: string): boolean {
    return this.#byStream.get(streamId)?.get(broadcastId)?.hasPoster === true;
  }

  /** Bytes of all images held. */
  get sizeBytes(): number {
    let total = 0;
    for (const shelves of this.#byStream.values()) {
      for (const shelf of shelves.values()) total += shelf.sizeBytes;
    }
    return total;
  }
}

function latest(
  shelves: ReadonlyMap<string, ThumbnailShelf> | undefined,
): ThumbnailShelf | undefined {
  return shelves === undefined ? undefined : [...shelves.values()].at(-1);
}
