import type { ChatEntry, ChatSettings } from '../../../contract/index.ts';
import type { Cancel } from '../../base/index.ts';

/** A part of this server that wants to know all of what happens in a room. Must not throw. */
export interface RoomWatcher {
  /** The next entry, whether or not a storm leaves it out for readers. */
  entry(entry: ChatEntry, nonce: string | null): void;
  settings(settings: ChatSettings): void;
  /** The room is closed. */
  closed(): void;
}

/** Those that watch one room. */
export class RoomWatchers implements RoomWatcher {
  readonly #watchers = new Set<RoomWatcher>();

  get size(): number {
    return this.#watchers.size;
  }

  /** Tells `watcher` from now on. */
  add(watcher: RoomWatcher): Cancel {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  entry(entry: ChatEntry, nonce: string | null): void {
    for (const watcher of this.#watchers) watcher.entry(entry, nonce);
  }

  settings(settings: ChatSettings): void {
    for (const watcher of this.#watchers) watcher.settings(settings);
  }

  closed(): void {
    for (const watcher of [...this.#watchers]) watcher.closed();
  }
}
