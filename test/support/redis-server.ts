import { pathOf } from './component.ts';
import { type Cleaning, freePort, tempFolder } from './place.ts';
import { RunningProcess } from './process.ts';

/** A Redis server of its own for one test, which keeps nothing on disk. */
export class RedisServer {
  readonly port: number;
  readonly #folder = tempFolder();
  readonly #options: readonly string[];
  #process: RunningProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** Starts a server; `needs('redis')` has been asked before. `options` as on its command line. */
  static async start(context: Cleaning, ...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    context.after(() => server.kill());
    await server.resume();
    return server;
  }

  /** Where it is reached; `db` keeps what shares the server apart. */
  url(db = 0): string {
    return `redis://127.0.0.1:${this.port}/${db}`;
  }

  /** Ends the server as a crash would: what it had is forgotten. */
  async kill(): Promise<void> {
    await this.#process?.stop('SIGKILL');
    this.#process = undefined;
  }

  /** Starts the server again on the same port, without what it had. */
  async resume(): Promise<void> {
    this.#process = new RunningProcess(
      [
        ...([pathOf('redis'), '--bind', '127.0.0.1', '--port', String(this.port)] as const),
        ...['--dir', this.#folder, '--save', '', '--appendonly', 'no', ...this.#options],
      ],
      {},
    );
    await this.#process.waitFor(/Ready to accept connections/);
  }

  /** Stops it where it is, as a machine does that hangs; `thaw` lets it go on. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  /** Lets the server go on after `freeze`. */
  thaw(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#process === undefined) throw new Error(`Cannot send ${signal}: Redis is away`);
    process.kill(this.#process.pid, signal);
  }
}
