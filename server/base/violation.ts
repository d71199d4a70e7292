/**
 * A peer broke a protocol. Thrown where it is seen; whoever owns the session ends that session
 * alone. Callers match `code`, never the text.
 */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Stable lower-case identifier, such as `rtmp_chunk_too_large`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
