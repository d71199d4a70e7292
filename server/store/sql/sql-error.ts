/** What PostgreSQL's error codes mean to us (its documentation, Appendix A). */
import { DatabaseUnavailableError, UniqueViolationError } from './database.ts';

const UNIQUE_VIOLATION = '23505';

/**
 * The server cannot do it now, and nothing is wrong with the statement: connections (08), who may
 * connect (28), no such database yet (3D), its resources (53), it stands by (25006), a deadlock or
 * conflict (40), a lock not given in time (55P03), it stops or took too long (57), its disk (58).
 */
const UNAVAILABLE = /^(08|28|3D|40|53|57|58)|^25006$|^25P03$|^55P03$/;

/** What both drivers say of an error that the server answered with. */
export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly constraint?: string | undefined;
}

/** An error as `Queryable` promises it; one that is a fault of ours stays as it is. */
export function toDatabaseError(error: ServerError, cause: unknown = error): unknown {
  const { code, message, constraint } = error;
  if (code === UNIQUE_VIOLATION) return new UniqueViolationError(constraint ?? '', { cause });
  if (UNAVAILABLE.test(code)) {
    return new DatabaseUnavailableError(`Cannot use database: ${message} (${code})`, { cause });
  }
  return cause;
}
