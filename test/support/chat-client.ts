import { WebSocket } from 'ws';
import type { ChatEntry, ChatFrame, ChatMessage } from '../../contract/index.ts';

const PATIENCE_MS = 15_000;

/** An entry that takes something out of sight. */
type Concealment = Exclude<ChatEntry, ChatMessage>;

type FrameOf<Type extends ChatFrame['type']> = ChatFrame & { readonly type: Type };

/** A client of the chat protocol that keeps what it was sent until a test asks for it. */
export class ChatClient {
  /** Resolves with the code that the connection was closed with. */
  readonly closed: Promise<number>;
  /** The last number of the room that it was told. */
  seq = 0;
  readonly #socket: WebSocket;
  readonly #frames: ChatFrame[] = [];
  readonly #messages: ChatMessage[] = [];
  readonly #concealments: Concealment[] = [];
  #wake = (): void => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (bytes: Buffer) => this.#read(JSON.parse(bytes.toString())));
    socket.on('error', () => {});
  }

  /**
   * Connects. Rejects with the status when the server answers in HTTP. `ca` in PEM is trusted beside
   * what the system trusts.
   */
  static async open(
    url: string,
    headers: Record<string, string> = {},
    ca?: Buffer,
  ): Promise<ChatClient> {
    const socket = new WebSocket(url, { headers, perMessageDeflate: true, ...(ca && { ca }) });
    const client = new ChatClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The next frame of a type; those of others stay. */
  async take<Type extends ChatFrame['type']>(type: Type): Promise<FrameOf<Type>> {
    return this.#until(`a frame ${type}`, () => {
      const index = this.#frames.findIndex((frame) => frame.type === type);
      if (index < 0) return undefined;
      const [frame] = this.#frames.splice(index, 1);
      return frame as FrameOf<Type>;
    });
  }

  /** What the next post came to that was not answered yet. */
  answer(): Promise<FrameOf<'posted' | 'refused'>> {
    return this.#until('an answer', () => {
      const index = this.#frames.findIndex(({ type }) => type === 'posted' || type === 'refused');
      if (index < 0) return undefined;
      return this.#frames.splice(index, 1)[0] as FrameOf<'posted' | 'refused'>;
    });
  }

  /** The next messages, once there are so many. */
  messages(count: number): Promise<readonly ChatMessage[]> {
    return this.#until(`${count} messages`, () =>
      this.#messages.length < count ? undefined : this.#messages.splice(0, count),
    );
  }

  /** The next entry that takes something out of sight. */
  concealment(): Promise<Concealment> {
    return this.#until('a concealment', () => this.#concealments.shift());
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Breaks the connection off. */
  drop(): void {
    this.#socket.terminate();
  }

  #read(frame: ChatFrame): void {
    if (frame.type === 'entries') {
      for (const entry of frame.entries) {
        if (entry.type === 'message') this.#messages.push(entry);
        else this.#concealments.push(entry);
      }
    } else {
      this.#frames.push(frame);
    }
    if (frame.type === 'entries' || frame.type === 'history') this.seq = frame.seq;
    this.#wake();
  }

  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (patience.aborted) throw new Error(`There was no ${what} in time`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        patience.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
