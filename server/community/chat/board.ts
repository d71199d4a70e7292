/** What stands in a room besides its entries, on this server: whoever joins is shown it. */
import { isDeepStrictEqual } from 'node:util';
import type { ChatEntry, ChatFrame } from '../../../contract/index.ts';
import type { Audience } from './bus.ts';
import type { Reader } from './reader.ts';
import { frameOf } from './text-frame.ts';

/** Who puts up what stands in rooms, and follows what happens in them. None of it may throw. */
export interface Stage {
  /** What stands in a room that opens: `pinned` and `poll`. Rejects when the database cannot be asked. */
  load(streamId: string): Promise<readonly ChatFrame[]>;
  /** A frame without a number was sent in the room, from here or another server. */
  heard(streamId: string, frame: ChatFrame): void;
  /** An entry is in the room, likewise. */
  saw(streamId: string, entry: ChatEntry): void;
}

/** A stage that nobody stands on. */
export const EMPTY_STAGE: Stage = { load: async () => [], heard: () => {}, saw: () => {} };

const LASTING: ReadonlySet<ChatFrame['type']> = new Set(['pinned', 'poll', 'raid']);

/** See the top of the file. */
export class Board {
  readonly #streamId: string;
  readonly #stage: Stage;
  /** The latest frame of each type. */
  readonly #frames = new Map<ChatFrame['type'], ChatFrame>();

  constructor(streamId: string, stage: Stage) {
    this.#streamId = streamId;
    this.#stage = stage;
  }

  /** Puts up what the database has, but not over what was heard by now. Rejects without it. */
  async load(): Promise<void> {
    for (const frame of await this.#stage.load(this.#streamId)) {
      if (!this.#frames.has(frame.type)) this.#frames.set(frame.type, frame);
    }
  }

  /** Puts up what the database has by now, but for what was heard meanwhile; returns what is new. */
  async reread(): Promise<readonly ChatFrame[]> {
    const before = new Map(this.#frames);
    const frames = await this.#stage.load(this.#streamId);
    const changed = frames.filter((frame) => {
      const known = this.#frames.get(frame.type);
      return known === before.get(frame.type) && !isDeepStrictEqual(known, frame);
    });
    for (const frame of changed) this.heard(frame, 'everybody');
    return changed;
  }

  /** Shows a reader what stands; one that comes back also what stands no more. */
  show(reader: Reader, isBack: boolean): void {
    for (const frame of this.#frames.values()) {
      if (isBack || isShown(frame)) reader.write(frameOf(frame));
    }
  }

  /** Takes a frame that is sent to some of the room. */
  heard(frame: ChatFrame, to: Audience): void {
    if (to === 'everybody' && LASTING.has(frame.type)) this.#frames.set(frame.type, frame);
    this.#stage.heard(this.#streamId, frame);
  }

  /** Takes an entry. */
  saw(entry: ChatEntry): void {
    this.#stage.saw(this.#streamId, entry);
  }
}

function isShown(frame: ChatFrame): boolean {
  if (frame.type === 'pinned') return frame.message !== null;
  if (frame.type === 'poll') return frame.poll !== null;
  return frame.type !== 'raid' || frame.raid.state === 'announced';
}
