/** SIGHUP means two things: read the settings anew, or that the terminal has been closed. */
import { closeSync, openSync } from 'node:fs';

const TERMINAL = '/dev/tty';

/** Calls `reload` at each SIGHUP, but ends the process as SIGTERM does when its terminal has gone. */
export function onHangUp(reload: () => void): void {
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) process.kill(process.pid, 'SIGTERM');
    else reload();
  });
}

/** Whether a terminal controls this process; one that was closed no longer does. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync(TERMINAL, 'r'));
    return true;
  } catch {
    return false;
  }
}
