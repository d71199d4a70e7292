/**
 * One client of the gateway, whatever carries its lines.
 *
 *     opened --NICK, no CAP LS open--> welcomed --QUIT, flood, slow, silent, lost--> ended
 *       +-- 15 s without: ended
 *
 * I1. Lines are answered in the order in which they came.
 * I2. At most `MOST_WAITING` lines wait, and `MOST_UNSENT_BYTES` and one batch are unsent.
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { IrcLineReader, type IrcMessage, type ReadLine } from '../../wire/irc/index.ts';
import { type Capability, Dialect } from './dialect.ts';
import type { IrcChannel, Member } from './irc-channel.ts';
import type { IrcAccount, IrcPlace, IrcWorld } from './irc-world.ts';
import { LineBudget } from './line-budget.ts';

/** How long a client may take to say who it is. */
const OPENING_MS = 15_000;
/** A client that was silent for so long is asked for a sign of life. */
const SILENT_MS = 60_000;
/** And is gone when there was none for so long. */
const GONE_MS = 150_000;
/** With more than this unsent a client is too slow. */
const MOST_UNSENT_BYTES = 256 * 1024;
/** Lines that wait for the ones before them. */
const MOST_WAITING = 100;

/** What carries lines to and from a client. */
export interface IrcWire {
  /** Bytes written and not taken by the network yet. */
  readonly unsentBytes: number;
  /** The peer's IP address. */
  readonly address: string;
  /** Sends whole lines; the bytes are shared and not to be changed. */
  write(lines: Buffer): void;
  /** Closes when what was written has been sent, or soon. */
  end(): void;
}

/** What a session needs of its gateway. */
export interface SessionHome {
  readonly world: IrcWorld;
  readonly clock: Clock;
  readonly log: Log;
  /** Does as a message says. Rejects without a database. */
  obey(session: IrcSession, message: IrcMessage): Promise<void>;
  /** The channel of a stream; undefined when too many are open. Rejects without a database. */
  enter(streamId: string): Promise<IrcChannel | undefined>;
  /** The session has left the channel. */
  left(channel: IrcChannel): void;
  /** Counts, and forgets the session. */
  ended(session: IrcSession, reason: EndReason): void;
}

/** Why a session ended. */
export type EndReason =
  | 'quit'
  | 'lost'
  | 'flood'
  | 'too_slow'
  | 'silent'
  | 'bad_token'
  | 'signed_out'
  | 'not_opened'
  | 'endless_line'
  | 'closing';

const LAST_WORDS: Readonly<Record<EndReason, string>> = {
  quit: 'Goodbye',
  lost: '',
  flood: 'Excess flood',
  too_slow: 'Too slow: you did not read what you were sent',
  silent: 'Ping timeout',
  bad_token: 'Login authentication failed',
  signed_out: 'Your token was revoked, or your account is disabled',
  not_opened: 'Registration timeout',
  endless_line: 'A line is too long',
  closing: 'The server is going away; come back',
};

/** A channel that a session is in. */
export interface Seat extends Member {
  dialect: Dialect;
  readonly of: IrcChannel;
  readonly place: IrcPlace;
}

/** See the top of the file. */
export class IrcSession {
  /** Names it among the sessions of this server's lifetime. */
  readonly id: string;
  readonly home: SessionHome;
  readonly address: string;
  readonly asked = new Set<Capability>();
  readonly seats = new Map<string, Seat>();
  dialect = new Dialect(new Set());
  /** Undefined: may read alone. */
  account: IrcAccount | undefined;
  token: string | undefined;
  nick = '*';
  /** As the client would be called. */
  wantedNick: string | undefined;
  /** A `CAP LS` waits for its `CAP END`. */
  isNegotiating = false;
  isWelcome = false;
  posts = 0;
  readonly #wire: IrcWire;
  readonly #lines = new IrcLineReader();
  readonly #budget: LineBudget;
  #isEnded = false;
  #waiting = 0;
  /** Never rejects. */
  #turn: Promise<void> = Promise.resolve();
  readonly #cancelOpening: Cancel;
  #heardMs: number;

  constructor(home: SessionHome, id: string, wire: IrcWire) {
    this.home = home;
    this.id = id;
    this.address = wire.address;
    this.#wire = wire;
    this.#heardMs = home.clock.monotonicMs();
    this.#budget = new LineBudget(this.#heardMs);
    this.#cancelOpening = home.clock.after(OPENING_MS, () => {
      if (!this.isWelcome) this.end('not_opened');
    });
  }

  /** Whether nothing is sent to it any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes what the client has sent. */
  receive(bytes: Uint8Array): void {
    try {
      for (const line of this.#lines.receive(bytes)) {
        if (this.#isEnded) return;
        this.#take(line);
      }
    } catch {
      this.end('endless_line');
    }
  }

  /** Sends whole lines. */
  write(lines: Buffer): void {
    if (this.#isEnded || lines.length === 0) return;
    this.#wire.write(lines);
    if (this.#wire.unsentBytes > MOST_UNSENT_BYTES) this.end('too_slow');
  }

  /** Sends lines that are text. */
  say(lines: string): void {
    this.write(Buffer.from(lines));
  }

  /** Sends a numeric reply or another line from the server to this client. */
  reply(command: string, ...params: readonly string[]): void {
    this.say(this.dialect.reply(command, [this.nick, ...params]));
  }

  /** Tells the client something, in a channel or without one; `id` is for programs. */
  notice(target: string, id: string, text: string): void {
    const tags = new Map([['msg-id', id]]);
    const speech = { target, text, isAction: false, timestamp: undefined };
    const head = { tags, source: this.dialect.server, command: 'NOTICE' };
    this.say(this.dialect.speech(head, speech));
  }

  /** Leaves every channel and closes, once. */
  end(reason: EndReason): void {
    if (this.#isEnded) return;
    if (reason === 'bad_token') this.notice('*', 'login_failed', LAST_WORDS[reason]);
    if (reason !== 'lost') this.#wire.write(Buffer.from(`ERROR :${LAST_WORDS[reason]}\r\n`));
    this.#isEnded = true;
    this.#cancelOpening();
    for (const seat of this.seats.values()) this.#giveUp(seat);
    this.seats.clear();
    this.#wire.end();
    this.home.ended(this, reason);
  }

  /** Leaves a channel. */
  leave(seat: Seat): void {
    if (this.seats.get(seat.channel) !== seat) return;
    this.seats.delete(seat.channel);
    this.#giveUp(seat);
    const source = this.dialect.sourceOf(this.nick);
    this.say(
      this.dialect.write(
        { tags: new Map(), source, command: 'PART', params: [seat.channel] },
        undefined,
      ),
    );
  }

  /** Looks whether the client is still there. Called every few seconds. */
  sweep(nowMs: number): void {
    const silentMs = nowMs - this.#heardMs;
    if (silentMs > GONE_MS) this.end('silent');
    // Without a source: what begins with the server's name is no question to some.
    else if (this.isWelcome && silentMs > SILENT_MS) this.say(`PING :${this.dialect.server}\r\n`);
  }

  #giveUp(seat: Seat): void {
    seat.of.leave(seat);
    this.home.left(seat.of);
  }

  #take(line: ReadLine): void {
    this.#heardMs = this.home.clock.monotonicMs();
    if (!this.#budget.take(this.#heardMs) || this.#waiting >= MOST_WAITING) {
      this.end('flood');
      return;
    }
    this.#waiting += 1;
    this.#turn = this.#turn.then(async () => {
      this.#waiting -= 1;
      if (!this.#isEnded) await this.#answer(line);
    });
  }

  /** Never rejects. */
  async #answer(line: ReadLine): Promise<void> {
    if (line.kind === 'too_long') this.reply('417', 'Input line was too long');
    if (line.kind === 'malformed')
      this.notice('*', 'malformed', 'A line is no UTF-8, or no message');
    if (line.kind !== 'message') return;
    try {
      await this.home.obey(this, line.message);
    } catch (error) {
      const { log } = this.home;
      // That the database is away is known elsewhere.
      if (!(error instanceof DatabaseUnavailableError)) log.error({ error }, 'irc command failed');
      this.notice('*', 'unavailable', 'The server cannot do that now; try again later');
    }
  }
}
