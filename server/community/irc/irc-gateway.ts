/** All clients that speak IRC, and the channels that they are in. */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import type { IrcMessage } from '../../wire/irc/index.ts';
import { CHANNEL_COMMANDS } from './channel-commands.ts';
import { IrcChannel } from './irc-channel.ts';
import { type EndReason, IrcSession, type IrcWire, type SessionHome } from './irc-session.ts';
import type { IrcWorld } from './irc-world.ts';
import { OPENING_COMMANDS } from './opening-commands.ts';

/** Clients at once, each of which is written to by itself. */
const MOST_SESSIONS = 2_000;
/** Of them, those of one address: a router may have several behind it. */
const MOST_PER_ADDRESS = 50;
/** Connections of one address in a minute: who guesses at tokens, or comes back in a loop. */
const MOST_OPENED = 120;
const WINDOW_MS = 60_000;
/** Addresses whose connections are counted; past this all begin anew. */
const MOST_ADDRESSES = 20_000;
const SWEEP_MS = 15_000;

/** What the gateway needs of the application. */
export interface IrcGatewaySettings {
  readonly world: IrcWorld;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs a task after others had their turn; see `RightOfWay`. */
  readonly yieldTo: (task: () => void) => void;
}

/** What is told to metrics. */
export interface IrcTally {
  readonly sessions: number;
  readonly channels: number;
  /** Sessions that ended, by reason, and connections that were turned away. */
  readonly ended: ReadonlyMap<EndReason | 'refused', number>;
}

interface OpenChannel {
  readonly channel: IrcChannel;
  /** Sessions in it, or on their way. */
  uses: number;
}

/** See the top of the file. */
export class IrcGateway {
  readonly #name: string;
  readonly #settings: IrcGatewaySettings;
  readonly #home: SessionHome;
  readonly #sessions = new Set<IrcSession>();
  readonly #channels = new Map<string, OpenChannel>();
  readonly #ended = new Map<EndReason | 'refused', number>();
  /** Open connections by address, and those opened in this window. */
  readonly #now = new Map<string, number>();
  #opened = new Map<string, number>();
  #windowMs: number;
  #lastId = 0;
  #isClosing = false;
  #cancelSweep: Cancel | undefined;

  /** `name` differs from server to server and from start to start. */
  constructor(name: string, settings: IrcGatewaySettings) {
    this.#name = name;
    this.#settings = settings;
    const { world, clock, log } = settings;
    this.#windowMs = clock.monotonicMs();
    this.#home = {
      ...{ world, clock, log, obey },
      enter: (streamId) => this.#enter(streamId),
      left: (channel) => this.#left(channel),
      ended: (session, reason) => this.#forget(session, reason),
    };
    this.#sweepLater();
  }

  /** See `IrcTally`. */
  get tally(): IrcTally {
    return { sessions: this.#sessions.size, channels: this.#channels.size, ended: this.#ended };
  }

  /** Clients that are connected. */
  get clients(): Iterable<IrcSession> {
    return this.#sessions;
  }

  /** Takes a client; undefined when there are too many, and its connection is to be closed. */
  accept(wire: IrcWire): IrcSession | undefined {
    const { address } = wire;
    const here = this.#now.get(address) ?? 0;
    const isFull = this.#sessions.size >= MOST_SESSIONS || here >= MOST_PER_ADDRESS;
    if (this.#isClosing || isFull || this.#isTooOften(address)) {
      this.#count('refused');
      return undefined;
    }
    this.#now.set(address, here + 1);
    this.#lastId += 1;
    const session = new IrcSession(this.#home, `${this.#name}.${this.#lastId}`, wire);
    this.#sessions.add(session);
    return session;
  }

  /** Sends everybody away; nobody comes in any more. */
  close(): void {
    this.#isClosing = true;
    this.#cancelSweep?.();
    for (const session of [...this.#sessions]) session.end('closing');
  }

  #isTooOften(address: string): boolean {
    const nowMs = this.#settings.clock.monotonicMs();
    if (nowMs - this.#windowMs >= WINDOW_MS || this.#opened.size >= MOST_ADDRESSES) {
      this.#windowMs = nowMs;
      this.#opened = new Map();
    }
    const count = (this.#opened.get(address) ?? 0) + 1;
    this.#opened.set(address, count);
    return count > MOST_OPENED;
  }

  async #enter(streamId: string): Promise<IrcChannel | undefined> {
    const room = await this.#settings.world.roomOf(streamId);
    if (room === undefined) return undefined;
    const known = this.#channels.get(streamId);
    const open = known ?? { channel: new IrcChannel(this.#settings, streamId, room), uses: 0 };
    this.#channels.set(streamId, open);
    open.uses += 1;
    return open.channel;
  }

  #left(channel: IrcChannel): void {
    const open = this.#channels.get(channel.streamId);
    if (open?.channel !== channel) return;
    open.uses -= 1;
    if (open.uses > 0) return;
    this.#channels.delete(channel.streamId);
    channel.close();
  }

  #forget(session: IrcSession, reason: EndReason): void {
    this.#sessions.delete(session);
    this.#count(reason);
    const here = (this.#now.get(session.address) ?? 1) - 1;
    if (here > 0) this.#now.set(session.address, here);
    else this.#now.delete(session.address);
  }

  #count(reason: EndReason | 'refused'): void {
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1);
  }

  #sweepLater(): void {
    const { clock } = this.#settings;
    this.#cancelSweep = clock.after(SWEEP_MS, () => {
      const nowMs = clock.monotonicMs();
      for (const session of this.#sessions) session.sweep(nowMs);
      this.#sweepLater();
    });
  }
}

async function obey(session: IrcSession, message: IrcMessage): Promise<void> {
  const { command } = message;
  const opening = OPENING_COMMANDS.get(command);
  const run = session.isWelcome ? CHANNEL_COMMANDS.get(command) : undefined;
  if (opening !== undefined) await opening(session, message);
  else if (run !== undefined) await run(session, message);
  else if (session.isWelcome) session.reply('421', command, 'Unknown command');
  else session.reply('451', 'You have not registered');
}
