import type { Cancel, Clock, Log } from '../base/index.ts';
import { Broadcast, Feed, type OnAir } from '../live/index.ts';
import { BroadcastPackager, Packager, type PackagerObserver } from '../pipeline/packager/index.ts';

const SWEEP_MS = 5_000;

/** What broadcasts need of their owner. */
export interface BroadcastsSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly onAir: OnAir;
  readonly observer: PackagerObserver;
  /** Seconds. */
  readonly segmentDurationS: number;
  readonly partDurationS: number;
  readonly windowSize: number;
  /** Gives what is to be packaged of what the publisher sends: the same, or that and more. */
  program(broadcast: Broadcast, source: Feed): Feed;
  /** Marks the stream as live; names the broadcast by an id that is never used again. */
  begin(streamId: string): { readonly id: string };
  /** The stream's broadcast has ended and its playlists are closed. */
  ended(broadcast: Broadcast): void;
  /** Packaging failed; nothing more will come of the stream's publisher. */
  failed(streamId: string): void;
  /** Nobody can reach the broadcast any more. */
  forgotten(broadcast: Broadcast): void;
}

/** Puts broadcasts on air and takes them off again. */
export class Broadcasts {
  readonly #settings: BroadcastsSettings;
  readonly #running = new Set<Promise<void>>();
  #cancelSweep: Cancel | undefined;
  #faults = 0;
  #started = 0;
  #ended = 0;

  constructor(settings: BroadcastsSettings) {
    this.#settings = settings;
    this.#sweepLater();
  }

  /** Broadcasts that ended because of a fault of ours. */
  get faults(): number {
    return this.#faults;
  }

  /** What is on air now, what was since the start, and the bytes held for all that can be reached. */
  get tally() {
    let mediaBytes = 0;
    for (const broadcast of this.#settings.onAir.all()) mediaBytes += broadcast.sizeBytes;
    const [started, ended] = [this.#started, this.#ended];
    return { live: started - ended, started, ended, mediaBytes };
  }

  /** Begins a broadcast of `streamId`; it lasts until the returned feed is closed. */
  goLive(streamId: string): Feed {
    const { clock, onAir, begin } = this.#settings;
    const { id } = begin(streamId);
    const broadcast = new Broadcast(id, streamId, clock.epochMs());
    const feed = new Feed();
    onAir.start(broadcast);
    this.#started += 1;
    const running = this.#run(broadcast, this.#settings.program(broadcast, feed));
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return feed;
  }

  /** Resolves when every broadcast whose feed is closed has been packaged to its end. */
  async close(): Promise<void> {
    this.#cancelSweep?.();
    await Promise.all(this.#running);
  }

  async #run(broadcast: Broadcast, feed: Feed): Promise<void> {
    const { clock, observer, windowSize, segmentDurationS, partDurationS } = this.#settings;
    const log = this.#settings.log.child({ stream: broadcast.streamId, broadcast: broadcast.id });
    const packager = new Packager({ segmentDurationS, partDurationS });
    log.info({}, 'broadcast started');
    try {
      await new BroadcastPackager({
        broadcast,
        feed,
        packager,
        windowSize,
        clock,
        log,
        observer,
      }).run();
      log.info({ durationMs: clock.epochMs() - broadcast.startedEpochMs }, 'broadcast ended');
    } catch (error) {
      this.#faults += 1;
      log.error({ err: error }, 'broadcast failed');
      this.#settings.failed(broadcast.streamId);
    }
    this.#ended += 1;
    this.#settings.ended(broadcast);
  }

  #sweepLater(): void {
    const { clock, onAir, forgotten } = this.#settings;
    this.#cancelSweep = clock.after(SWEEP_MS, () => {
      for (const broadcast of onAir.sweep(clock.monotonicMs())) forgotten(broadcast);
      this.#sweepLater();
    });
  }
}
