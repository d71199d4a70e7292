/**
 * One room, for all clients of the gateway that are in it: hears each entry once, writes it once for
 * all who are sent the same line, and hands the bytes on in batches and in slices.
 */
import type { ChatEntry, ChatSettings } from '../../../contract/index.ts';
import type { Cancel, Clock } from '../../base/index.ts';
import type { Dialect } from './dialect.ts';
import { entryLines, settingsLine } from './entry-lines.ts';
import type { IrcRoom, IrcWatcher } from './irc-world.ts';

/** Who has just been sent something is sent the next things together, so often. */
const BATCH_MS = 50;
/** Clients written to in one go. */
const SLICE_MEMBERS = 48;
/** Entries that wait while a batch is on its way; past this the oldest are left out. */
const MOST_WAITING = 2_000;

/** A client in a channel. */
export interface Member {
  readonly dialect: Dialect;
  /** The channel as the client calls it, with `#`. */
  readonly channel: string;
  /** Begins what the client calls its own posts; nobody else's do. */
  readonly noncePrefix: string;
  /** Takes whole lines; the bytes are shared and not to be changed. */
  write(lines: Buffer): void;
  /** The channel is no more. */
  closed(): void;
}

/** What a channel needs of the gateway. */
export interface ChannelHome {
  readonly clock: Clock;
  /** Runs a task after others had their turn; see `RightOfWay`. */
  readonly yieldTo: (task: () => void) => void;
}

interface Waiting {
  readonly entry: ChatEntry;
  readonly nonce: string | null;
}

/** See the top of the file. */
export class IrcChannel implements IrcWatcher {
  readonly streamId: string;
  readonly room: IrcRoom;
  readonly #home: ChannelHome;
  readonly #members = new Set<Member>();
  readonly #unwatch: Cancel;
  #settings: ChatSettings;
  #waiting: Waiting[] = [];
  #cancelFlush: Cancel | undefined;
  #isSending = false;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(home: ChannelHome, streamId: string, room: IrcRoom) {
    this.#home = home;
    this.streamId = streamId;
    this.room = room;
    this.#settings = room.settings;
    this.#unwatch = room.watchers.add(this);
  }

  /** Clients now. */
  get size(): number {
    return this.#members.size;
  }

  /** Takes a client in. */
  join(member: Member): void {
    this.#members.add(member);
  }

  /** Lets a client go. */
  leave(member: Member): void {
    this.#members.delete(member);
  }

  entry(entry: ChatEntry, nonce: string | null): void {
    if (this.#waiting.push({ entry, nonce }) > MOST_WAITING) this.#waiting.shift();
    this.#flushSoon();
  }

  settings(settings: ChatSettings): void {
    const { streamId } = this;
    const before = this.#settings;
    this.#settings = settings;
    for (const member of [...this.#members]) {
      const { dialect, channel } = member;
      const line = settingsLine(settings, { dialect, channel, streamId }, before);
      if (line !== '') member.write(Buffer.from(line));
    }
  }

  closed(): void {
    for (const member of [...this.#members]) member.closed();
  }

  /** Hears nothing any more. */
  close(): void {
    this.#cancelFlush?.();
    this.#unwatch();
  }

  #flushSoon(): void {
    if (this.#isSending || this.#cancelFlush !== undefined) return;
    const { clock } = this.#home;
    const restMs = this.#sentMs + BATCH_MS - clock.monotonicMs();
    // Never at once: what is posted is known to its poster before it is sent around.
    this.#cancelFlush = clock.after(Math.max(0, restMs), () => {
      this.#cancelFlush = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#isSending = true;
    this.#sentMs = this.#home.clock.monotonicMs();
    const members = [...this.#members];
    const written = new Map<string, Buffer>();
    const from = (begin: number): void => {
      for (const member of members.slice(begin, begin + SLICE_MEMBERS)) {
        if (this.#members.has(member)) this.#send(member, batch, written);
      }
      const end = begin + SLICE_MEMBERS;
      if (end < members.length) this.#home.yieldTo(() => from(end));
      else this.#sent();
    };
    from(0);
  }

  #sent(): void {
    this.#isSending = false;
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  #send(member: Member, batch: readonly Waiting[], written: Map<string, Buffer>): void {
    const { dialect, channel, noncePrefix } = member;
    const isOwn = ({ nonce }: Waiting): boolean => nonce?.startsWith(noncePrefix) === true;
    if (!dialect.hasEcho && batch.some(isOwn)) {
      const others = batch.filter((each) => !isOwn(each));
      if (others.length > 0) member.write(this.#linesOf(others, member));
      return;
    }
    const key = `${dialect.key} ${channel}`;
    const lines = written.get(key) ?? this.#linesOf(batch, member);
    written.set(key, lines);
    if (lines.length > 0) member.write(lines);
  }

  #linesOf(batch: readonly Waiting[], { dialect, channel }: Member): Buffer {
    const { streamId, room } = this;
    const hearing = { dialect, channel, streamId, room };
    return Buffer.from(batch.map(({ entry }) => entryLines(entry, hearing)).join(''));
  }
}
