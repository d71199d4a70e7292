/**
 * Raids: a stream's viewers are taken to another stream of this server. The server that was asked
 * counts down; whoever cancels may be on another one. Pages leave once they hear that it is time, each
 * at a moment of its own, so that the other stream is not asked for by all at once.
 *
 *     announced --countdown--> gone
 *         +--by hand, or the other stream has ended, or this server stops--> cancelled
 *
 * The other stream is on air on the server that counts down. Where that one dies, there is nowhere to
 * go to: the first of the others to miss its word calls the raid off.
 */
import type { ChatAuthor, ChatRaid, Refusal } from '../../../contract/index.ts';
import { type Cancel, type Clock, type Log, newId } from '../../base/index.ts';
import { type Actor, appendAudit, type Database } from '../../store/sql/index.ts';
import type { StageVoice } from './stage-voice.ts';

/** Time to cancel, and for viewers to stay. */
const COUNTDOWN_MS = 15_000;
/** Over how long pages leave. */
const SPREAD_MS = 5_000;
/** How long after the countdown other servers wait for the word of the one that counts. */
const GRACE_MS = 3_000;

/** Where a raid goes. */
export interface RaidTarget {
  readonly streamId: string;
  readonly title: string;
}

/** What raids need of the rest. */
export interface RaidSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly voice: StageVoice;
  /** The stream, if it is on air. */
  readonly liveStream: (streamId: string) => RaidTarget | undefined;
  /** Who reads in a room on this server. */
  readonly viewers: (streamId: string) => Promise<number>;
}

interface Countdown {
  readonly raid: ChatRaid;
  /** Whether it was announced here. */
  readonly isOwn: boolean;
  cancel: Cancel | undefined;
}

/** See the top of the file. */
export class Raids {
  readonly #settings: RaidSettings;
  readonly #countdowns = new Map<string, Countdown>();

  constructor(settings: RaidSettings) {
    this.#settings = settings;
  }

  /** Announces that viewers go to `targetId` soon. */
  async announce(
    streamId: string,
    { targetId, author }: { readonly targetId: string; readonly author: ChatAuthor },
    actor: Actor,
  ): Promise<ChatRaid | Refusal> {
    const { clock, randomBytes, voice, liveStream, log } = this.#settings;
    const target = targetId === streamId ? undefined : liveStream(targetId);
    if (target === undefined) {
      const detail = `Cannot raid ${JSON.stringify(targetId)}: it is no other stream on air here`;
      return { refused: 'not_live', detail };
    }
    if (this.#countdowns.has(streamId)) {
      return { refused: 'raid_announced', detail: 'Cannot raid: a raid is announced already' };
    }
    const nowMs = clock.epochMs();
    const raid: ChatRaid = {
      ...{ id: newId('raid', nowMs, randomBytes), state: 'announced' },
      ...{ streamId: target.streamId, streamTitle: target.title },
      goesAt: new Date(nowMs + COUNTDOWN_MS).toISOString(),
      spreadMs: SPREAD_MS,
    };
    const countdown: Countdown = { raid, isOwn: true, cancel: undefined };
    this.#countdowns.set(streamId, countdown);
    try {
      await this.#record(streamId, raid, { action: 'chat.raid', actor });
      await voice.tell(streamId, { type: 'raid', raid });
    } catch (error) {
      this.#countdowns.delete(streamId);
      throw error;
    }
    countdown.cancel = clock.after(COUNTDOWN_MS, () => {
      this.#go(streamId, raid, author)
        .catch((error: unknown) => log.error({ error }, 'raid failed'))
        // Heard of as gone already, unless the room could not be opened.
        .finally(() => this.#forget(streamId, countdown));
    });
    return raid;
  }

  /** Calls the raid off. */
  async cancel(streamId: string, actor: Actor): Promise<ChatRaid | Refusal> {
    const announced = this.#countdowns.get(streamId)?.raid;
    if (announced === undefined) {
      return { refused: 'raid_not_found', detail: 'Cannot cancel the raid: none is announced' };
    }
    await this.#record(streamId, announced, { action: 'chat.raid_cancel', actor });
    const raid: ChatRaid = { ...announced, state: 'cancelled' };
    await this.#settings.voice.tell(streamId, { type: 'raid', raid });
    return raid;
  }

  /** A raid was told in a room, from here or another server. */
  heard(streamId: string, raid: ChatRaid): void {
    const known = this.#countdowns.get(streamId);
    if (raid.state === 'announced') {
      if (known !== undefined) return;
      const { clock, log } = this.#settings;
      const countdown: Countdown = { raid, isOwn: false, cancel: undefined };
      countdown.cancel = clock.after(COUNTDOWN_MS + GRACE_MS, () => {
        this.#forget(streamId, countdown);
        this.#callOff(streamId, raid, 'server_stopped').catch((error: unknown) =>
          log.error({ error }, 'raid cannot be called off'),
        );
      });
      this.#countdowns.set(streamId, countdown);
    } else if (known !== undefined && known.raid.id === raid.id) {
      this.#forget(streamId, known);
    }
  }

  /** Calls off what counts down here, while there are still readers to tell. */
  async leave(): Promise<void> {
    const own = [...this.#countdowns].filter(([, { isOwn }]) => isOwn);
    for (const [streamId, countdown] of own) this.#forget(streamId, countdown);
    await Promise.all(
      own.map(([streamId, { raid }]) => this.#callOff(streamId, raid, 'server_stopped')),
    );
  }

  /** Calls nothing off and goes nowhere any more. */
  close(): void {
    for (const { cancel } of this.#countdowns.values()) cancel?.();
    this.#countdowns.clear();
  }

  async #go(streamId: string, raid: ChatRaid, author: ChatAuthor): Promise<void> {
    const { voice, viewers, liveStream } = this.#settings;
    // Called off while it was being announced.
    if (this.#countdowns.get(streamId)?.raid.id !== raid.id) return;
    if (liveStream(raid.streamId) === undefined) {
      await this.#callOff(streamId, raid, 'target_ended');
      return;
    }
    const count = await viewers(streamId);
    await voice.tell(streamId, { type: 'raid', raid: { ...raid, state: 'gone' } });
    const guest: ChatAuthor = { ...author, roles: [] };
    await voice.sayRaid(raid.streamId, guest, `${author.name} arrives with ${count} viewers`);
  }

  #callOff(streamId: string, raid: ChatRaid, reason: ChatRaid['reason'] & string): Promise<void> {
    const cancelled: ChatRaid = { ...raid, state: 'cancelled', reason };
    return this.#settings.voice.tell(streamId, { type: 'raid', raid: cancelled });
  }

  #forget(streamId: string, countdown: Countdown): void {
    countdown.cancel?.();
    if (this.#countdowns.get(streamId) === countdown) this.#countdowns.delete(streamId);
  }

  async #record(
    streamId: string,
    { id, streamId: targetId }: ChatRaid,
    by: { readonly action: string; readonly actor: Actor },
  ): Promise<void> {
    const { database, clock } = this.#settings;
    const at = new Date(clock.epochMs());
    const object = { objectKind: 'stream', objectId: streamId, changes: { raidId: id, targetId } };
    await database.transaction((transaction) => appendAudit(transaction, { at, ...by, ...object }));
  }
}
