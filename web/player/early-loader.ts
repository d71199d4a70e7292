import {
  type LoaderCallbacks,
  type LoaderConfiguration,
  type LoaderContext,
  type PlaylistLoaderConstructor,
  XhrLoader,
} from 'hls.js';
import { prepareEarlyPlaylist } from './early-playlist.ts';
import type { EarlyAnswer, Prefetch } from './prefetch.ts';

/** The field by which the server knows a page's own requests. */
const VIEWER_FIELD = 'x-viewer';
/** How long one held request for the next part may take: more than the server holds any. Milliseconds. */
const HELD_MOST_MS = 12_000;
/** How often a playlist may be asked for again: a server that always lists too little is not worth more. */
const ASKED_MOST = 16;

/**
 * A playlist loader for hls.js that uses an early answer when there is one and asks the server otherwise. Playlists of
 * a broadcast's very first seconds are held until there is enough in them, and made fit for hls.js. All requests name
 * the `viewer`, who is so counted once; no cache knows the field, since no answer varies by it.
 */
export function earlyLoader(prefetch: Prefetch, viewer: string): PlaylistLoaderConstructor {
  const headers = { [VIEWER_FIELD]: viewer };
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
          const asking = { signal: this.#asking.signal, headers };
          void enough(response.url, response.data, asking).then((found) => {
            if (this.#aborted) return;
            if (found === null) {
              callbacks.onError({ code: 0, text: 'playlist lost' }, asked, details, stats);
              return;
            }
            // hls.js reckons the age of a live playlist from its first byte.
            if (found.firstByteMs !== null) stats.loading.first = found.firstByteMs;
            callbacks.onSuccess({ ...response, data: found.text }, stats, asked, details);
          });
        },
      });
    }

    protected override loadInternal(): void {
      this.#aborted = false;
      this.#asking = new AbortController();
      if (this.context !== null) this.context.headers = { ...this.context.headers, ...headers };
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

/** A playlist fit for hls.js, and when the answer that it came with began if it was asked for again. */
interface EnoughPlaylist {
  readonly text: string;
  readonly firstByteMs: number | null;
}

/** The playlist as hls.js takes it, asked for again while it lists too little; null when that failed. */
async function enough(
  url: string,
  text: string,
  { signal: closed, headers }: { readonly signal: AbortSignal; readonly headers: HeadersInit },
): Promise<EnoughPlaylist | null> {
  let prepared = prepareEarlyPlaylist(text);
  let firstByteMs: number | null = null;
  for (let asked = 0; prepared.kind === 'early' && asked < ASKED_MOST; asked += 1) {
    const next = new URL(url);
    next.searchParams.set('_HLS_msn', String(prepared.mediaSequenceNumber));
    next.searchParams.set('_HLS_part', String(prepared.part));
    try {
      const signal = AbortSignal.any([closed, AbortSignal.timeout(HELD_MOST_MS)]);
      const response = await fetch(next, { signal, headers });
      if (!response.ok) return null;
      firstByteMs = performance.now();
      prepared = prepareEarlyPlaylist(await response.text());
    } catch {
      // Reported as a load error by the caller, unless it was closed meanwhile.
      return null;
    }
  }
  return prepared.kind === 'ready' ? { text: prepared.text, firstByteMs } : null;
}
