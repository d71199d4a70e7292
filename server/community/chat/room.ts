/** One stream's chat on this server: what was said, who reads it, and what may be said. */
import { isDeepStrictEqual } from 'node:util';
import type {
  ChatAuthor,
  ChatCloseReason,
  ChatFrame,
  ChatMessage,
  ChatRole,
  ChatSettings,
} from '../../../contract/index.ts';
import { CHAT_VERSION } from '../../../contract/index.ts';
import type { ChatStanding } from '../../account/index.ts';
import { BatchPace } from './batch-pace.ts';
import { Board } from './board.ts';
import type { Audience, BusRoom, EntryDraft, NumberedEntry, RoomNotice } from './bus.ts';
import type { StoredRoom } from './chat-store.ts';
import { FanOut } from './fan-out.ts';
import { toFragments, unfit } from './fragments.ts';
import type { PostRefusal } from './may-post.ts';
import { draftMessage } from './message-draft.ts';
import type { Post, Posted, PostOutcome, Statement } from './post.ts';
import { PostDesk, type SpokenRoom } from './post-desk.ts';
import type { Joining, Reader } from './reader.ts';
import { restoredLog } from './restored-log.ts';
import { isModerator, mergeRoles } from './roles.ts';
import { HOT_ENTRIES, type RoomLog } from './room-log.ts';
import type { RoomParts } from './room-parts.ts';
import { RoomWatchers } from './room-watchers.ts';
import { frameOf } from './text-frame.ts';
import { standingFrame, type Ward } from './ward.ts';

/** What takes messages out of sight, before it has a number. */
export type Concealment = Exclude<EntryDraft, { readonly type: 'message' }>;

/** See the top of the file. */
export class Room implements SpokenRoom {
  readonly streamId: string;
  /** Other parts of this server that want to know what happens. */
  readonly watchers = new RoomWatchers();
  readonly #parts: RoomParts;
  readonly #log: RoomLog;
  readonly #fanOut: FanOut;
  readonly #posts: PostDesk;
  readonly #board: Board;
  readonly #ward: Ward;
  #settings: ChatSettings;
  #bus: BusRoom | undefined;
  /** Of the latest concealment: whether it is in the database. */
  #hidden: Promise<boolean> | undefined;
  #isLost = false;
  /** Monotonic milliseconds. */
  #usedMs: number;

  private constructor(
    streamId: string,
    parts: RoomParts,
    { stored, ward }: { readonly stored: StoredRoom; readonly ward: Ward },
  ) {
    const { clock, random, yieldTo } = parts;
    this.#ward = ward;
    this.streamId = streamId;
    this.#board = new Board(streamId, parts.stage);
    this.#parts = parts;
    this.#settings = stored.settings;
    this.#log = restoredLog(stored, clock.monotonicMs());
    this.#posts = new PostDesk(this, parts, ward.mayPost);
    const isModeratorHere = (reader: Reader): boolean =>
      isModerator({ roles: this.rolesOf({ id: reader.authorId, roles: reader.roles }) });
    this.#fanOut = new FanOut({
      ...{ log: this.#log, pace: new BatchPace(), clock, random, yieldTo },
      isModerator: isModeratorHere,
    });
    this.#usedMs = clock.monotonicMs();
    for (const { entry, nonce } of stored.recent) this.#posts.saw(entry, nonce, async () => true);
  }

  /** Opens a room with what is kept of it. Rejects when the database cannot be asked. */
  static async open(streamId: string, parts: RoomParts): Promise<Room> {
    const ward = await parts.openWard(streamId);
    const stored = await parts.store.load(streamId, HOT_ENTRIES);
    const room = new Room(streamId, parts, { stored, ward });
    room.#bus = await parts.bus.open(streamId, stored.lastSeq, {
      deliver: (numbered) => room.#deliver(numbered),
      notice: (notice) => room.#hear(notice),
      rebase: (seq, entries) => {
        const base = (entries[0]?.entry.seq ?? seq + 1) - 1;
        room.#log.cut(base, base <= seq);
        for (const numbered of entries) room.#take(numbered);
        room.#fanOut.rebase(base);
      },
      // Whether they are kept was answered when they had their first numbers.
      renumbered: (entries) => {
        for (const numbered of entries) void room.#keep(numbered);
      },
      rejoined: () => parts.rereads.request(room),
      lost: () => {
        room.#isLost = true;
        room.sendAway('unavailable');
        room.watchers.closed();
      },
    });
    room.#log.turn(room.#bus.epoch);
    await room.#board.load().catch((error: unknown) => {
      room.close();
      throw error;
    });
    return room;
  }

  /** Whether it cannot go on: it is to be closed, and opened anew. */
  get isLost(): boolean {
    return this.#isLost;
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
    return this.readers + this.watchers.size > 0 ? undefined : this.#usedMs;
  }

  /** Somebody uses it: it stays open for a while. */
  used(): void {
    this.#usedMs = this.#parts.clock.monotonicMs();
  }

  /** The latest messages, oldest first. */
  recent(limit: number): readonly ChatMessage[] {
    this.used();
    return this.#log
      .recent(limit)
      .flatMap(({ entry }) => (entry.type === 'message' ? [entry] : []));
  }

  /** Welcomes a reader, and sends what it missed, or recent history, and what comes. */
  join(reader: Reader, { author, isGuest, guest, resume }: Joining): void {
    this.used();
    const resumable = resume === undefined ? undefined : this.#log.resumable(resume);
    reader.write(
      frameOf({
        type: 'welcome',
        v: CHAT_VERSION,
        epoch: this.#log.epoch,
        seq: this.#fanOut.sentSeq,
        you: { ...author, roles: this.rolesOf(author), isGuest },
        ...(guest === undefined ? {} : { guest }),
        settings: this.#settings,
        isResumed: resumable === true,
      }),
    );
    if (this.#ward.barOf(author.id) !== undefined) this.#tellStanding(reader);
    if (typeof resumable === 'string') reader.write(frameOf({ type: 'resync', reason: resumable }));
    this.#board.show(reader, resume !== undefined);
    this.#fanOut.join(reader, resumable === true ? resume?.seq : undefined);
  }

  /** Lets a reader go that has left. */
  leave(reader: Reader): void {
    this.#fanOut.leave(reader);
    this.used();
  }

  /** Says something. The same author's same nonce is answered as the first time. */
  post(post: Post): Promise<PostOutcome> {
    this.used();
    return this.#posts.take(post);
  }

  /** What the author is here, with what the room gave. */
  rolesOf({ id, roles }: Pick<ChatAuthor, 'id' | 'roles'>): readonly ChatRole[] {
    return mergeRoles(roles, this.#ward.rolesOf(id));
  }

  /** Whether somebody is banned here, or timed out; an administrator never is. */
  isBarred({ author, isAdmin }: Pick<Post, 'author' | 'isAdmin'>): boolean {
    return isAdmin !== true && this.#ward.barOf(author.id) !== undefined;
  }

  /** Who wrote with this id, else whoever wrote last under this name, of those who are held. */
  authorNamed(name: string): ChatAuthor | undefined {
    return this.#log.authorNamed(name);
  }

  /** A message that is held, also when it is shown no more. */
  find(id: string): ChatMessage | undefined {
    return this.#log.find(id)?.message;
  }

  /** A message that is held and still to be shown. */
  findShown(id: string): ChatMessage | undefined {
    const found = this.#log.find(id);
    return found?.isShown === true ? found.message : undefined;
  }

  /** What a reader is by its account has changed. */
  restate(reader: Reader): void {
    this.#tellStanding(reader);
  }

  /** Tells every server of somebody's standing, which the database has. */
  async tellStanding(authorId: string, standing: ChatStanding): Promise<void> {
    await this.#bus?.tell({ type: 'standing', authorId, standing });
  }

  /** Takes messages out of sight: here, in history, and for whoever comes later. */
  async conceal(draft: Concealment): Promise<void> {
    await this.#publish(draft, null);
    await this.#hidden;
  }

  /** Sends a frame without a number to those it is for, on every server. */
  async tell(frame: ChatFrame, to: Audience): Promise<void> {
    await this.#bus?.tell({ type: 'frame', to, frame });
  }

  /** Puts a message into the room that its rules do not hold for. */
  async speak({ author, words, kind, nonce, replyTo }: Statement): Promise<Posted | PostRefusal> {
    this.used();
    const fragments = typeof words === 'string' ? toFragments(words, this.#parts.emoteOf) : words;
    if (typeof fragments === 'string') return unfit(fragments);
    const answered = replyTo === undefined ? undefined : this.find(replyTo);
    const said = { author, fragments, kind, replyTo: answered?.id };
    const draft = draftMessage(this.streamId, this.#parts, said);
    const numbered = await this.#publish(draft, nonce ?? null);
    return { message: { ...draft, seq: numbered.entry.seq }, kept: this.#keep(numbered) };
  }

  /** Changes the settings, kept and told to everybody. */
  async change(changes: Partial<ChatSettings>): Promise<ChatSettings> {
    const { store, clock } = this.#parts;
    const now = new Date(clock.epochMs());
    const settings = await store.changeSettings(this.streamId, changes, now);
    await this.#bus?.tell({ type: 'settings', settings });
    return settings;
  }

  /** Reads what others may have changed unheard, and tells of it here. Rejects without the database. */
  async reread(): Promise<void> {
    const before = this.#settings;
    const [settings, authorIds, frames] = await Promise.all([
      this.#parts.store.settings(this.streamId),
      this.#ward.reread(),
      this.#board.reread(),
    ]);
    // What was told meanwhile is newer.
    const isNew = this.#settings === before && !isDeepStrictEqual(settings, before);
    if (isNew) this.#hear({ type: 'settings', settings });
    for (const frame of frames) this.#fanOut.tell(frame, 'everybody');
    for (const authorId of authorIds) this.#tellAuthor(authorId);
    const shown = this.recent(HOT_ENTRIES).map(({ id }) => id);
    const ids = await this.#parts.store.hidden(this.streamId, shown);
    // Who took them out of sight may be gone; that some are told twice does no harm.
    if (ids.length > 0) await this.conceal({ type: 'removal', ids });
  }

  /** Tells everybody who reads here, and not those on other servers. */
  tellHere(frame: ChatFrame): void {
    this.#fanOut.tell(frame, 'everybody');
  }

  /** Closes the sockets of all who read here. */
  sendAway(reason: ChatCloseReason): void {
    this.#fanOut.sendAway(reason);
  }

  /** Ends what is still to be sent; nobody may use the room any more. */
  close(): void {
    this.#fanOut.close();
    this.#parts.rereads.drop(this);
    this.watchers.closed();
    this.#bus?.close();
  }

  async #publish(draft: EntryDraft, nonce: string | null): Promise<NumberedEntry> {
    if (this.#bus === undefined) throw new Error('The room is not open');
    return this.#bus.publish(draft, nonce);
  }

  #keep(numbered: NumberedEntry): Promise<boolean> {
    return this.#parts.keeper.keep({ ...numbered, streamId: this.streamId });
  }

  #deliver(numbered: NumberedEntry): void {
    const { entry } = numbered;
    this.#take(numbered);
    this.#fanOut.arrived();
    this.#board.saw(entry);
    this.watchers.entry(entry, numbered.nonce);
    if (entry.type !== 'message') {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#hidden = promise;
      // Every server hides in the database: what it has yet to write there another one cannot hide.
      this.#parts.nextTurn(() => resolve(this.#keep(numbered)));
      return;
    }
    if (this.#settings.uniqueChat) this.#ward.saw(entry);
    // Also those who wrote on another server.
    this.#posts.wrote(entry.author.id);
  }

  #take(numbered: NumberedEntry): void {
    const { entry, epoch, nonce } = numbered;
    const atMs = this.#parts.clock.monotonicMs();
    this.#log.append({ entry, epoch, atMs, json: JSON.stringify(entry), nonce });
    // Who has lost one server says it again to another, which keeps what the first one could not.
    if (entry.type === 'message') this.#posts.saw(entry, nonce, () => this.#keep(numbered));
  }

  #hear(notice: RoomNotice): void {
    if (notice.type === 'frame') {
      this.#board.heard(notice.frame, notice.to);
      this.#fanOut.tell(notice.frame, notice.to);
      return;
    }
    if (notice.type === 'standing') {
      const { authorId, standing } = notice;
      this.#ward.hear(authorId, standing);
      this.#tellAuthor(authorId);
      return;
    }
    if (notice.type === 'reread') {
      this.#parts.rereads.request(this);
      return;
    }
    const { type, settings } = notice;
    this.#settings = settings;
    this.watchers.settings(settings);
    this.#fanOut.tell({ type, settings }, 'everybody');
  }

  #tellAuthor(authorId: string): void {
    for (const reader of this.#fanOut.readersOf(authorId)) this.#tellStanding(reader);
  }

  #tellStanding(reader: Reader): void {
    const { authorId: id, roles } = reader;
    reader.write(frameOf(standingFrame(this.rolesOf({ id, roles }), this.#ward.barOf(id))));
  }
}
