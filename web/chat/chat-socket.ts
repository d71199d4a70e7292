/** The panel's connection: carries out what `chat-link.ts` says. */
import { signal } from '@preact/signals';
import {
  ApiError,
  CHAT_CLOSE,
  CHAT_VERSION,
  type ChatFrame,
  type ChatRequest,
} from '../../contract/index.ts';
import { api, me, meet, PATIENCE_MS } from '../base/index.ts';
import { type LinkEvent, type LinkState, type LinkStep, openLink, stepLink } from './chat-link.ts';
import { keep, kept } from './kept.ts';

/** The name under which a guest is known again. */
const GUEST = 'guest';
/** How long it may take to learn who looks at the page. Milliseconds. */
const WHO_MS = 3_000;
/** What a socket that could not be opened would be closed with. */
const FAILED = 1006;

/** See the top of the file. */
export class ChatSocket {
  /** Where the connection stands; null before it is opened. */
  readonly state = signal<LinkState | null>(null);
  readonly #streamId: string;
  readonly #onFrame: (frame: ChatFrame) => void;
  readonly #closing = new AbortController();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(streamId: string, onFrame: (frame: ChatFrame) => void) {
    this.#streamId = streamId;
    this.#onFrame = onFrame;
  }

  /** Connects, and stays connected as long as there is use in it. */
  open(): void {
    const { signal: over } = this.#closing;
    const nudge = (): void => {
      if (!document.hidden) this.#see({ kind: 'nudge' });
    };
    addEventListener('online', nudge, { signal: over });
    document.addEventListener('visibilitychange', nudge, { signal: over });
    this.#take(openLink(kept(GUEST)));
  }

  /** Ends it. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  /** Whether the request was put on its way. */
  send(request: ChatRequest): boolean {
    if (this.state.value?.phase !== 'joined' || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  #see(event: LinkEvent): void {
    const state = this.state.value;
    if (state === null || this.#closing.signal.aborted) return;
    this.#take(stepLink(state, event, Math.random()));
  }

  #take({ state, effect }: LinkStep): void {
    const before = this.state.value;
    this.state.value = state;
    if (state.guest !== null && state.guest !== before?.guest) keep(GUEST, state.guest);
    if (effect?.kind === 'wake') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#see({ kind: 'wake' }), effect.afterMs);
    } else if (effect?.kind === 'connect') {
      clearTimeout(this.#timer);
      const { resume, guest, asGuest } = effect;
      const past = { ...(resume === null ? {} : { resume }), ...(guest === null ? {} : { guest }) };
      void this.#connect(past, asGuest);
    }
  }

  async #connect(past: Pick<ChatRequest & { type: 'join' }, 'resume' | 'guest'>, asGuest: boolean) {
    const ticket = asGuest ? null : await this.#ticket();
    if (this.#closing.signal.aborted) return;
    if (ticket === undefined) {
      this.#see({ kind: 'closed', code: FAILED });
      return;
    }
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const path = `/api/streams/${encodeURIComponent(this.#streamId)}/chat/ws`;
    const socket = new WebSocket(`${scheme}://${location.host}${path}`);
    this.#socket = socket;
    socket.onopen = () => {
      const join: ChatRequest = {
        ...{ type: 'join', v: CHAT_VERSION },
        ...(ticket === null ? past : { ...past, ticket }),
      };
      socket.send(JSON.stringify(join));
    };
    socket.onmessage = ({ data }) => {
      // Our own server's: the types of its frames and ours are one.
      const frame: ChatFrame = JSON.parse(String(data));
      this.#see({ kind: 'frame', frame });
      this.#onFrame(frame);
    };
    socket.onclose = ({ code }) => {
      this.#see({ kind: 'closed', code });
      // The rest of the page still shows who it was.
      if (code === CHAT_CLOSE.signed_out) void meet();
    };
  }

  /** Null for a guest; undefined when the server could not be asked. */
  async #ticket(): Promise<string | null | undefined> {
    const who = await whoLooks();
    if (who === null || (who.user === null && !who.mayBroadcast)) return null;
    const params = { id: this.#streamId };
    try {
      const given = await api.call('POST /api/streams/{id}/chat/ticket', {
        params,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return given.ticket;
    } catch (error) {
      const isRefused = error instanceof ApiError && (error.status === 401 || error.status === 403);
      return isRefused ? null : undefined;
    }
  }
}

/** Who is signed in, once that is known; null when it takes too long. */
function whoLooks(): Promise<typeof me.value> {
  return new Promise((resolve) => {
    if (me.value !== null) {
      resolve(me.value);
      return;
    }
    const late = setTimeout(() => done(), WHO_MS);
    const stop = me.subscribe((value) => {
      if (value !== null) done();
    });
    const done = (): void => {
      clearTimeout(late);
      stop();
      resolve(me.value);
    };
  });
}
