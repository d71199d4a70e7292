/** A fault of ours, never of a peer: it ends the broadcast or request it happened in and is counted. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** Throws a `Fault` with `message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Fault(message);
}
