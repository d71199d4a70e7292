import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPepper, PepperError } from './pepper.ts';

const root = await mkdtemp(join(tmpdir(), 'pepper-'));
after(() => rm(root, { recursive: true, force: true }));

let folders = 0;
const source = (hasKeys = false) => ({
  folder: join(root, `${++folders}`),
  hasKeys,
  randomBytes,
});

test('loadPepper() makes 32 random bytes once, readable by their owner alone', async () => {
  const first = source();
  const pepper = await loadPepper(first);
  assert.equal(pepper.length, 32);
  const path = join(first.folder, 'stream-key.pepper');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(first.folder), ['stream-key.pepper']);
  assert.deepEqual(Buffer.from(await loadPepper({ ...first, hasKeys: true })), pepper);
  assert.notDeepEqual(await loadPepper(source()), pepper);
});

test('loadPepper() takes the rights of others away', async () => {
  const one = source();
  await loadPepper(one);
  const path = join(one.folder, 'stream-key.pepper');
  await chmod(path, 0o644);
  await loadPepper(one);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('loadPepper() does not make a pepper up when keys depend on a lost one', async () => {
  const one = source(true);
  await assert.rejects(loadPepper(one), (error: unknown) => {
    assert.ok(error instanceof PepperError);
    assert.ok(error.message.includes(join(one.folder, 'stream-key.pepper')));
    return true;
  });
});

test('loadPepper() refuses a damaged pepper and does not show it', async () => {
  const one = source();
  await loadPepper(one);
  await writeFile(join(one.folder, 'stream-key.pepper'), 'c0ffee');
  await assert.rejects(loadPepper(one), (error: unknown) => {
    assert.ok(error instanceof PepperError);
    assert.ok(!error.message.includes('c0ffee'));
    return true;
  });
});
