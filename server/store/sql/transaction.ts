import type { Cancel, Clock } from '../../base/index.ts';
import { DatabaseUnavailableError, type Queryable } from './database.ts';

/** Runs a statement on the one connection that a transaction has. */
export type RunStatement = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly object[]>;

/** What a transaction may take at most; one that waits for something else holds others up. */
export const TRANSACTION_LIMIT_MS = 10_000;

/** How long a transaction may take. */
export interface TransactionLimit {
  readonly clock: Clock;
  /** Undefined: as long as it does. */
  readonly limitMs: number | undefined;
}

/**
 * Runs `work` between begin and commit. A statement that failed fails the whole, even where `work`
 * went on: PostgreSQL would answer its commit with a silent rollback.
 */
export async function runTransaction<T>(
  run: RunStatement,
  work: (transaction: Queryable) => Promise<T>,
  { clock, limitMs }: TransactionLimit,
): Promise<T> {
  await run('begin');
  const statements = new Turns(run);
  try {
    const result = await limit(work(statements), { clock, limitMs });
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

function limit<T>(work: Promise<T>, { clock, limitMs }: TransactionLimit): Promise<T> {
  if (limitMs === undefined) return work;
  let cancel: Cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(limitMs, () =>
      reject(new DatabaseUnavailableError('Cannot commit: the transaction took too long')),
    );
  });
  return Promise.race([work, late]).finally(cancel);
}
