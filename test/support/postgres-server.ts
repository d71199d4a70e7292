import { chownSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathOf } from './component.ts';
import { type Cleaning, freePort, tempFolder } from './place.ts';
import { type ProcessOptions, RunningProcess, startProcess } from './process.ts';
import { childrenOf } from './process-tree.ts';

/** A PostgreSQL server of its own for one test file, which forgets everything when that ends. */
export class PostgresServer {
  readonly #program: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #user: ProcessOptions['user'];
  #process: RunningProcess | undefined;
  #databases = 0;

  private constructor(folder: string, port: number) {
    // Beside the program itself are its companions, which a link to it need not have.
    this.#program = realpathSync(pathOf('postgres'));
    this.#folder = folder;
    this.#port = port;
    this.#user = unprivilegedUser();
  }

  /** Makes and starts a server; `needs('postgres')` has been asked before. */
  static async start(context: Cleaning): Promise<PostgresServer> {
    const server = new PostgresServer(tempFolder(), await freePort());
    context.after(() => server.kill());
    await server.#make(context);
    await server.resume();
    return server;
  }

  /** Address of a database nobody has used; it is made by asking for it. */
  async freshDatabase(context: Cleaning): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    const createdb = join(dirname(this.#program), 'createdb');
    const place = ['-h', '127.0.0.1', '-p', String(this.#port), '-U', 'millrace'];
    const { code } = await (await this.#run(context, [createdb, ...place, name])).exited;
    if (code !== 0) throw new Error(`Cannot make database ${name}: exit ${code}`);
    return `postgres://millrace@127.0.0.1:${this.#port}/${name}`;
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    // SIGQUIT: at once and without a clean-up, but not without its children.
    await this.#process?.stop('SIGQUIT');
    this.#process = undefined;
  }

  /** Stops all its processes where they are, as a machine does that hangs; `thaw` lets them go on. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  /** Lets the server go on after `freeze`. */
  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Starts the server again on the same port, with what it had. */
  async resume(): Promise<void> {
    this.#process = new RunningProcess(
      [
        ...([this.#program, '-D', this.#folder, '-p', String(this.#port)] as const),
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ],
      { user: this.#user },
    );
    await this.#process.waitFor(/ready to accept connections/);
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#process === undefined) throw new Error(`Cannot send ${signal}: PostgreSQL is away`);
    // Its children have groups of their own.
    const { pid } = this.#process;
    for (const each of [pid, ...childrenOf(pid)]) process.kill(each, signal);
  }

  async #make(context: Cleaning): Promise<void> {
    if (this.#user !== undefined) chownSync(this.#folder, this.#user.uid, this.#user.gid);
    const initdb = join(dirname(this.#program), 'initdb');
    const options = ['-U', 'millrace', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const run = await this.#run(context, [initdb, '-D', this.#folder, ...options]);
    const { code } = await run.exited;
    if (code !== 0) throw new Error(`Cannot make PostgreSQL's folder:\n${run.output}`);
  }

  #run(
    context: Cleaning,
    command: readonly [program: string, ...args: string[]],
  ): Promise<RunningProcess> {
    return startProcess(context, command, { user: this.#user, cwd: '/' });
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): ProcessOptions['user'] {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^(?:postgres|nobody):[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (line === null) throw new Error('Cannot run PostgreSQL: there is no user but root');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}
