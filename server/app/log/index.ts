/** @module The server's log: lines of JSON or text, without secrets, that never hold anything up. */
export { createLog, type ServerLog } from './log.ts';
export { redact } from './log-redactor.ts';
