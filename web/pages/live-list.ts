import { signal } from '@preact/signals';
import type { StreamView } from '../../contract/index.ts';
import { askLiveStreams } from '../player/index.ts';

/** How often the list is asked for while someone looks at it. Milliseconds. */
const REFRESH_MS = 5_000;

/** Who is live, kept up to date while the page is visible. */
export class LiveList {
  /** The live streams, longest on air first; null until the first answer. */
  readonly streams = signal<readonly StreamView[] | null>(null);
  /** Whether the last question went unanswered; the streams are then the last known ones. */
  readonly unreachable = signal(false);
  /** When the streams were last heard of, in milliseconds since the epoch. */
  readonly heardAtMs = signal(Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;

  /** Begins refreshing; returns how to stop. */
  open(): () => void {
    const onVisibility = (): void => void this.#refresh();
    document.addEventListener('visibilitychange', onVisibility);
    void this.#refresh();
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      clearTimeout(this.#timer);
    };
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden || this.#asking) return;
    this.#asking = true;
    const streams = await askLiveStreams();
    this.#asking = false;
    this.unreachable.value = streams === null;
    if (streams !== null) {
      this.streams.value = streams.toSorted((a, b) => startOf(a).localeCompare(startOf(b)));
      this.heardAtMs.value = Date.now();
    }
    this.#timer = setTimeout(() => void this.#refresh(), REFRESH_MS);
  }
}

function startOf(stream: StreamView): string {
  return stream.startedAt ?? '';
}
