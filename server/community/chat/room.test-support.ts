/** Readers, entries, a store and what else rooms are made of, for their tests. */
import { randomBytes } from 'node:crypto';
import type {
  ChatCloseReason,
  ChatFrame,
  ChatMessage,
  ChatRole,
  ChatSettings,
} from '../../../contract/index.ts';
import { ManualClock, silentLog } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { EMPTY_STAGE } from './board.ts';
import { LocalBus } from './bus.ts';
import { type ChatStore, DEFAULT_SETTINGS, type UnkeptEntry } from './chat-store.ts';
import { MessageKeeper } from './message-keeper.ts';
import type { Reader } from './reader.ts';
import { Rereads } from './rereads.ts';
import type { LoggedEntry } from './room-log.ts';
import type { RoomParts } from './room-parts.ts';
import { OPEN_WARD } from './ward.ts';

/** A message with this number; its author is one of ten. */
export function message(seq: number, changes: Partial<ChatMessage> = {}): ChatMessage {
  return {
    type: 'message',
    seq,
    id: `msg_${seq}`,
    timestamp: '2026-01-01T00:00:00.000Z',
    streamTime: 0,
    broadcastId: null,
    author: { id: `usr_${seq % 10}`, name: `User${seq % 10}`, roles: [] },
    fragments: [{ type: 'text', text: `text ${seq}` }],
    ...changes,
  };
}

/** The same in a log. */
export function logged(seq: number, atMs: number, epoch = 'e', entry = message(seq)): LoggedEntry {
  return { entry, epoch, atMs, json: JSON.stringify(entry), nonce: null };
}

/** A reader that remembers, and reads when it is told to. */
export class TestReader implements Reader {
  readonly authorId: string;
  readonly name: string;
  roles: readonly ChatRole[] = [];
  readonly frames: ChatFrame[] = [];
  unsentBytes = 0;
  closed: ChatCloseReason | undefined;
  isStuck = false;
  #drained: (() => void) | undefined;

  constructor(authorId = 'reader', name = authorId) {
    this.authorId = authorId;
    this.name = name;
  }

  write(frame: Buffer): boolean {
    if (this.isStuck) this.unsentBytes += frame.length;
    this.frames.push(saidBy(frame));
    return !this.isStuck;
  }

  whenDrained(task: () => void): void {
    this.#drained = task;
  }

  close(reason: ChatCloseReason): void {
    this.closed = reason;
  }

  /** Takes everything that waits. */
  drain(): void {
    this.unsentBytes = 0;
    const task = this.#drained;
    this.#drained = undefined;
    task?.();
  }

  /** The numbers of the entries it was sent, in their order. */
  get seqs(): readonly number[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'entries' ? frame.entries.map(({ seq }) => seq) : [],
    );
  }
}

const values = new WeakMap<Buffer, ChatFrame>();

/** What a frame says; large ones go to many. */
function saidBy(frame: Buffer): ChatFrame {
  const value: ChatFrame = values.get(frame) ?? JSON.parse(textIn(frame));
  values.set(frame, value);
  return value;
}

/** The text of a frame as RFC 6455 section 5.2 has it, whole and not masked. */
export function textIn(frame: Buffer): string {
  const short = (frame[1] ?? 0) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  return frame.toString('utf8', head);
}

/** A store in memory whose database can go away. */
export class TestStore implements ChatStore {
  readonly kept: UnkeptEntry[] = [];
  readonly batches: number[] = [];
  isAway = false;
  chatSettings = DEFAULT_SETTINGS;
  /** The id of a message that it fails for. */
  unfit: string | undefined;

  async load() {
    return { settings: this.chatSettings, lastSeq: 0, recent: [] };
  }

  async write(batch: readonly UnkeptEntry[]): Promise<void> {
    if (this.isAway) throw new DatabaseUnavailableError('it is away');
    if (batch.some(({ entry }) => entry.type === 'message' && entry.id === this.unfit)) {
      throw new Error('it does not fit');
    }
    this.batches.push(batch.length);
    this.kept.push(...batch);
  }

  async hidden(): Promise<readonly string[]> {
    return [];
  }

  async settings(): Promise<ChatSettings> {
    return this.chatSettings;
  }

  async changeSettings(_: string, changes: Partial<ChatSettings>): Promise<ChatSettings> {
    this.chatSettings = { ...this.chatSettings, ...changes };
    return this.chatSettings;
  }
}

/** What rooms are made of: a clock and a store of their own, and a stream on air. */
export function testParts(
  changes: Pick<Partial<RoomParts>, 'bus' | 'mayPost' | 'openWard' | 'yieldTo'> = {},
) {
  const clock = new ManualClock();
  const store = new TestStore();
  const log = silentLog;
  return {
    ...{ clock, store, log, randomBytes },
    bus: new LocalBus(() => 'e'),
    keeper: new MessageKeeper({ store, clock, log }),
    rereads: new Rereads({ clock, log }),
    openWard: async () => OPEN_WARD,
    mayPost: () => undefined,
    runCommand: async ({ line }: { readonly line: string }) => ({ commanded: line }),
    random: () => 0,
    nextTurn: (task: () => void) => task(),
    yieldTo: (task: () => void) => task(),
    emoteOf: () => undefined,
    stage: EMPTY_STAGE,
    onAir: () => ({ broadcastId: 'b', streamTimeMs: 1_234.4 }),
    ...changes,
  };
}
