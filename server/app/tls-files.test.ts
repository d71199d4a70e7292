import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate, withOpenssl } from '../base/certificate.test-support.ts';
import { readTlsFiles, TlsFilesError } from './tls-files.ts';

/** A file with this text, in a folder that goes with the test. */
async function file(context: TestContext, name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** What readTlsFiles() says is wrong. */
async function complaint(paths: { readonly cert: string; readonly key: string }): Promise<string> {
  const error = await readTlsFiles(paths).catch((reason: unknown) => reason);
  assert.ok(error instanceof TlsFilesError);
  assert.ok(!error.message.includes('\n'));
  return error.message;
}

test('readTlsFiles() names the setting whose file cannot be read', async (context) => {
  const cert = await file(context, 'cert.pem', '');
  const nowhere = `${cert}.nowhere`;
  assert.equal(
    await complaint({ cert: nowhere, key: nowhere }),
    `TLS_CERT: ${nowhere} cannot be read (ENOENT)`,
  );
  const folder = dirname(cert);
  assert.equal(
    await complaint({ cert, key: folder }),
    `TLS_KEY: ${folder} cannot be read (EISDIR)`,
  );
});

test(
  'readTlsFiles() names the setting whose file is no PEM, without its text',
  withOpenssl,
  async (context) => {
    const { certPath, keyPath } = makeCertificate();
    const cert = await file(context, 'cert.pem', 'not a certificate');
    assert.match(
      await complaint({ cert, key: keyPath }),
      /^TLS_CERT: .*cert\.pem is no certificate in PEM/,
    );
    const key = await file(context, 'key.pem', 'not a key');
    const said = await complaint({ cert: certPath, key });
    assert.match(said, /^TLS_KEY: .*key\.pem is no private key in PEM/);
    assert.doesNotMatch(said, /not a key/);
  },
);

test('readTlsFiles() refuses a key that is another certificate’s', withOpenssl, async () => {
  const { certPath: cert, keyPath: own } = makeCertificate();
  const { keyPath: key } = makeCertificate();
  assert.match(await complaint({ cert, key }), /^TLS_KEY: .*key\.pem is not the key of TLS_CERT, /);
  assert.ok(await readTlsFiles({ cert, key: own }));
});
