/** SIGHUP means two things: read the settings anew, or that the terminal has been closed. */
import { closeSync, openSync } from 'node:fs';

const TERMINAL = '/dev/tty';

/**
 * Calls `reload` at each SIGHUP, but lets it end the process at once when its terminal has gone: the
 * log's last lines could not be written any more, and to wait for that would take for ever.
 */
export function onHangUp(reload: () => void): void {
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (!hadTerminal || hasTerminal()) return reload();
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
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
