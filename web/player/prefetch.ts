/** How long an early answer stands for the present; an older one is asked for again. Milliseconds. */
const FRESH_MS = 2_000;
/** How long an early question may take before it is given up. Milliseconds. */
const PATIENCE_MS = 10_000;
/** Most playlists asked for early: the multivariant playlist, one rendition and its audio. */
const QUESTIONS_MOST = 4;

/** A playlist that arrived before the player asked for it. Times are `performance.now()`. */
export interface EarlyAnswer {
  readonly url: string;
  readonly text: string;
  readonly firstByteMs: number;
}

/**
 * Playlists fetched while the player's code is still on its way, each handed out once.
 *
 * A failure is not kept: `take` then resolves to null, the player asks by itself, and reports the failure it meets.
 */
export class Prefetch {
  readonly #answers = new Map<string, Promise<EarlyAnswer | null>>();

  /** Fetches a multivariant playlist, and what it can only lead to next. */
  async begin(masterUrl: string): Promise<void> {
    const master = await this.#ask(new URL(masterUrl, location.href).href);
    if (master !== null) {
      for (const url of certainPlaylists(master.text, master.url)) void this.#ask(url);
    }
  }

  /** The early answer for an absolute address, or null when it was not asked for or was handed out. */
  take(url: string): Promise<EarlyAnswer | null> | null {
    const answer = this.#answers.get(url) ?? null;
    this.#answers.delete(url);
    return answer?.then((found) => (found !== null && isFresh(found) ? found : null)) ?? null;
  }

  #ask(url: string): Promise<EarlyAnswer | null> {
    const known = this.#answers.get(url);
    if (known !== undefined) return known;
    if (this.#answers.size >= QUESTIONS_MOST) return Promise.resolve(null);
    const answer = fetchText(url);
    this.#answers.set(url, answer);
    return answer;
  }
}

/**
 * The media playlists that every player of a multivariant playlist loads first: its audio, and its variant with a
 * picture if there is one only. With several the choice is the player's.
 */
export function certainPlaylists(master: string, masterUrl: string): readonly string[] {
  const lines = master.split(/\r?\n/);
  const variants = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const audio = lines
    .filter((line) => line.startsWith('#EXT-X-MEDIA:') && line.includes('TYPE=AUDIO'))
    .map((line) => /[:,]URI="([^"]+)"/.exec(line)?.[1])
    .filter((uri) => uri !== undefined);
  if (audio.length > 1) return [];
  const pictures = variants.filter((variant) => !audio.includes(variant));
  const certain = pictures.length === 1 ? pictures : [];
  return [...certain, ...audio].map((uri) => new URL(uri, masterUrl).href);
}

async function fetchText(url: string): Promise<EarlyAnswer | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const firstByteMs = performance.now();
    return response.ok ? { url: response.url, text: await response.text(), firstByteMs } : null;
  } catch {
    // The player asks again at once, and its own report of the same failure is the one acted on.
    return null;
  }
}

function isFresh(answer: EarlyAnswer): boolean {
  return performance.now() - answer.firstByteMs < FRESH_MS;
}
