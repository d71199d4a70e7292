/** Why broadcasts end that nobody wanted to end: the words that are kept and told. */

/** The server was asked to stop, as for an update. */
export const SERVER_STOPPING = 'the server is stopping';
/** The server was killed, and tells at its next start. */
export const SERVER_STOPPED = 'the server was stopped';
/** The server is no more, and another one tells. */
export const SERVER_GONE = 'the server that carried it is gone';
/** A fault of the server's own. */
export const SERVER_FAILED = 'the server failed';

const CUT_OFF: readonly (string | null | undefined)[] = [
  ...[SERVER_STOPPING, SERVER_STOPPED, SERVER_GONE, SERVER_FAILED],
];

/** Whether a broadcast that ended for this reason was cut off by the server that carried it. */
export function isCutOff(reason: string | null | undefined): boolean {
  return CUT_OFF.includes(reason);
}
