/** What runs one SQL statement: a database, or a transaction of one. */
export interface Queryable {
  /**
   * Runs one statement of PostgreSQL's SQL with `$1`, `$2` … for `values`, and returns its rows.
   * Both twins give the same types: `timestamptz` a Date, `bigint` a number, `jsonb` its value,
   * `text[]` an array. Throws `DatabaseUnavailableError` and `UniqueViolationError`; any other
   * error is a fault of ours.
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A PostgreSQL database, in this process or elsewhere. */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: all of it is kept when the promise resolves, and would
   * survive a crash; none of it when `work` throws or one of its statements failed, caught or not.
   * `work` may touch the database through its argument only, and waits for nothing else: after
   * 10 s it is undone with a `DatabaseUnavailableError`.
   */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  /** Resolves when everything begun is done. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** The two ways to one database: what one is busy with does not delay the other. */
export interface Databases {
  /** For the control API and everything that may take its time. */
  readonly control: Database;
  /** For the question whether an encoder may publish, and for what is live: short statements only. */
  readonly admission: Database;
  close(): Promise<void>;
}

/** The database cannot be reached or does not answer in time. Nothing was changed, or it is not known. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
}

/** A row with the same key is there already. Nothing was changed. */
export class UniqueViolationError extends Error {
  override readonly name = 'UniqueViolationError';
  /** Name of the constraint or index. */
  readonly constraint: string;

  constructor(constraint: string, options?: ErrorOptions) {
    super(`Cannot keep row: ${constraint} has it already`, options);
    this.constraint = constraint;
  }
}
