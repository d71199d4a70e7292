import {
  type LoaderCallbacks,
  type LoaderConfiguration,
  type LoaderContext,
  type PlaylistLoaderConstructor,
  XhrLoader,
} from 'hls.js';
import { prepareEarlyPlaylist } from './early-playlist.ts';
import type { EarlyAnswer, Prefetch } from './prefetch.ts';

/** How long one held request for the next part may take: more than the server holds any. Milliseconds. */
const HELD_MOST_MS = 12_000;

/**
 * A playlist loader for hls.js that uses an early answer when there is one and asks the server otherwise. Playlists of
 * a broadcast's very first seconds are held until there is enough in them, and made fit for hls.js.
 */
export function earlyLoader(prefetch: Prefetch): PlaylistLoaderConstructor {
  return class EarlyLoader extends XhrLoader {
    #aborted = false;
    #asking = new AbortController();

    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, asked, details) => {
          if (typeof response.data !== 'string') return;
          void this.#prepare(response.url, response.data).then((data) => {
            if (this.#aborted) return;
            if (data !== null) callbacks.onSuccess({ ...response, data }, stats, asked, details);
            else callbacks.onError({ code: 0, text: 'playlist lost' }, asked, details, stats);
          });
        },
      });
    }

    /** The playlist as hls.js takes it, asked for again while it lists too little; null when that failed. */
    async #prepare(url: string, text: string): Promise<string | null> {
      let prepared = prepareEarlyPlaylist(text);
      while (prepared.kind === 'early' && !this.#aborted) {
        const next = new URL(url);
        next.searchParams.set('_HLS_msn', String(prepared.mediaSequenceNumber));
        next.searchParams.set('_HLS_part', String(prepared.part));
        const answer = await this.#askFor(next);
        // Closed meanwhile, the loader has no statistics left to correct.
        if (answer === null || this.#aborted) return null;
        // hls.js reckons the age of a live playlist from its first byte, and this one is new.
        this.stats.loading.first = answer.firstByteMs;
        prepared = prepareEarlyPlaylist(answer.text);
      }
      return prepared.kind === 'ready' ? prepared.text : null;
    }

    /** One held playlist; null when it could not be had, which the caller reports as a load error. */
    async #askFor(url: URL): Promise<Pick<EarlyAnswer, 'text' | 'firstByteMs'> | null> {
      const signal = AbortSignal.any([this.#asking.signal, AbortSignal.timeout(HELD_MOST_MS)]);
      try {
        const response = await fetch(url, { signal });
        const firstByteMs = performance.now();
        return response.ok ? { text: await response.text(), firstByteMs } : null;
      } catch {
        return null;
      }
    }

    protected override loadInternal(): void {
      this.#aborted = false;
      this.#asking = new AbortController();
      const early = this.context === null ? null : prefetch.take(this.context.url);
      if (early === null) super.loadInternal();
      else void early.then((answer) => this.#settle(answer));
    }

    protected override abortInternal(): void {
      this.#aborted = true;
      this.#asking.abort();
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
