/**
 * PGlite in a thread of its own: WebAssembly holds a thread for as long as a statement runs, and
 * the main one has media to serve. One statement at a time; the other side keeps the queue.
 */
import { fsyncSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { messages, PGlite, protocol } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { assert } from '../../base/index.ts';
import type { ServerError } from './sql-error.ts';
import type { Text } from './values.ts';

/** Where and how; structured-cloned. */
export interface WorkerOptions {
  readonly folder: string;
  /** Whether a commit waits for the disk. Without it a crash of the machine may lose the last ones. */
  readonly isDurable: boolean;
}

/** A statement; without values it may be several. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly Text[];
}

/** To the thread. */
export type Request = Statement | 'close';

/** Rows as they came, with their columns. */
export interface RawRows {
  readonly columns: readonly { readonly name: string; readonly typeId: number }[];
  readonly rows: readonly (readonly Text[])[];
}

/** From the thread: `started` first, then one for each statement, and `closed`. */
export type Reply = 'started' | 'closed' | RawRows | { readonly error: ServerError };

/** Statements that stay parsed; their texts are constants of the program. */
const MOST_PREPARED = 300;

/**
 * A small machine's share: the tables are small, and the system caches files beneath. `-F`, which
 * PGlite passes by default, would turn fsync off.
 */
const SETTINGS = [
  ...['shared_buffers=8MB', 'max_connections=4', 'max_wal_size=32MB', 'min_wal_size=4MB'],
  // The only way to wait for the disk that comes through PGlite's file system.
  'wal_sync_method=fsync',
];

const { serialize } = protocol;

/** Hands fsync to the system, which PGlite's own file system leaves out. */
class DurableFS extends NodeFS {
  override async init(
    pg: PGlite,
    options: Parameters<NodeFS['init']>[1],
  ): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const preRun = [
      ...[emscriptenOpts.preRun ?? []].flat(),
      // biome-ignore lint/suspicious/noExplicitAny: the module's own file system has no types
      (module: any) => {
        module.NODEFS.stream_ops.fsync = ({ nfd }: { readonly nfd: number }) => fsyncSync(nfd);
      },
    ];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

class Session {
  readonly #engine: PGlite;
  readonly #prepared = new Map<string, string>();
  #names = 0;

  constructor(engine: PGlite) {
    this.#engine = engine;
  }

  async run({ text, values }: Statement): Promise<RawRows> {
    if (values === undefined) return this.#exchange([serialize.query(text)]);
    const known = this.#prepared.get(text);
    if (known !== undefined) return this.#exchange(execution(known, values));
    if (this.#prepared.size >= MOST_PREPARED) await this.#forgetPrepared();
    this.#names += 1;
    const name = `s${this.#names}`;
    try {
      const parse = serialize.parse({ name, text });
      const rows = await this.#exchange([parse, ...execution(name, values)]);
      this.#prepared.set(text, name);
      return rows;
    } catch (error) {
      // It may have been parsed, and failed afterwards.
      await this.#exchange([serialize.close({ type: 'S', name }), serialize.sync()]);
      throw error;
    }
  }

  async #forgetPrepared(): Promise<void> {
    const names = [...this.#prepared.values()];
    this.#prepared.clear();
    const closes = names.map((name) => serialize.close({ type: 'S', name }));
    await this.#exchange([...closes, serialize.sync()]);
  }

  async #exchange(parts: readonly Uint8Array[]): Promise<RawRows> {
    const replies = await this.#engine.execProtocolStream(Buffer.concat(parts), {
      syncToFs: false,
    });
    // PGlite swallows what goes wrong beneath PostgreSQL; it shows by the missing end.
    assert(
      replies.some(({ name }) => name === 'readyForQuery'),
      'Cannot go on: PostgreSQL has stopped',
    );
    return collectRows(replies);
  }
}

function execution(statement: string, values: readonly Text[]): Uint8Array[] {
  return [
    serialize.bind({ statement, values: [...values] }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
    serialize.sync(),
  ];
}

function collectRows(replies: readonly messages.BackendMessage[]): RawRows {
  let columns: RawRows['columns'] = [];
  let rows: Text[][] = [];
  for (const reply of replies) {
    if (reply instanceof messages.RowDescriptionMessage) {
      columns = reply.fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID }));
      rows = [];
    } else if (reply instanceof messages.DataRowMessage) {
      rows.push(reply.fields);
    }
  }
  return { columns, rows };
}

function toServerError({ code, message, constraint }: messages.DatabaseError): ServerError {
  return { code: code ?? '', message, constraint };
}

async function serve({ folder, isDurable }: WorkerOptions): Promise<void> {
  const engine = await PGlite.create({
    fs: new DurableFS(folder),
    // Files of the log a sixteenth of the usual size: a fresh folder takes less room and time.
    initDbStartParams: ['--wal-segsize=1'],
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...[...SETTINGS, `fsync=${isDurable ? 'on' : 'off'}`].flatMap((each) => ['-c', each]),
    ],
  });
  const session = new Session(engine);
  const port = parentPort;
  assert(port !== null, 'Cannot serve: this is no worker');
  port.on('message', async (request: Request) => {
    port.postMessage(await answer(engine, session, request));
    if (request === 'close') port.close();
  });
  port.postMessage('started' satisfies Reply);
}

async function answer(engine: PGlite, session: Session, request: Request): Promise<Reply> {
  if (request === 'close') {
    await engine.close();
    return 'closed';
  }
  try {
    return await session.run(request);
  } catch (error) {
    if (error instanceof messages.DatabaseError) return { error: toServerError(error) };
    throw error;
  }
}

await serve(workerData);
