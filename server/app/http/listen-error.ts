import { systemCodeOf } from '../../base/index.ts';

/** The server cannot listen, said in words for whoever started it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly port: number;

  constructor(port: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.port = port;
  }
}

/** Turns what `listen` failed with into a sentence; an unexpected failure keeps its own. */
export function listenErrorOf(
  error: Error,
  at: { readonly host: string; readonly port: number; readonly setting?: string },
): ListenError {
  const { setting = 'PORT' } = at;
  const options = { cause: error };
  switch (systemCodeOf(error)) {
    case 'EADDRINUSE':
      return new ListenError(
        at.port,
        `port ${at.port} is in use: set ${setting} or stop the other program`,
        options,
      );
    case 'EACCES':
      return new ListenError(
        at.port,
        `port ${at.port} needs more rights than this user has: set ${setting} to 1024 or above`,
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(
        at.port,
        `host ${at.host} is no address of this machine: set HOST`,
        options,
      );
    default:
      return new ListenError(
        at.port,
        `port ${at.port} cannot be opened: ${error.message}`,
        options,
      );
  }
}
