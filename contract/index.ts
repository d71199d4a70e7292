/** @module What server and web share. Imports nothing. */
export {
  ERROR_STATUS,
  type ErrorCode,
  type FieldProblem,
  type Problem,
  type Refusal,
} from './error-code.ts';
export type { CreatedStream, IngestView, StreamStatus, StreamView } from './stream.ts';
