/** One thing that the doctor looked at. */
export interface Check {
  /** Stable, for programs. */
  readonly name: string;
  /** `warn`: it works, but not as it should or not for long. */
  readonly outcome: 'ok' | 'warn' | 'fail';
  /** What was seen, with both values where something is compared. */
  readonly seen: string;
  /** How to mend it, in one sentence; null: nothing to mend. */
  readonly remedy: string | null;
}

/** All is well with `name`. */
export function ok(name: string, seen: string): Check {
  return { name, outcome: 'ok', seen, remedy: null };
}

/** Something that works as yet. */
export function warn(name: string, seen: string, remedy: string): Check {
  return { name, outcome: 'warn', seen, remedy };
}

/** Something that keeps the server from working as configured. */
export function fail(name: string, seen: string, remedy: string): Check {
  return { name, outcome: 'fail', seen, remedy };
}
