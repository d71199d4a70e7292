/**
 * One WebSocket of a room.
 *
 *     opened --join--> joining --room is open--> joined --close, gone--> gone
 *       |                                          ^ |
 *       +-- 10 s: join_timeout                     +-+ post
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import {
  CHAT_CLOSE,
  type ChatCloseReason,
  type ChatFrame,
  type ChatRequest,
  type ChatRole,
} from '../../../contract/index.ts';
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import type { Chat } from './chat.ts';
import { readRequest } from './chat-request.ts';
import { MOST_UNSENT_BYTES } from './fan-out.ts';
import { FrameBudget } from './frame-budget.ts';
import type { Bearer, Speaker } from './post.ts';
import type { Reader } from './reader.ts';
import type { Room } from './room.ts';
import { frameOf, PING_FRAME } from './text-frame.ts';
import type { Member } from './tickets.ts';

const JOIN_MS = 10_000;
/** Pings without an answer before the peer counts as gone. */
const MOST_SILENT_PINGS = 2;

/** What a socket needs of its door. */
export interface SocketHome {
  readonly chat: Chat;
  readonly clock: Clock;
  readonly log: Log;
  forget(reader: SocketReader): void;
  closed(reason: ChatCloseReason): void;
}

/** What was made of a connection. */
export interface Connection {
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  /** The IP address of whoever asks. */
  readonly address: string | undefined;
}

type Join = ChatRequest & { readonly type: 'join' };
type PostRequest = ChatRequest & { readonly type: 'post' };

/** See the top of the file. */
export class SocketReader implements Reader {
  // What each write needs comes first, so that it shares a line of the processor's cache.
  #phase: 'opened' | 'joining' | 'joined' | 'gone' = 'opened';
  /** Written to directly: what everybody is sent is framed already. */
  readonly #socket: Duplex;
  authorId = '';
  name = '';
  readonly #home: SocketHome;
  readonly #streamId: string;
  readonly #webSocket: WebSocket;
  /** The IP address of whoever asks. */
  readonly address: string | undefined;
  readonly #budget: FrameBudget;
  #speaker: Speaker | undefined;
  #room: Room | undefined;
  /** Never rejects. */
  #joining: Promise<void> = Promise.resolve();
  #cancelTimeout: Cancel | undefined;
  #silentPings = 0;

  constructor(home: SocketHome, streamId: string, { webSocket, socket, address }: Connection) {
    this.address = address;
    this.#home = home;
    this.#streamId = streamId;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#budget = new FrameBudget(home.clock.monotonicMs());
    this.#cancelTimeout = home.clock.after(JOIN_MS, () => this.close('join_timeout'));
    webSocket.on('message', (bytes: Buffer, isBinary: boolean) => this.#read(bytes, isBinary));
    webSocket.on('pong', () => {
      this.#silentPings = 0;
    });
    // What a peer sends against the protocol closes its socket; there is nothing more to do.
    webSocket.on('error', () => {});
    webSocket.on('close', () => this.#leave());
  }

  /** The stream whose chat it reads. */
  get streamId(): string {
    return this.#streamId;
  }

  /** By what it is signed in; undefined: it is a guest, or has not joined yet. */
  get bearer(): Bearer | undefined {
    return this.#speaker?.bearer;
  }

  /** Gives it what its account is by now. */
  restate(roles: readonly ChatRole[], isAdmin: boolean): void {
    const speaker = this.#speaker;
    if (speaker === undefined) return;
    const { author } = speaker;
    if (author.roles.join() === roles.join() && speaker.isAdmin === isAdmin) return;
    this.#speaker = { ...speaker, author: { ...author, roles }, isAdmin };
    this.#room?.restate(this);
  }

  get roles(): readonly ChatRole[] {
    return this.#speaker?.author.roles ?? [];
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  write(frame: Buffer): boolean {
    const socket = this.#socket;
    return this.#phase === 'gone' || !socket.writable || socket.write(frame);
  }

  whenDrained(task: () => void): void {
    this.#socket.once('drain', task);
  }

  close(reason: ChatCloseReason): void {
    if (this.#phase === 'gone') return;
    this.#leave();
    this.#home.closed(reason);
    this.#webSocket.close(CHAT_CLOSE[reason], reason);
  }

  /** Tells the peer that the server is going away. Resolves when it has gone. */
  goAway(): Promise<void> {
    this.#leave();
    const gone = new Promise<void>((resolve) => {
      this.#webSocket.once('close', () => resolve());
    });
    this.#webSocket.close(1001, 'going away');
    return gone;
  }

  /** Ends the connection without a word. */
  terminate(): void {
    this.#leave();
    this.#webSocket.terminate();
  }

  /** Asks for a sign of life; closes when there was none for long. */
  ping(): void {
    if (this.#silentPings >= MOST_SILENT_PINGS) {
      this.close('silent');
      return;
    }
    this.#silentPings += 1;
    this.write(PING_FRAME);
  }

  #leave(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'gone';
    this.#cancelTimeout?.();
    this.#room?.leave(this);
    this.#room = undefined;
    this.#home.forget(this);
  }

  #read(bytes: Buffer, isBinary: boolean): void {
    if (this.#phase === 'gone') return;
    if (!this.#budget.take(this.#home.clock.monotonicMs())) {
      this.close('flood');
      return;
    }
    const request = isBinary ? undefined : readRequest(bytes.toString());
    if (this.#phase === 'opened' && request?.type === 'join') {
      this.#phase = 'joining';
      this.#joining = this.#join(request);
    } else if (this.#phase === 'joining' && request?.type === 'post') {
      // As many may wait as the budget lets in.
      void this.#joining.then(() => this.#post(request));
    } else if (this.#phase === 'joined' && request?.type === 'post') {
      void this.#post(request);
    } else {
      this.close('bad_frame');
    }
  }

  /** Never rejects. */
  async #memberOf(ticket: string): Promise<Member | undefined> {
    const { chat, log } = this.#home;
    try {
      return await chat.takeTicket(ticket, this.#streamId);
    } catch (error) {
      log.error({ error }, 'chat ticket failed');
      return undefined;
    }
  }

  /** Never rejects. */
  async #join({ ticket, guest: token, resume }: Join): Promise<void> {
    const { chat, log } = this.#home;
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    const guest = ticket === undefined ? chat.guests.of(token) : undefined;
    const member = guest ?? (await this.#memberOf(ticket ?? ''));
    if (member === undefined) {
      this.close('bad_ticket');
      return;
    }
    let room: Room | undefined;
    try {
      room = await chat.room(this.#streamId);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) log.error({ error }, 'chat room failed');
    }
    if (this.#phase !== 'joining') return;
    if (room === undefined) {
      this.close('unavailable');
      return;
    }
    this.#phase = 'joined';
    const { author } = member;
    const isGuest = guest !== undefined;
    const { address } = this;
    const { isAdmin, bearer } = 'bearer' in member ? member : {};
    this.#speaker = { author, isGuest, isAdmin, address, bearer };
    this.authorId = author.id;
    this.name = author.name;
    this.#room = room;
    room.join(this, { author, isGuest, guest: guest?.token, resume });
  }

  /** Never rejects. */
  async #post({ text, nonce: given, replyTo }: PostRequest): Promise<void> {
    const nonce = given ?? null;
    const speaker = this.#speaker;
    const room = this.#room;
    if (speaker === undefined || room === undefined) return;
    try {
      const posted = await room.post({ ...speaker, text, nonce, replyTo });
      if ('commanded' in posted) {
        this.#say({ type: 'commanded', nonce, text: posted.commanded });
        return;
      }
      if ('refused' in posted) {
        const { refused: code, detail, retryAfterMs = null } = posted;
        this.#say({ type: 'refused', nonce, code, detail, retryAfterMs });
        return;
      }
      const { id, seq } = posted.message;
      this.#say({ type: 'posted', nonce, id, seq, isKept: await posted.kept });
    } catch (error) {
      this.#home.log.error({ error }, 'chat post failed');
      const detail = 'Cannot post message: the server failed';
      this.#say({ type: 'refused', nonce, code: 'internal_error', detail, retryAfterMs: null });
    }
  }

  /** Answers what it sent. Who asks and asks and reads no answer is too slow as well. */
  #say(frame: ChatFrame): void {
    if (this.unsentBytes > MOST_UNSENT_BYTES) this.close('too_slow');
    this.write(frameOf(frame));
  }
}
