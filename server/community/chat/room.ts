/** One stream's chat on this server: what was said, who reads it, and what may be said. */
import type {
  ChatAuthor,
  ChatEntry,
  ChatFragment,
  ChatFrame,
  ChatMessage,
  ChatPosition,
  ChatSettings,
} from '../../../contract/index.ts';
import { CHAT_VERSION, MAX_CHAT_LENGTH } from '../../../contract/index.ts';
import { type Clock, newId } from '../../base/index.ts';
import { BatchPace } from './batch-pace.ts';
import type { Audience, Bus, BusRoom, EntryDraft, NumberedEntry, RoomNotice } from './bus.ts';
import type { ChatStore, StoredRoom } from './chat-store.ts';
import { FanOut } from './fan-out.ts';
import { type EmoteOf, toFragments, type UnfitText } from './fragments.ts';
import type { MayPost, PostRefusal } from './may-post.ts';
import type { MessageKeeper } from './message-keeper.ts';
import type { Reader } from './reader.ts';
import { isModerator } from './roles.ts';
import { HOT_ENTRIES, MOST_ENTRIES, RoomLog } from './room-log.ts';
import { SlowMode } from './slow-mode.ts';
import { frameOf } from './text-frame.ts';

/** Posts remembered by what their authors called them. */
const MOST_NONCES = 10_000;

/** Where a broadcast is in its media time. */
export interface MediaMoment {
  readonly broadcastId: string;
  /** Milliseconds. */
  readonly streamTimeMs: number;
}

/** What all rooms share. */
export interface RoomParts {
  readonly bus: Bus;
  readonly store: ChatStore;
  readonly keeper: MessageKeeper;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** 0 to below 1. */
  readonly random: () => number;
  /** Runs a task after others had their turn. */
  readonly yieldTo: (task: () => void) => void;
  readonly mayPost: MayPost;
  readonly emoteOf: EmoteOf;
  /** What of a stream is on air now; undefined: nothing. */
  readonly onAir: (streamId: string) => MediaMoment | undefined;
}

/** What somebody wants to say. */
export interface Post {
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  readonly text: string;
  readonly nonce: string | null;
  readonly replyTo: string | undefined;
}

/** What takes messages out of sight, before it has a number. */
export type Concealment = Exclude<EntryDraft, { readonly type: 'message' }>;

/** A message that is in the room. */
export interface Posted {
  readonly message: ChatMessage;
  /** Resolves with whether it is in the database, within seconds. Never rejects. */
  readonly kept: Promise<boolean>;
}

/** Who joins. */
export interface Joining {
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  /** What a guest shows to be the same again. */
  readonly guest: string | undefined;
  readonly resume: ChatPosition | undefined;
}

/** See the top of the file. */
export class Room {
  readonly streamId: string;
  readonly #parts: RoomParts;
  readonly #log: RoomLog;
  readonly #fanOut: FanOut;
  readonly #slowMode = new SlowMode();
  /** Oldest first. */
  readonly #nonces = new Map<string, Promise<Posted | PostRefusal>>();
  #settings: ChatSettings;
  #bus: BusRoom | undefined;
  /** Monotonic milliseconds. */
  #usedMs: number;

  private constructor(
    streamId: string,
    parts: RoomParts,
    { epoch, stored }: { readonly epoch: string; readonly stored: StoredRoom },
  ) {
    const { clock, random, yieldTo } = parts;
    this.streamId = streamId;
    this.#parts = parts;
    this.#settings = stored.settings;
    this.#log = logOf(epoch, stored, clock.monotonicMs());
    const pace = new BatchPace();
    this.#fanOut = new FanOut({ log: this.#log, pace, clock, random, yieldTo });
    this.#usedMs = clock.monotonicMs();
    for (const { entry, nonce } of stored.recent) {
      if (nonce === null) continue;
      const posted = { message: entry, kept: Promise.resolve(true) };
      this.#remember(`${entry.author.id} ${nonce}`, Promise.resolve(posted));
    }
  }

  /** Opens a room with what is kept of it. Rejects when the database cannot be asked. */
  static async open(streamId: string, parts: RoomParts): Promise<Room> {
    const stored = await parts.store.load(streamId, HOT_ENTRIES);
    const early: NumberedEntry[] = [];
    let room: Room | undefined;
    const bus = await parts.bus.open(streamId, stored.lastSeq, {
      deliver: (numbered) => {
        if (room === undefined) early.push(numbered);
        else room.#take(numbered);
      },
      notice: (notice) => {
        if (room !== undefined) room.#hear(notice);
      },
    });
    room = new Room(streamId, parts, { epoch: bus.epoch, stored });
    room.#bus = bus;
    for (const numbered of early) room.#take(numbered);
    return room;
  }

  get settings(): ChatSettings {
    return this.#settings;
  }

  /** Readers now. */
  get readers(): number {
    return this.#fanOut.size;
  }

  /** Monotonic milliseconds since when nobody has read or written; undefined while somebody does. */
  get unusedSinceMs(): number | undefined {
    return this.readers > 0 ? undefined : this.#usedMs;
  }

  /** The latest messages, oldest first. */
  recent(limit: number): readonly ChatMessage[] {
    this.#used();
    return this.#log
      .recent(limit)
      .flatMap(({ entry }) => (entry.type === 'message' ? [entry] : []));
  }

  /** Welcomes a reader, and sends what it missed, or recent history, and what comes. */
  join(reader: Reader, { author, isGuest, guest, resume }: Joining): void {
    this.#used();
    const resumable = resume === undefined ? undefined : this.#log.resumable(resume);
    reader.write(
      frameOf({
        type: 'welcome',
        v: CHAT_VERSION,
        epoch: this.#log.epoch,
        seq: this.#fanOut.sentSeq,
        you: { ...author, isGuest },
        ...(guest === undefined ? {} : { guest }),
        settings: this.#settings,
        isResumed: resumable === true,
      }),
    );
    if (typeof resumable === 'string') reader.write(frameOf({ type: 'resync', reason: resumable }));
    this.#fanOut.join(reader, resumable === true ? resume?.seq : undefined);
  }

  /** Lets a reader go that has left. */
  leave(reader: Reader): void {
    this.#fanOut.leave(reader);
    this.#used();
  }

  /** Says something. The same author's same nonce is answered as the first time. */
  post(post: Post): Promise<Posted | PostRefusal> {
    this.#used();
    const { author, nonce } = post;
    if (nonce === null) return this.#post(post);
    const key = `${author.id} ${nonce}`;
    const known = this.#nonces.get(key);
    if (known !== undefined) return known;
    const outcome = this.#post(post);
    this.#remember(key, outcome);
    const forget = (): boolean => this.#nonces.delete(key);
    // What was refused may be tried again.
    outcome.then((result) => 'refused' in result && forget(), forget);
    return outcome;
  }

  /** Takes messages out of sight: here, in history, and for whoever comes later. */
  async conceal(draft: Concealment): Promise<void> {
    await this.#keep(await this.#publish(draft, null));
  }

  /** Sends a frame without a number to those it is for, on every server. */
  async tell(frame: ChatFrame, to: Audience): Promise<void> {
    await this.#bus?.tell({ type: 'frame', to, frame });
  }

  /** Changes the settings, kept and told to everybody. */
  async change(changes: Partial<ChatSettings>): Promise<ChatSettings> {
    const { store, clock } = this.#parts;
    const settings = { ...this.#settings, ...changes };
    await store.saveSettings(this.streamId, settings, new Date(clock.epochMs()));
    await this.#bus?.tell({ type: 'settings', settings });
    return settings;
  }

  /** Ends what is still to be sent; nobody may use the room any more. */
  close(): void {
    this.#fanOut.close();
    this.#bus?.close();
  }

  async #post(post: Post): Promise<Posted | PostRefusal> {
    const { mayPost, clock, emoteOf } = this.#parts;
    const { author, isGuest, nonce, replyTo } = post;
    const fragments = toFragments(post.text, emoteOf);
    if (typeof fragments === 'string') return unfit(fragments);
    const settings = this.#settings;
    const refusal = this.#refusal(author, isGuest);
    if (refusal !== undefined) return refusal;
    // Before anything is waited for, so that two at once do not both get through.
    this.#slowMode.wrote(author.id, clock.monotonicMs());
    const { streamId } = this;
    const verdict = mayPost({ streamId, author, isGuest, fragments, settings });
    const refused = verdict instanceof Promise ? await verdict : verdict;
    if (refused !== undefined) {
      this.#slowMode.takeBack(author.id);
      return refused;
    }
    const answered = replyTo === undefined ? undefined : this.#log.find(replyTo);
    const draft = this.#draft(author, fragments, answered?.id);
    const numbered = await this.#publish(draft, nonce);
    const { entry } = numbered;
    return { message: { ...draft, seq: entry.seq }, kept: this.#keep(numbered) };
  }

  #refusal(author: ChatAuthor, isGuest: boolean): PostRefusal | undefined {
    const { guestsMayPost, slowModeS } = this.#settings;
    if (isGuest && !guestsMayPost) {
      return { refused: 'forbidden', detail: 'Cannot post: only who is signed in may write here' };
    }
    if (isModerator(author)) return undefined;
    const nowMs = this.#parts.clock.monotonicMs();
    const retryAfterMs = this.#slowMode.waitMs(author.id, slowModeS * 1000, nowMs);
    if (retryAfterMs === 0) return undefined;
    const wait = Math.ceil(retryAfterMs / 1000);
    const detail = `Cannot post: one message in ${slowModeS} s; wait ${wait} s`;
    return { refused: 'slow_mode', detail, retryAfterMs };
  }

  #draft(author: ChatAuthor, fragments: readonly ChatFragment[], replyTo: string | undefined) {
    const { clock, randomBytes, onAir } = this.#parts;
    const nowMs = clock.epochMs();
    const moment = onAir(this.streamId);
    return {
      type: 'message' as const,
      id: newId('msg', nowMs, randomBytes),
      timestamp: new Date(nowMs).toISOString(),
      streamTime: Math.max(0, Math.round(moment?.streamTimeMs ?? 0)) / 1000,
      broadcastId: moment?.broadcastId ?? null,
      author,
      fragments,
      ...(replyTo === undefined ? {} : { replyTo }),
    };
  }

  async #publish(
    draft: Parameters<BusRoom['publish']>[0],
    nonce: string | null,
  ): Promise<NumberedEntry> {
    const bus = this.#bus;
    if (bus === undefined) throw new Error('The room is not open');
    return bus.publish(draft, nonce);
  }

  #keep(numbered: NumberedEntry): Promise<boolean> {
    return this.#parts.keeper.keep({ ...numbered, streamId: this.streamId });
  }

  #take({ entry, epoch, nonce }: NumberedEntry): void {
    // A bus may say again what the database has told.
    if (entry.seq <= this.#log.lastSeq) return;
    const atMs = this.#parts.clock.monotonicMs();
    this.#log.append({ entry, epoch, atMs, json: JSON.stringify(entry), nonce });
    this.#fanOut.arrived();
  }

  #hear(notice: RoomNotice): void {
    if (notice.type === 'frame') {
      this.#fanOut.tell(notice.frame, notice.to);
      return;
    }
    const { type, settings } = notice;
    this.#settings = settings;
    this.#fanOut.tell({ type, settings }, 'everybody');
  }

  #remember(key: string, outcome: Promise<Posted | PostRefusal>): void {
    this.#nonces.set(key, outcome);
    if (this.#nonces.size <= MOST_NONCES) return;
    const [oldest] = this.#nonces.keys();
    if (oldest !== undefined) this.#nonces.delete(oldest);
  }

  #used(): void {
    this.#usedMs = this.#parts.clock.monotonicMs();
  }
}

/** The log as it was; numbers of what is not shown any more are filled, as they were given. */
function logOf(epoch: string, { recent, lastSeq }: StoredRoom, atMs: number): RoomLog {
  const held = recent.filter(({ entry }) => entry.seq > lastSeq - MOST_ENTRIES);
  const log = new RoomLog(epoch, (held[0]?.entry.seq ?? lastSeq + 1) - 1);
  const append = (entry: ChatEntry, of: string, nonce: string | null): void =>
    log.append({ entry, epoch: of, atMs, json: JSON.stringify(entry), nonce });
  const fillTo = (seq: number): void => {
    while (log.lastSeq < seq) append({ type: 'removal', seq: log.lastSeq + 1, ids: [] }, '', null);
  };
  for (const { entry, epoch: of, nonce } of held) {
    fillTo(entry.seq - 1);
    append(entry, of, nonce);
  }
  fillTo(lastSeq);
  return log;
}

function unfit(why: UnfitText): PostRefusal {
  const reason =
    why === 'empty'
      ? 'it has no text'
      : `it has more than ${MAX_CHAT_LENGTH} characters; make it shorter`;
  return { refused: 'invalid_request', detail: `Cannot post message: ${reason}` };
}
