/** Who watches the streams of this server: how many now, and how many each broadcast had. */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import type { AudienceStore } from './audience-store.ts';
import { type BroadcastAudience, BroadcastTally } from './broadcast-tally.ts';
import { Pollers } from './pollers.ts';
import { type Counted, errorPercentOf, type Presence } from './presence.ts';
import type { MemberHash } from './sketch.ts';

const TICK_MS = 1_000;
/** Between two tellings of a stream's count, at least. */
const TELL_MS = 3_000;
/** Counts from here on are told again only when they differ by a hundredth. */
const ROUGH_FROM = 1_000;
const ROUGH_SHARE = 0.01;
/** What a crash may lose of a broadcast's figures. */
const SAVE_MS = 15_000;
/** Audiences of ended broadcasts that wait for the database. */
const MOST_UNKEPT = 1_000;
/** Pages remembered for having left. */
const MOST_LEAVERS = 2_000;
/** A player that was counted needs not be looked at again so soon, nor one that may be counted. */
const LOOK_AGAIN_MS = 10_000;
const LOOK_SOON_MS = 1_000;

/** What an audience needs of the application. */
export interface AudienceSettings {
  readonly presence: Presence;
  readonly store: AudienceStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The broadcast that is on air; undefined: none. */
  readonly onAir: (streamId: string) => string | undefined;
  /** Tells who follows the stream how many watch. */
  readonly tell: (streamId: string, count: number) => void;
}

/** How many watch, and who did. */
export interface StreamAudience extends Counted {
  /** Percent by which `count` may be wrong, one standard deviation; 0 when it is exact. */
  readonly errorPercent: number;
  /** Of the broadcast on air, else of the last one that had viewers. */
  readonly broadcast: BroadcastAudience | null;
}

/** See the top of the file. */
export class Audience {
  readonly #settings: AudienceSettings;
  readonly #pollers = new Pollers();
  /** Pages that have left lately, whose last requests may come after their farewell. */
  readonly #leavers = new Set<MemberHash>();
  readonly #tallies = new Map<string, BroadcastTally>();
  /** Of broadcasts that have ended, oldest first. */
  readonly #ended: BroadcastAudience[] = [];
  readonly #told = new Map<string, { readonly count: number; readonly atMs: number }>();
  #savedMs: number;
  #saving: Promise<void> | undefined;
  #isStalled = false;
  /** Whether the last count failed; thousands in a row are told once. */
  #isUncounted = false;
  #isClosed = false;
  #cancel: Cancel | undefined;

  constructor(settings: AudienceSettings) {
    this.#settings = settings;
    this.#savedMs = settings.clock.monotonicMs();
    this.#tickLater();
  }

  /** Viewers of all streams now. */
  get total(): number {
    const { presence } = this.#settings;
    let total = 0;
    for (const streamId of presence.streams()) total += presence.count(streamId).count;
    return total;
  }

  /** A page is there, still or since now. */
  page(streamId: string, session: MemberHash, device: MemberHash): Counted {
    const { presence } = this.#settings;
    presence.page(streamId, session, device);
    this.#leavers.delete(session);
    this.#taken(streamId, { session, device });
    return presence.count(streamId);
  }

  /** A page's player fetched a playlist: it is there, unless it has said since that it is not. */
  fetched(streamId: string, session: MemberHash, device: MemberHash): void {
    if (!this.#leavers.has(session)) this.page(streamId, session, device);
  }

  /** A page has gone. */
  left(streamId: string, session: MemberHash, device: MemberHash): Counted {
    const { presence } = this.#settings;
    presence.left(streamId, session, device);
    this.#leavers.add(session);
    if (this.#leavers.size > MOST_LEAVERS) {
      const [oldest] = this.#leavers;
      if (oldest !== undefined) this.#leavers.delete(oldest);
    }
    return presence.count(streamId);
  }

  /**
   * A player fetched a playlist: who waits for media (`isHeld`) watches, who fetches it as it is
   * may only look. Returns for how many milliseconds it need not be mentioned again.
   */
  playlist(streamId: string, device: MemberHash, isHeld: boolean): number {
    const { presence, clock } = this.#settings;
    if (!isHeld && !this.#pollers.polls(streamId, device, clock.monotonicMs())) return LOOK_SOON_MS;
    presence.device(streamId, device);
    this.#taken(streamId, { session: null, device });
    return LOOK_AGAIN_MS;
  }

  /** How many watch a stream. */
  count(streamId: string): Counted {
    return this.#settings.presence.count(streamId);
  }

  /** The same, and what is known of its broadcast. */
  async of(streamId: string): Promise<StreamAudience> {
    const counted = await this.#settings.presence.ask(streamId);
    const broadcast = this.#tallyOf(streamId)?.audience ?? (await this.#latest(streamId));
    return { ...counted, errorPercent: errorPercentOf(counted), broadcast: broadcast ?? null };
  }

  /** Keeps what is not kept yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#saving;
    for (const [streamId, tally] of this.#tallies) this.#end(streamId, tally);
    await this.#save();
  }

  #taken(streamId: string, viewer: { session: MemberHash | null; device: MemberHash }): void {
    const { presence, clock } = this.#settings;
    const tally = this.#tallyOf(streamId);
    tally?.take(viewer);
    tally?.counted(presence.count(streamId).count, clock.epochMs());
  }

  /** The tally of what is on air; another broadcast begins with those who are there already. */
  #tallyOf(streamId: string): BroadcastTally | undefined {
    const { onAir, presence, store, log } = this.#settings;
    const broadcastId = onAir(streamId);
    const known = this.#tallies.get(streamId);
    if (known !== undefined && known.broadcastId === broadcastId) return known;
    if (known !== undefined) this.#end(streamId, known);
    if (broadcastId === undefined) return undefined;
    const tally = new BroadcastTally(streamId, broadcastId);
    this.#tallies.set(streamId, tally);
    for (const viewer of presence.present(streamId)) tally.take(viewer);
    store.ofBroadcast(broadcastId).then(
      (kept) => kept !== undefined && tally.resume(kept),
      (error: unknown) => log.warn({ stream: streamId, error }, 'audience of broadcast not read'),
    );
    return tally;
  }

  /** Who watches now is told even while the database is away. */
  async #latest(streamId: string): Promise<BroadcastAudience | undefined> {
    const waiting = this.#ended.findLast((audience) => audience.streamId === streamId);
    try {
      return waiting ?? (await this.#settings.store.latest(streamId));
    } catch (error) {
      // That the database is away is known elsewhere; anybody may ask, and ask again.
      if (!(error instanceof DatabaseUnavailableError)) {
        this.#settings.log.warn({ stream: streamId, error }, 'audience of broadcast not read');
      }
      return undefined;
    }
  }

  #end(streamId: string, tally: BroadcastTally): void {
    this.#tallies.delete(streamId);
    if (tally.isUnkept) this.#ended.push(tally.audience);
    if (this.#ended.length > MOST_UNKEPT) this.#ended.shift();
  }

  #tickLater(): void {
    this.#cancel = this.#settings.clock.after(TICK_MS, () => {
      void this.#tick().finally(() => {
        if (!this.#isClosed) this.#tickLater();
      });
    });
  }

  async #tick(): Promise<void> {
    const { presence, clock, log } = this.#settings;
    try {
      await presence.refresh();
      this.#isUncounted = false;
    } catch (error) {
      if (!this.#isUncounted) log.warn({ error }, 'viewers not counted with other servers');
      this.#isUncounted = true;
    }
    const nowMs = clock.monotonicMs();
    for (const streamId of new Set([...presence.streams(), ...this.#told.keys()])) {
      const { count } = presence.count(streamId);
      const tally = this.#tallyOf(streamId);
      tally?.counted(count, clock.epochMs());
      tally?.least(presence.unique(streamId, tally.broadcastId));
      this.#tell(streamId, count, nowMs);
    }
    for (const streamId of this.#tallies.keys()) this.#tallyOf(streamId);
    const isUrgent = this.#ended.length > 0 && !this.#isStalled;
    if (!isUrgent && nowMs < this.#savedMs + SAVE_MS) return;
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  #tell(streamId: string, count: number, nowMs: number): void {
    const told = this.#told.get(streamId);
    const differs = Math.abs(count - (told?.count ?? 0));
    if (differs === 0) {
      if (count === 0) this.#told.delete(streamId);
      return;
    }
    if (told !== undefined && nowMs < told.atMs + TELL_MS) return;
    if (count >= ROUGH_FROM && differs < count * ROUGH_SHARE) return;
    this.#told.set(streamId, { count, atMs: nowMs });
    this.#settings.tell(streamId, count);
  }

  async #save(): Promise<void> {
    const { store, clock, log } = this.#settings;
    this.#savedMs = clock.monotonicMs();
    const running = [...this.#tallies.values()].filter(({ isUnkept }) => isUnkept);
    const ended = this.#ended.splice(0);
    const audiences = [...ended, ...running.map(({ audience }) => audience)];
    if (audiences.length === 0) return;
    for (const tally of running) tally.isUnkept = false;
    try {
      await store.save(audiences, new Date(clock.epochMs()));
      this.#isStalled = false;
    } catch (error) {
      if (!this.#isStalled) {
        log.warn({ error, waiting: audiences.length }, 'audiences of broadcasts not kept yet');
      }
      this.#isStalled = true;
      this.#ended.unshift(...ended);
      for (const tally of running) tally.isUnkept = true;
    }
  }
}
