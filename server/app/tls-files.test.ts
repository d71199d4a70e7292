import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTlsFiles, TlsFilesError } from './tls-files.ts';

/** Of a key that was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUJnXomrf4nQEK3KsC3acidXJE8uMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA2NDIwMFoYDzIxMjYxMDI4
MDY0MjAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ+8Zpd9zSBCVv0XBxL/YtVzEPpJKh390mCahICk1PEn7bHO/DiGmGt
auU0Ksu/Tn4Hw0SuKuOtGOew9uQocw0mo1MwUTAdBgNVHQ4EFgQUj9B3joy2ca4W
wh/v5d+FF9/gXdEwHwYDVR0jBBgwFoAUj9B3joy2ca4Wwh/v5d+FF9/gXdEwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiB+1HioTabO+NTWLgGWO/rr
p8nFrWc7gcY0uBmqYBTeFAIhANgq3BbWqar23P5HYkfsj/kBCfbpyt+1+c+Pg4ET
vFHv
-----END CERTIFICATE-----
`;

/** Paths of files with these texts, in a folder that goes with the test. */
async function files(context: TestContext, { cert = '', key = '' }) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  context.after(() => rm(folder, { recursive: true }));
  const paths = { folder, cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await writeFile(paths.cert, cert);
  await writeFile(paths.key, key);
  return paths;
}

/** What readTlsFiles() says is wrong. */
async function complaint(paths: { readonly cert: string; readonly key: string }): Promise<string> {
  const error = await readTlsFiles(paths).catch((reason: unknown) => reason);
  assert.ok(error instanceof TlsFilesError);
  assert.ok(!error.message.includes('\n'));
  return error.message;
}

function somePrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

test('readTlsFiles() names the setting whose file cannot be read', async (context) => {
  const { folder, cert, key } = await files(context, { cert: CERTIFICATE });
  const nowhere = join(folder, 'nowhere.pem');
  assert.equal(
    await complaint({ cert: nowhere, key }),
    `TLS_CERT: ${nowhere} cannot be read (ENOENT)`,
  );
  assert.equal(
    await complaint({ cert, key: folder }),
    `TLS_KEY: ${folder} cannot be read (EISDIR)`,
  );
});

test('readTlsFiles() names the setting whose file is no PEM, without its text', async (context) => {
  const key = somePrivateKey();
  const first = await files(context, { cert: 'not a certificate', key });
  assert.match(await complaint(first), /^TLS_CERT: .*cert\.pem is no certificate in PEM/);
  const second = await files(context, { cert: CERTIFICATE, key: 'not a key' });
  const said = await complaint(second);
  assert.match(said, /^TLS_KEY: .*key\.pem is no private key in PEM/);
  assert.doesNotMatch(said, /not a key/);
});

test('readTlsFiles() refuses a key that is another certificate’s', async (context) => {
  const paths = await files(context, { cert: CERTIFICATE, key: somePrivateKey() });
  assert.match(await complaint(paths), /^TLS_KEY: .*key\.pem is not the key of TLS_CERT, /);
});
