import type { Cancel, Clock } from '../../base/index.ts';
import { DatabaseUnavailableError, type Queryable } from './database.ts';

/** Runs a statement on the one connection that a transaction has. */
export type RunStatement = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly object[]>;

/** What a transaction may take at most; one that waits for something else holds others up. */
const TRANSACTION_LIMIT_MS = 10_000;

/**
 * Runs `work` between begin and commit. A statement that failed fails the whole, even where `work`
 * went on: PostgreSQL would answer its commit with a silent rollback.
 */
export async function runTransaction<T>(
  run: RunStatement,
  clock: Clock,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  await run('begin');
  const statements = new Turns(run);
  try {
    const result = await limit(work(statements), clock);
    await statements.finish();
    await run('commit');
    return result;
  } catch (error) {
    await statements.abandon();
    // What cannot be undone any more is undone by the server when it sees the connection end.
    await run('rollback').catch(() => {});
    throw error;
  }
}

/** One statement after the other, whatever order they are asked for in. */
class Turns implements Queryable {
  readonly #run: RunStatement;
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;

  constructor(run: RunStatement) {
    this.#run = run;
  }

  async query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]> {
    if (this.#isOver) throw new DatabaseUnavailableError('Cannot go on: the transaction is over');
    const answer = this.#last.then(() => this.#run(text, values));
    this.#last = answer.then(
      () => {},
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    return (await answer) as readonly Row[];
  }

  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async abandon(): Promise<void> {
    this.#isOver = true;
    await this.#last;
  }
}

function limit<T>(work: Promise<T>, clock: Clock): Promise<T> {
  let cancel: Cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(TRANSACTION_LIMIT_MS, () =>
      reject(new DatabaseUnavailableError('Cannot commit: the transaction took too long')),
    );
  });
  return Promise.race([work, late]).finally(cancel);
}
