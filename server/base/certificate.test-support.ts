/** Certificates for tests; the one place where they are made. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENSSL = process.env.OPENSSL_PATH || 'openssl';
const isThere = spawnSync(OPENSSL, ['version']).status === 0;

/** Options of a test that makes certificates: under CI=true a missing `openssl` is an error. */
export const withOpenssl: { readonly skip: false | string } = {
  skip: isThere || process.env.CI === 'true' ? false : 'openssl is missing',
};

/** A certificate and its key, in PEM. */
export interface CertificatePair {
  readonly certPath: string;
  readonly keyPath: string;
  /** What is in the files. */
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * A certificate for `host` and this machine that signs itself. Its files are removed when the test
 * file has run to its end. Needs `openssl`.
 */
export function makeCertificate({ host = 'localhost', days = 1 } = {}): CertificatePair {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-certificate-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`];
  const files = ['-keyout', keyPath, '-out', certPath, '-days', String(days)];
  execFileSync(OPENSSL, ['req', '-x509', ...kind, ...names, ...files], { stdio: 'ignore' });
  return { certPath, keyPath, cert: readFileSync(certPath), key: readFileSync(keyPath) };
}
