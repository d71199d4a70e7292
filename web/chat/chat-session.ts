import { batch, computed, signal } from '@preact/signals';
import type {
  ChatAuthor,
  ChatEntry,
  ChatFrame,
  ChatHeld,
  ChatMessage,
  ChatPoll,
  ChatRaid,
  ChatSettings,
} from '../../contract/index.ts';
import { ask } from '../base/index.ts';
import { beforeDrawing } from './before-drawing.ts';
import {
  afterFrame,
  EMPTY_FEED,
  type FeedLine,
  type PendingPost,
  remaining,
  withNotice,
  withoutShown,
  withPending,
} from './chat-feed.ts';
import { ChatSocket } from './chat-socket.ts';
import { countBehind, isSame, shownLines } from './in-step.ts';
import { keep, kept } from './kept.ts';
import { type PictureSight, PictureTime } from './picture-time.ts';
import { hearRaid, NO_RAID } from './raid-watch.ts';
import { ReplayReader } from './replay-reader.ts';

/** The name under which the choice of instant or in step is kept. */
const IN_STEP = 'in-step';
/** How often the picture's time is looked at. Milliseconds. */
const LOOK_MS = 250;
/** Frames that wait for the next drawing at most. */
const MOST_WAITING = 200;
/** More messages than this in a second would have a screen reader speak without end. */
const MOST_SPOKEN_PER_SECOND = 3;

/** Who this page writes as. */
export type You = ChatAuthor & { readonly isGuest: boolean };

/** Why the last post was not taken, in words; `text` is what was written. */
export interface Refused {
  readonly words: string;
  readonly text: string;
}

/** What a moderator has said about who writes here. */
export interface Standing {
  readonly isBanned: boolean;
  /** Milliseconds since the epoch; null: no timeout. */
  readonly untilMs: number | null;
}

/** What a chat is opened with. */
export interface ChatSetup extends PictureSight {
  readonly streamId: string;
  /** Is told how many watch, whenever that has changed. */
  readonly onViewers: (count: number) => void;
}

/** One visit to one chat: everything that the panel shows is a signal here. */
export class ChatSession {
  readonly streamId: string;
  readonly serverMs: ChatSetup['serverMs'];
  readonly you = signal<You | null>(null);
  readonly settings = signal<ChatSettings | null>(null);
  /** What is shown, oldest first. */
  readonly lines = signal<readonly FeedLine[]>([]);
  readonly pending = signal<readonly PendingPost[]>([]);
  /** Messages that came while somebody reads back. */
  readonly unseen = signal(0);
  /** Whether somebody reads back: what is shown then stays. */
  readonly isReading = signal(false);
  readonly isBusy = signal(false);
  readonly inStep = signal(kept(IN_STEP) === 'yes');
  /** How far the picture is behind, when the panel shows what belongs to it. Milliseconds. */
  readonly behindMs = signal(0);
  readonly refused = signal<Refused | null>(null);
  /** When one may write again, by this machine's clock. Milliseconds since the epoch. */
  readonly waitUntilMs = signal(0);
  readonly standing = signal<Standing>({ isBanned: false, untilMs: null });
  readonly pinned = signal<ChatMessage | null>(null);
  readonly poll = signal<ChatPoll | null>(null);
  readonly raids = signal(NO_RAID);
  readonly held = signal<readonly ChatHeld[]>([]);
  readonly isModerator = computed(() => isModerating(this.you.value));
  readonly #feed = signal(EMPTY_FEED);
  readonly #socket: ChatSocket;
  readonly #replayed: ReplayReader;
  readonly #picture: PictureTime;
  readonly #onViewers: ChatSetup['onViewers'];
  readonly #posts = new Map<string, PendingPost>();
  #waiting: ChatFrame[] = [];
  #drawing: (() => void) | null = null;
  #looking: ReturnType<typeof setInterval> | undefined;
  /** What somebody who reads back has before them; null: the latest is shown. */
  #still: readonly FeedLine[] | null = null;
  #notices = 0;
  #spoken = { sinceMs: 0, count: 0 };

  constructor({ streamId, onViewers, ...sight }: ChatSetup) {
    this.streamId = streamId;
    this.serverMs = sight.serverMs;
    this.#picture = new PictureTime(sight);
    this.#onViewers = onViewers;
    this.#replayed = new ReplayReader(streamId);
    this.#socket = new ChatSocket(streamId, (frame) => this.#arrived(frame));
  }

  /** Where the connection stands; null before it is opened. */
  get link(): ChatSocket['state'] {
    return this.#socket.state;
  }

  /** Joins, until `close`. */
  open(): void {
    this.#socket.open();
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Leaves. */
  close(): void {
    clearInterval(this.#looking);
    this.#drawing?.();
    this.#socket.close();
  }

  /** Says something, or gives a command. It is sent again until it is known what became of it. */
  post(text: string, replyTo: string | null): void {
    const post: PendingPost = {
      nonce: crypto.getRandomValues(new Uint32Array(4)).join('.'),
      text,
      replyTo,
      id: null,
    };
    this.#posts.set(post.nonce, post);
    this.refused.value = null;
    this.#feed.value = withPending(this.#feed.value, post);
    this.#send(post);
    this.release();
  }

  /** Shows messages with their picture, or as they come. */
  stayInStep(inStep: boolean): void {
    this.inStep.value = inStep;
    keep(IN_STEP, inStep ? 'yes' : 'no');
    this.#picture.choose(inStep);
    this.#look();
    this.#show();
  }

  /** Keeps what is shown as it is while somebody reads back. */
  hold(): void {
    this.#still ??= this.lines.value;
    this.isReading.value = true;
  }

  /** Shows the latest again. */
  release(): void {
    this.#still = null;
    this.isReading.value = false;
    this.#show();
  }

  /** Asks what waits for a moderator; what comes to wait later is told. */
  async askHeld(): Promise<void> {
    const params = { id: this.streamId };
    const answer = await ask('GET /api/streams/{id}/chat/held', { params });
    if (answer.failed === undefined) this.held.value = answer.value.held;
  }

  /** Lets a message in that waits, or does not. */
  async judge({ id: heldId }: ChatHeld, isApproved: boolean): Promise<void> {
    const request = { params: { id: this.streamId, heldId } };
    const answer = await (isApproved
      ? ask('POST /api/streams/{id}/chat/held/{heldId}/approve', request)
      : ask('POST /api/streams/{id}/chat/held/{heldId}/deny', request));
    this.held.value = this.held.value.filter(({ id }) => id !== heldId);
    if (answer.failed !== undefined) this.say(answer.failed);
  }

  /** Shields the chat in one go, or sets it as it was before. */
  async shield(isRaised: boolean): Promise<void> {
    const request = { params: { id: this.streamId } };
    const answer = await (isRaised
      ? ask('PUT /api/streams/{id}/chat/shield', request)
      : ask('DELETE /api/streams/{id}/chat/shield', request));
    if (answer.failed === undefined) this.settings.value = answer.value;
    else this.say(answer.failed);
  }

  /** The message of an id among those that are held. */
  find(id: string): ChatMessage | undefined {
    const told = this.#feed.value.lines.find(({ key }) => key === id);
    const line = told ?? this.#replayed.find(id);
    return line?.kind === 'message' ? line.message : undefined;
  }

  /** Says something to who looks at this panel alone. */
  say(text: string): void {
    this.#notices += 1;
    const line = {
      kind: 'notice',
      key: `notice-${this.#notices}`,
      atMs: this.#picture.untilMs ?? this.serverMs(),
      text,
    } as const;
    this.#feed.value = withNotice(this.#feed.value, line);
    this.#show();
  }

  #send({ nonce, text, replyTo }: PendingPost): void {
    this.#socket.send({ type: 'post', text, nonce, ...(replyTo === null ? {} : { replyTo }) });
  }

  /** Frames are taken in once for each drawing: a storm costs no more than the screen can show. */
  #arrived(frame: ChatFrame): void {
    this.#waiting.push(frame);
    if (this.#waiting.length >= MOST_WAITING) this.#takeIn();
    else this.#drawing ??= beforeDrawing(() => this.#takeIn());
  }

  #takeIn(): void {
    this.#drawing?.();
    this.#drawing = null;
    const frames = this.#waiting;
    this.#waiting = [];
    batch(() => {
      for (const frame of frames) {
        this.#feed.value = afterFrame(this.#feed.value, frame);
        this.#note(frame);
      }
      this.#show();
    });
  }

  #note(frame: ChatFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.you.value = frame.you;
        this.settings.value = frame.settings;
        // What was not answered before the break may have been lost; the nonce keeps it single.
        for (const post of this.#posts.values()) this.#send(post);
        break;
      case 'resync':
        this.#still = null;
        this.isReading.value = false;
        break;
      case 'entries':
        this.#takeAway(frame.entries);
        this.#countSpoken(frame.entries.length);
        break;
      case 'posted':
        this.#posted(frame.nonce);
        break;
      case 'refused':
        this.#onRefused(frame);
        break;
      case 'commanded':
        this.#posts.delete(frame.nonce ?? '');
        this.say(frame.text);
        break;
      default:
        this.#noteRoom(frame);
    }
  }

  #noteRoom(frame: ChatFrame): void {
    switch (frame.type) {
      case 'settings':
        this.settings.value = frame.settings;
        break;
      case 'moderated': {
        const { roles, isBanned, untilMs } = frame;
        const you = this.you.value;
        if (you !== null) this.you.value = { ...you, roles };
        this.standing.value = { isBanned, untilMs };
        break;
      }
      case 'viewers':
        this.#onViewers(frame.count);
        break;
      case 'pinned':
        this.pinned.value = frame.message;
        break;
      case 'poll':
        this.poll.value = frame.poll;
        break;
      case 'raid':
        this.#onRaid(frame.raid);
        break;
      case 'held':
        this.held.value = withHeld(this.held.value, frame.held);
        break;
    }
  }

  #onRaid(raid: ChatRaid): void {
    const { watch, words } = hearRaid(this.raids.value, raid, this.serverMs());
    this.raids.value = watch;
    if (words !== null) this.say(words);
  }

  #posted(nonce: string | null): void {
    this.#posts.delete(nonce ?? '');
    const { slowModeS = 0 } = this.settings.value ?? {};
    if (!this.isModerator.value) this.waitUntilMs.value = Date.now() + slowModeS * 1_000;
  }

  #onRefused({
    nonce,
    code,
    detail,
    retryAfterMs,
  }: ChatFrame & { readonly type: 'refused' }): void {
    const post = this.#posts.get(nonce ?? '');
    this.#posts.delete(nonce ?? '');
    const isHeld = code === 'message_held';
    const words = detail.replace(/^Cannot [^:]*: /, '');
    const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
    // What waits for a moderator is not to be sent again.
    if (isHeld) this.say(sentence);
    else this.refused.value = { words: sentence, text: post?.text ?? '' };
    if (retryAfterMs !== null) this.waitUntilMs.value = Date.now() + retryAfterMs;
  }

  /** What is taken back goes at once, also from before who reads back, and from what is replayed. */
  #takeAway(entries: readonly ChatEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'message') continue;
      if (this.#still !== null) this.#still = remaining(this.#still, entry);
      this.#replayed.takeAway(entry);
    }
  }

  #countSpoken(count: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#spoken.sinceMs > 1_000) {
      this.isBusy.value = this.#spoken.count > MOST_SPOKEN_PER_SECOND;
      this.#spoken = { sinceMs: nowMs, count: 0 };
    }
    this.#spoken.count += count;
    if (this.#spoken.count > MOST_SPOKEN_PER_SECOND) this.isBusy.value = true;
  }

  #look(): void {
    const beforeMs = this.#picture.untilMs;
    const untilMs = this.#picture.look(this.inStep.value);
    this.behindMs.value = untilMs === null ? 0 : Math.max(0, this.serverMs() - untilMs);
    // Also where the picture stands still: what was asked for may not have been answered.
    if (untilMs !== null) void this.#replay(untilMs);
    if (untilMs !== beforeMs) this.#show();
  }

  async #replay(untilMs: number): Promise<void> {
    if (await this.#replayed.read(this.#feed.value.lines, untilMs)) this.#show();
  }

  #known(): readonly FeedLine[] {
    const { lines } = this.#feed.value;
    const { untilMs } = this.#picture;
    return untilMs === null ? lines : this.#replayed.before(lines, untilMs);
  }

  #show(): void {
    const latest = shownLines(this.#known(), this.#picture.untilMs);
    const shown = this.#still ?? latest;
    batch(() => {
      this.unseen.value = this.#still === null ? 0 : countBehind(latest, this.#still);
      this.#feed.value = withoutShown(this.#feed.value, latest);
      if (!isSame(shown, this.lines.value)) this.lines.value = shown;
      if (this.pending.value !== this.#feed.value.pending) {
        this.pending.value = this.#feed.value.pending;
      }
    });
  }
}

/** Whether somebody may moderate. */
export function isModerating(who: ChatAuthor | null): boolean {
  return who?.roles.some((role) => role === 'moderator' || role === 'broadcaster') === true;
}

function withHeld(all: readonly ChatHeld[], held: ChatHeld): readonly ChatHeld[] {
  const others = all.filter(({ id }) => id !== held.id);
  return held.state === 'waiting' ? [...others, held].slice(-50) : others;
}
