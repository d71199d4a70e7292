/** What the tests of this folder share: a server with a scripted handler, and a raw client. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { ManualClock, silentLog, systemClock } from '../../base/index.ts';
import type {
  Answer,
  BodyReader,
  DeliveryHandler,
  DeliveryRequest,
} from '../../pipeline/origin/index.ts';
import { createHttpServer, type HttpServer, type HttpServerSettings } from './index.ts';

/** A delivery answer with a text or given chunks. */
export function answerOf(body: string | readonly Uint8Array[], status = 200): Answer {
  const chunks = typeof body === 'string' ? [Buffer.from(body)] : body;
  const bodySize = chunks.reduce((size, chunk) => size + chunk.length, 0);
  return { status, headers: [['etag', '"v1"']], body: chunks, bodySize };
}

/** A body that a test makes grow; answers with it begin with "first,". */
export class GrowingBody {
  readonly #readers = new Set<BodyReader>();
  #onChange: (() => void) | undefined;

  /** Who follows it now. */
  get readers(): number {
    return this.#readers.size;
  }

  get answer(): Answer {
    const follow = (reader: BodyReader): (() => void) => {
      this.#readers.add(reader);
      this.#onChange?.();
      return () => {
        this.#readers.delete(reader);
        this.#onChange?.();
      };
    };
    return { ...answerOf('first,'), rest: { follow } };
  }

  /** Resolves when so many follow it. */
  async followed(readers: number): Promise<void> {
    while (this.#readers.size !== readers) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  take(bytes: string | Uint8Array): void {
    for (const reader of this.#readers) reader.take(Buffer.from(bytes));
  }

  finish(how: 'end' | 'fail'): void {
    for (const reader of [...this.#readers]) {
      this.#readers.delete(reader);
      reader[how]();
    }
  }
}

/** Answers by path; what is under `/live/held` waits for `release`. */
export class ScriptedHandler implements DeliveryHandler {
  readonly seen: DeliveryRequest[] = [];
  readonly answers = new Map<string, Answer>();
  cancelled = 0;
  readonly #held: ((answer: Answer) => void)[] = [];
  #onChange: (() => void) | undefined;

  handle(request: DeliveryRequest, reply: (answer: Answer) => void): (() => void) | undefined {
    this.seen.push(request);
    if (request.path === '/live/fault') throw new Error('a fault, as the test wants it');
    if (!request.path.startsWith('/live/held')) {
      reply(this.answers.get(request.path) ?? answerOf(`body of ${request.path}`));
      return undefined;
    }
    this.#held.push(reply);
    this.#onChange?.();
    return () => {
      this.#held.splice(this.#held.indexOf(reply), 1);
      this.cancelled += 1;
      this.#onChange?.();
    };
  }

  /** Requests held now. */
  get held(): number {
    return this.#held.length;
  }

  /** Resolves when `holds` is true, looked at after each hold and cancel. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  /** Answers all held requests with one answer. */
  release(answer: Answer): void {
    for (const reply of this.#held.splice(0)) reply(answer);
  }
}

/** A running server and all that a test turns. */
export interface TestServer {
  readonly server: HttpServer;
  readonly handler: ScriptedHandler;
  readonly port: number;
}

/** Starts a server on a free loopback port; it ends with the test. */
export async function startServer(
  context: TestContext,
  settings: Partial<HttpServerSettings> = {},
): Promise<TestServer> {
  const handler = new ScriptedHandler();
  const server = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler, matches: (path) => path.startsWith('/live/') },
    register: registerTestRoutes,
    management: {},
    ...settings,
  });
  const { port } = await server.listen();
  context.after(async () => {
    const closed = server.close(0);
    // A clock that stands still never reaches the deadline.
    if (settings.clock instanceof ManualClock) settings.clock.advance(1);
    await closed;
  });
  return { server, handler, port };
}

/** Routes of each kind, as the application has them. */
export function registerTestRoutes(app: FastifyInstance): void {
  app.get('/api/streams/:id', async (request) => ({ params: request.params }));
  app.post('/api/echo', async (request) => ({ body: request.body ?? null }));
  app.post('/streams/:id/end', async () => ({ ended: true }));
  app.get('/streams/:id', async () => ({ read: true }));
  app.get('/metrics', async (_request, reply) => reply.type('text/plain').send('a 1\n'));
  app.get('/fault', async () => {
    throw new Error('secret inside');
  });
  app.get('/*', async (_request, reply) => reply.callNotFound());
}

/** One response as it came over a raw socket. */
export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A client that sends exactly the bytes it is told to. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', end);
    socket.on('close', end);
    // A reset shows as the end; the tests look at what came before it.
    socket.on('error', end);
  }

  /** Connects; the socket is destroyed with the test. */
  static async open(context: TestContext, port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends lines, each ended by CR LF. */
  send(...lines: readonly string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Sends one GET without fields but Host. */
  get(path: string): void {
    this.send(`GET ${path} HTTP/1.1`, 'Host: localhost', '');
  }

  /** Reads the next response; `bodiless` for one to HEAD. */
  async response({ bodiless = false } = {}): Promise<RawResponse> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end !== -1) {
        const head = this.#received.toString('latin1', 0, end);
        const length = bodiless ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
        const total = end + 4 + length;
        if (this.#received.length >= total) {
          const body = this.#received.toString('utf8', end + 4, total);
          this.#received = this.#received.subarray(total);
          return { status: Number(head.split(' ')[1]), head, body };
        }
      }
      if (this.#ended) throw new Error(`no whole response: ${this.#received.toString('latin1')}`);
      await this.#more();
    }
  }

  /** Reads on until `mark` has come; returns all up to its end. */
  async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(mark, 0, 'latin1');
      if (at !== -1) {
        const text = this.#received.toString('latin1', 0, at + mark.length);
        this.#received = this.#received.subarray(at + mark.length);
        return text;
      }
      if (this.#ended) throw new Error(`ended before ${JSON.stringify(mark)}`);
      await this.#more();
    }
  }

  /** Resolves when the server has ended the connection; returns what came and was not read. */
  async ended(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#received.toString('latin1');
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
