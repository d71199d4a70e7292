import { type PlaylistLoaderConstructor, XhrLoader } from 'hls.js';
import type { EarlyAnswer, Prefetch } from './prefetch.ts';

/** A playlist loader for hls.js that uses an early answer when there is one and asks the server otherwise. */
export function earlyLoader(prefetch: Prefetch): PlaylistLoaderConstructor {
  return class EarlyLoader extends XhrLoader {
    #aborted = false;

    protected override loadInternal(): void {
      this.#aborted = false;
      const early = this.context === null ? null : prefetch.take(this.context.url);
      if (early === null) super.loadInternal();
      else void early.then((answer) => this.#settle(answer));
    }

    protected override abortInternal(): void {
      this.#aborted = true;
      super.abortInternal();
    }

    #settle(answer: EarlyAnswer | null): void {
      const { callbacks, context } = this;
      if (this.#aborted || callbacks === null || context === null) return;
      if (answer === null) {
        super.loadInternal();
        return;
      }
      const { loading } = this.stats;
      // hls.js reckons the age of a live playlist from its first byte.
      loading.first = answer.firstByteMs;
      loading.end = Math.max(performance.now(), loading.start);
      this.stats.loaded = this.stats.total = answer.text.length;
      callbacks.onSuccess(
        { url: answer.url, data: answer.text, code: 200 },
        this.stats,
        context,
        null,
      );
    }

    // Asked by hls.js after every load, also after one that no request was made for.
    override getCacheAge(): number | null {
      return this.getNetworkDetails() === null ? null : super.getCacheAge();
    }
  } as PlaylistLoaderConstructor;
}
