/**
 * Who watches now, over all servers that share a Redis. What this server sees is gathered and taken
 * there with each `refresh`; while Redis is away this server tells of its own viewers alone.
 */
import type { Clock } from '../../base/index.ts';
import type { RedisLink, RedisScript } from '../../store/shared/index.ts';
import { type Counted, LocalPresence, type Presence, type Present } from './presence.ts';
import { PRESENCE_SCRIPT } from './presence-script.ts';
import { MOST_SEATS, TIMEOUT_MS } from './seats.ts';
import type { MemberHash } from './sketch.ts';
import { SLOT_MS, SLOTS } from './sketch-ring.ts';

/** Sightings that wait for the next refresh; the others are heard of again ten seconds later. */
const MOST_PENDING = 20_000;
/** Streams that somebody asked about, and for how long their count is kept up. */
const MOST_ASKED = 1_000;
const ASKED_MS = 60_000;
/** Streams of which nothing new was seen are counted anew with each third refresh. */
const QUIET_ROUNDS = 3;
/** Evaluations under way at once. */
const AT_ONCE = 16;
/** When Redis is back, and may have forgotten everything, everybody is heard of within so long. */
const RELEARNING_MS = 15_000;

/** What a shared presence needs of the application. */
export interface RedisPresenceSettings {
  readonly link: Pick<RedisLink, 'prefix' | 'isUp' | 'script' | 'watch'>;
  readonly clock: Clock;
  /** The broadcast that is on air here; undefined: none. */
  readonly onAir: (streamId: string) => string | undefined;
  /** Milliseconds that all servers agree on; without it, Redis's own clock. */
  readonly sharedMs?: () => number;
}

interface Pending {
  /** Sightings in it, also the same ones again. */
  count: number;
  readonly left: Map<MemberHash, MemberHash>;
  readonly pages: Map<MemberHash, MemberHash>;
  readonly devices: Set<MemberHash>;
}

interface Known {
  readonly counted: Counted;
  readonly unique: number;
  readonly broadcastId: string;
}

/** See the top of the file. */
export class RedisPresence implements Presence {
  readonly #settings: RedisPresenceSettings;
  readonly #local: LocalPresence;
  readonly #script: RedisScript;
  readonly #known = new Map<string, Known>();
  /** Monotonic milliseconds of when somebody asked last. */
  readonly #asked = new Map<string, number>();
  #pending = new Map<string, Pending>();
  #waiting = 0;
  #rounds = 0;
  #sureMs: number;

  constructor(settings: RedisPresenceSettings) {
    const { link, clock } = settings;
    this.#settings = settings;
    this.#local = new LocalPresence(clock);
    this.#script = link.script(PRESENCE_SCRIPT);
    this.#sureMs = clock.monotonicMs();
    link.watch((isUp) => {
      if (isUp) this.#sureMs = clock.monotonicMs() + RELEARNING_MS;
      else this.#known.clear();
    });
  }

  page(streamId: string, session: MemberHash, device: MemberHash): void {
    this.#local.page(streamId, session, device);
    this.#gather(streamId, ({ pages, left, devices }) => {
      const before = pages.get(session);
      left.delete(session);
      pages.set(session, device);
      if (before === undefined || before === device) return;
      // What its player fetched where it was until now was not somebody else.
      if (![...pages.values()].includes(before)) devices.delete(before);
    });
  }

  left(streamId: string, session: MemberHash, device: MemberHash): void {
    this.#local.left(streamId, session);
    this.#gather(streamId, ({ pages, left }) => {
      pages.delete(session);
      left.set(session, device);
    });
  }

  device(streamId: string, device: MemberHash): void {
    this.#local.device(streamId, device);
    this.#gather(streamId, ({ devices }) => devices.add(device));
  }

  count(streamId: string): Counted {
    const own = this.#local.count(streamId);
    const known = this.#known.get(streamId);
    if (known === undefined) return own;
    const isSure = this.#settings.clock.monotonicMs() >= this.#sureMs;
    return isSure || known.counted.count >= own.count ? known.counted : own;
  }

  async ask(streamId: string): Promise<Counted> {
    const isNew = !this.#asked.delete(streamId);
    this.#asked.set(streamId, this.#settings.clock.monotonicMs());
    if (this.#asked.size > MOST_ASKED) {
      const [oldest] = this.#asked.keys();
      if (oldest !== undefined) this.#asked.delete(oldest);
    }
    if (isNew && this.#settings.link.isUp) await this.#share(streamId).catch(() => {});
    return this.count(streamId);
  }

  unique(streamId: string, broadcastId: string): number {
    const known = this.#known.get(streamId);
    return known?.broadcastId === broadcastId ? known.unique : 0;
  }

  *streams(): Iterable<string> {
    yield* this.#local.streams();
    for (const streamId of this.#known.keys()) yield streamId;
  }

  present(streamId: string): Iterable<Present> {
    return this.#local.present(streamId);
  }

  async refresh(): Promise<void> {
    await this.#local.refresh();
    const { link, clock } = this.#settings;
    const limitMs = clock.monotonicMs() - ASKED_MS;
    for (const [streamId, askedMs] of this.#asked) {
      if (askedMs <= limitMs) this.#asked.delete(streamId);
    }
    if (!link.isUp) {
      this.#dropPending();
      return;
    }
    this.#rounds += 1;
    const due = new Set(this.#pending.keys());
    if (this.#rounds % QUIET_ROUNDS === 0) {
      for (const streamId of [...this.streams(), ...this.#asked.keys()]) due.add(streamId);
    }
    const rest = due.values();
    try {
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const streamId of rest) await this.#share(streamId);
        }),
      );
    } catch (error) {
      // It is there and says no: what it knew grows old, as it does while it is away.
      this.#known.clear();
      this.#dropPending();
      this.#sureMs = clock.monotonicMs() + RELEARNING_MS;
      throw error;
    }
  }

  /** Pages and players are heard of again in ten seconds. */
  #dropPending(): void {
    this.#pending.clear();
    this.#waiting = 0;
  }

  #gather(streamId: string, put: (pending: Pending) => void): void {
    if (this.#waiting >= MOST_PENDING) return;
    this.#waiting += 1;
    let pending = this.#pending.get(streamId);
    if (pending === undefined) {
      pending = { count: 0, left: new Map(), pages: new Map(), devices: new Set() };
      this.#pending.set(streamId, pending);
    }
    pending.count += 1;
    put(pending);
  }

  /** Takes what is gathered of a stream to Redis, and learns what is known there. */
  async #share(streamId: string): Promise<void> {
    const { link, onAir, sharedMs } = this.#settings;
    const { count: taken, left, pages, devices } = this.#pending.get(streamId) ?? NOTHING;
    this.#pending.delete(streamId);
    this.#waiting -= taken;
    const members = [...[...left].flat(), ...[...pages].flat(), ...devices].map(nameOf);
    const limits = [TIMEOUT_MS, MOST_SEATS, SLOT_MS, SLOTS];
    const sizes = [left.size, pages.size, devices.size];
    const answer = await this.#script.run(
      [`${link.prefix}viewers:{${streamId}}:`],
      [sharedMs?.() ?? '', ...limits, onAir(streamId) ?? '', ...sizes, ...members],
    );
    const [count, isExact, unique, broadcastId] = Array.isArray(answer) ? answer : [];
    const isOver = Number(count) === 0 && !this.#asked.has(streamId);
    if (isOver) this.#known.delete(streamId);
    else {
      this.#known.set(streamId, {
        counted: { count: Number(count), isExact: Number(isExact) === 1 },
        ...{ unique: Number(unique), broadcastId: String(broadcastId) },
      });
    }
  }
}

const NOTHING: Pending = { count: 0, left: new Map(), pages: new Map(), devices: new Set() };

/** Octets that any text may hold. */
function nameOf(member: MemberHash): string {
  return Buffer.from(member, 'latin1').toString('base64url');
}
