/** The audience of one broadcast from its beginning: how many at most, and how many in all. */
import { MemberSet } from './member-set.ts';
import type { Present } from './presence.ts';

/** What is known of a broadcast's audience. */
export interface BroadcastAudience {
  readonly broadcastId: string;
  readonly streamId: string;
  /** Most viewers at once, and when: milliseconds since the epoch, null while there were none. */
  readonly peak: number;
  readonly peakAtMs: number | null;
  /** Different pages, and different devices without one. */
  readonly unique: number;
  readonly isUniqueExact: boolean;
}

/** See the top of the file. */
export class BroadcastTally {
  readonly broadcastId: string;
  readonly streamId: string;
  /** Whether what is to be kept has changed since it was. */
  isUnkept = false;
  readonly #pages = new MemberSet();
  readonly #pageDevices = new MemberSet();
  readonly #devices = new MemberSet();
  #peak = 0;
  #peakAtMs: number | null = null;
  /** What an earlier run of the server had counted, or all servers together have. */
  #leastUnique = 0;

  constructor(streamId: string, broadcastId: string) {
    this.streamId = streamId;
    this.broadcastId = broadcastId;
  }

  /** Takes what was kept of the same broadcast, whose pages and devices are not known any more. */
  resume({ peak, peakAtMs, unique }: BroadcastAudience): void {
    this.least(unique);
    if (peak > this.#peak) [this.#peak, this.#peakAtMs] = [peak, peakAtMs];
  }

  /** There were at least so many different viewers. */
  least(unique: number): void {
    if (unique <= this.#leastUnique) return;
    this.#leastUnique = unique;
    this.isUnkept = true;
  }

  /** Takes a viewer, again or for the first time. */
  take({ session, device }: Present): void {
    if (session === null) {
      this.#devices.add(device);
    } else {
      this.#pages.add(session);
      this.#pageDevices.add(device);
    }
    this.isUnkept = true;
  }

  /** There are so many viewers now. */
  counted(count: number, epochMs: number): void {
    if (count <= this.#peak) return;
    this.#peak = count;
    this.#peakAtMs = epochMs;
    this.isUnkept = true;
  }

  /** As of now. */
  get audience(): BroadcastAudience {
    const { broadcastId, streamId } = this;
    const [pages, covered, devices] = [this.#pages, this.#pageDevices, this.#devices];
    const alone = Math.max(0, covered.size(devices) - covered.size());
    const sets = [pages, covered, devices];
    return {
      ...{ broadcastId, streamId, peak: this.#peak, peakAtMs: this.#peakAtMs },
      unique: Math.max(this.#leastUnique, this.#peak, pages.size() + alone),
      isUniqueExact: this.#leastUnique === 0 && sets.every(({ isExact }) => isExact),
    };
  }
}
