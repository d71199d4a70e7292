/**
 * What the database is told of this server itself, for whoever reads it there: where encoders
 * publish to, and the qualities of what is on air.
 */
import { randomBytes } from 'node:crypto';
import type { Cancel, Clock, Log } from '../base/index.ts';
import { keepPrimaryEndpoint, keepQualities, type StreamQuality } from '../channel/index.ts';
import type { Broadcast, OnAir } from '../live/index.ts';
import { type Database, DatabaseUnavailableError } from '../store/sql/index.ts';
import { qualitiesOf, rtmpUrlOf } from './api/index.ts';

/** From one look at what is on air to the next. */
const LOOK_MS = 5_000;
/** Bitrates are measured anew with each segment: a change by less is not written. */
const LEAST_CHANGE = 0.1;

/** What the record works with. */
export interface ServerRecordSettings {
  readonly database: Database;
  readonly onAir: OnAir;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class ServerRecord {
  readonly #settings: ServerRecordSettings;
  readonly #kept = new WeakMap<Broadcast, readonly StreamQuality[]>();
  #looking: Promise<void> = Promise.resolve();
  #cancelLook: Cancel | undefined;
  #isClosed = false;

  constructor(settings: ServerRecordSettings) {
    this.#settings = settings;
  }

  /**
   * Keeps the address for encoders, unless nobody has said under which name this server is found,
   * and looks at qualities from now on.
   */
  async start(publicUrl: string | undefined, rtmpPort: number): Promise<void> {
    const { database, clock } = this.#settings;
    const rtmpUrl =
      publicUrl === undefined ? null : rtmpUrlOf(new URL(publicUrl).hostname, rtmpPort);
    await keepPrimaryEndpoint(database, rtmpUrl, { nowMs: clock.epochMs(), randomBytes });
    this.#lookLater();
  }

  /** Keeps the qualities of all broadcasts that are others than when they were kept last. */
  async look(): Promise<void> {
    const { database, onAir, log } = this.#settings;
    for (const broadcast of onAir.all()) {
      const qualities = keptQualities(broadcast);
      if (broadcast.endedAtMs !== undefined || qualities.length === 0) continue;
      if (isAlike(this.#kept.get(broadcast) ?? [], qualities)) continue;
      try {
        await keepQualities(database, broadcast.streamId, qualities);
        this.#kept.set(broadcast, qualities);
      } catch (error) {
        // The next look finds them again.
        if (error instanceof DatabaseUnavailableError) return;
        log.error({ error, stream: broadcast.streamId }, 'qualities could not be kept');
      }
    }
  }

  /** Resolves when the database is not asked any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    await this.#looking;
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#cancelLook = this.#settings.clock.after(LOOK_MS, () => {
      this.#looking = this.look().then(() => this.#lookLater());
    });
  }
}

function keptQualities(broadcast: Broadcast): readonly StreamQuality[] {
  return qualitiesOf(broadcast).map(({ name, bandwidth, resolution, codecs }) => ({
    name,
    bitrateKbps: Math.round(bandwidth / 1000),
    resolution: resolution === null ? null : `${resolution.width}x${resolution.height}`,
    codec: codecs.join(','),
    playlistPath: `/live/${broadcast.streamId}/${name}/playlist.m3u8`,
  }));
}

function isAlike(kept: readonly StreamQuality[], now: readonly StreamQuality[]): boolean {
  const known = new Map(kept.map((each) => [each.name, each]));
  return (
    kept.length === now.length &&
    now.every(({ name, bitrateKbps, resolution, codec }) => {
      const before = known.get(name);
      if (before === undefined) return false;
      const change = Math.abs(bitrateKbps - before.bitrateKbps);
      const isSame = before.resolution === resolution && before.codec === codec;
      return isSame && change <= LEAST_CHANGE * before.bitrateKbps;
    })
  );
}
