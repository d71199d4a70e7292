/**
 * Tells the server that this page watches a stream, so that it is counted: once when it begins,
 * then every few seconds, and when it ends or the page goes away. Nothing of it outlives the page.
 */
import { signal } from '@preact/signals';
import { api, PATIENCE_MS } from '../base/index.ts';

/** Until the server says otherwise, and after a failure. Milliseconds. */
const HEARTBEAT_MS = 10_000;
const SESSION_BYTES = 12;

/** See the top of the file. */
export class ViewerBeacon {
  /** Names this visit: to be sent along with what the page's player fetches. */
  readonly sessionId = newSession();
  /** How many watch; null while that is not known. */
  readonly count = signal<number | null>(null);
  readonly #streamId: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWatching = false;
  /** Set while a farewell is due when the browser takes the page away, to be shown again later or not. */
  #closing: AbortController | undefined;

  constructor(streamId: string) {
    this.#streamId = streamId;
  }

  /** The player fetches in this visit's name from here on, and is counted by that: its end is to be told. */
  approach(): void {
    if (this.#closing !== undefined) return;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    addEventListener('pagehide', () => this.#leave(), { signal });
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted && this.#isWatching) void this.#say('join');
    };
    addEventListener('pageshow', onShow, { signal });
  }

  /** The stream is being watched from here on. Does nothing the second time. */
  begin(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.approach();
    void this.#say('join');
  }

  /** The server has told by another way how many watch. */
  note(count: number): void {
    if (this.#isWatching) this.count.value = count;
  }

  /** It is watched no more. */
  end(): void {
    if (this.#closing === undefined) return;
    this.#isWatching = false;
    this.#closing.abort();
    this.#closing = undefined;
    this.count.value = null;
    this.#leave();
  }

  async #say(what: 'join' | 'heartbeat'): Promise<void> {
    clearTimeout(this.#timer);
    const { sessionId } = this;
    let pauseMs = HEARTBEAT_MS;
    try {
      const { count, heartbeatS } = await api.call(`POST /api/streams/{id}/viewers/${what}`, {
        params: { id: this.#streamId },
        body: { sessionId },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      this.count.value = count;
      pauseMs = heartbeatS * 1_000;
    } catch {
      // The next heartbeat joins again; until then the number is not known.
      this.count.value = null;
    }
    if (!this.#isWatching) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#say('heartbeat'), pauseMs);
  }

  /** By the one request that a browser finishes after its page. */
  #leave(): void {
    clearTimeout(this.#timer);
    const address = `/api/streams/${encodeURIComponent(this.#streamId)}/viewers/leave`;
    const body = JSON.stringify({ sessionId: this.sessionId });
    navigator.sendBeacon(address, new Blob([body], { type: 'application/json' }));
  }
}

/** `crypto.randomUUID` is not there on pages without TLS. */
function newSession(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SESSION_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
