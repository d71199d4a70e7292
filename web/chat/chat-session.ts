import { batch, signal } from '@preact/signals';
import type { ChatEntry, ChatFrame, ChatMessage } from '../../contract/index.ts';
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
import { ChatRoom, type ChatRoomSetup } from './chat-room.ts';
import { ChatSocket } from './chat-socket.ts';
import { countBehind, isSame, shownLines } from './in-step.ts';
import { keep, kept } from './kept.ts';
import { type PictureSight, PictureTime } from './picture-time.ts';
import { ReplayReader } from './replay-reader.ts';

/** The name under which the choice of instant or in step is kept. */
const IN_STEP = 'in-step';
/** How often the picture's time is looked at. Milliseconds. */
const LOOK_MS = 250;
/** Frames that wait for the next drawing at most. */
const MOST_WAITING = 200;
/** More messages than this in a second would have a screen reader speak without end. */
const MOST_SPOKEN_PER_SECOND = 3;

/** Why the last post was not taken, in words; `text` is what was written. */
export interface Refused {
  readonly words: string;
  readonly text: string;
}

/** What a chat is opened with. */
export type ChatSetup = PictureSight & Pick<ChatRoomSetup, 'streamId' | 'onViewers'>;

/** One visit to one chat: everything that the panel shows is a signal here. */
export class ChatSession {
  readonly streamId: string;
  readonly serverMs: ChatSetup['serverMs'];
  readonly room: ChatRoom;
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
  /** Whether there is what would be shown by now, had the viewer, who likes messages at once, not left live. */
  readonly isHoldingBack = signal(false);
  readonly refused = signal<Refused | null>(null);
  /** When one may write again, by this machine's clock. Milliseconds since the epoch. */
  readonly waitUntilMs = signal(0);
  readonly #feed = signal(EMPTY_FEED);
  readonly #socket: ChatSocket;
  readonly #replayed: ReplayReader;
  readonly #picture: PictureTime;
  readonly #posts = new Map<string, PendingPost>();
  /** Nonces of what was given by a button. */
  readonly #pressed = new Set<string>();
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
    const say = this.say.bind(this);
    this.room = new ChatRoom({ streamId, onViewers, say, serverMs: sight.serverMs });
    this.#picture = new PictureTime(sight);
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
    this.#post(text, replyTo);
  }

  #post(text: string, replyTo: string | null): string {
    const post: PendingPost = {
      nonce: crypto.getRandomValues(new Uint32Array(4)).join('.'),
      text,
      replyTo,
      id: null,
    };
    this.#posts.set(post.nonce, post);
    this.refused.value = null;
    this.#feed.value = withPending(this.#feed.value, post);
    this.room.sent(post);
    this.#send(post);
    this.release();
    return post.nonce;
  }

  /** Gives a command by a button: nothing was typed that would be given back. */
  give(command: string): void {
    this.#pressed.add(this.#post(command, null));
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
        this.room.hear(frame);
        this.#note(frame);
      }
      this.#show();
    });
  }

  #note(frame: ChatFrame): void {
    switch (frame.type) {
      case 'welcome':
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
        this.#pressed.delete(frame.nonce ?? '');
        this.say(frame.text);
        break;
    }
  }

  #posted(nonce: string | null): void {
    this.#posts.delete(nonce ?? '');
    const { settings, isModerator } = this.room;
    const { slowModeS = 0 } = settings.value ?? {};
    if (!isModerator.value) this.waitUntilMs.value = Date.now() + slowModeS * 1_000;
  }

  #onRefused({
    nonce,
    code,
    detail,
    retryAfterMs,
  }: ChatFrame & { readonly type: 'refused' }): void {
    const post = this.#posts.get(nonce ?? '');
    this.#posts.delete(nonce ?? '');
    const wasPressed = this.#pressed.delete(nonce ?? '');
    const isHeld = code === 'message_held';
    const words = detail.replace(/^Cannot [^:]*: /, '');
    const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
    // What waits for a moderator is not to be sent again.
    if (isHeld) this.say(sentence);
    else this.refused.value = { words: sentence, text: wasPressed ? '' : (post?.text ?? '') };
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

  #isBehind(): boolean {
    const { untilMs } = this.#picture;
    return untilMs !== null && (this.#feed.value.lines.at(-1)?.atMs ?? 0) > untilMs;
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
      this.isHoldingBack.value = !this.inStep.value && this.#isBehind();
      if (!isSame(shown, this.lines.value)) this.lines.value = shown;
      if (this.pending.value !== this.#feed.value.pending) {
        this.pending.value = this.#feed.value.pending;
      }
    });
  }
}
