/** The files of TLS_CERT and TLS_KEY, looked at before a server is made of them. */
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** A file for TLS cannot be used, said in words for whoever started the server. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/**
 * Reads the certificate chain and its key (PEM). Throws a `TlsFilesError` that names the setting
 * when a file cannot be read, is no PEM, or when the two do not belong together.
 */
export async function readTlsFiles(paths: {
  readonly cert: string;
  readonly key: string;
}): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  const cert = await read('TLS_CERT', paths.cert);
  const key = await read('TLS_KEY', paths.key);
  check({ cert }, `TLS_CERT: ${paths.cert} is no certificate in PEM that can be used`);
  check({ key }, `TLS_KEY: ${paths.key} is no private key in PEM that can be used`);
  check({ cert, key }, `TLS_KEY: ${paths.key} is not the key of TLS_CERT, ${paths.cert}`);
  return { cert, key };
}

async function read(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new TlsFilesError(`${setting}: ${path} cannot be read (${reasonOf(error)})`, {
      cause: error,
    });
  }
}

function check(parts: SecureContextOptions, problem: string): void {
  try {
    createSecureContext(parts);
  } catch (error) {
    throw new TlsFilesError(`${problem} (${reasonOf(error)})`, { cause: error });
  }
}

/** The system's code, such as ENOENT, or what OpenSSL says; neither quotes a file's content. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOfSystem = 'syscall' in error && 'code' in error;
  return isOfSystem ? String(error.code) : error.message;
}
