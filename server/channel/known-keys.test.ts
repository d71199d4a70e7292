import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyAndStream } from './key-table.ts';
import { KnownKeys } from './known-keys.ts';

function seen(hash: string, streamId: string, title = 'Show'): KeyAndStream {
  const key = { hash } as KeyAndStream['key'];
  const stream = { id: streamId, title, description: '' } as KeyAndStream['stream'];
  return { key, stream, keysRefusedUntilMs: null };
}

test('KnownKeys.put() forgets the key that was used longest ago', () => {
  const known = new KnownKeys(2);
  for (const hash of ['a', 'b', 'a', 'c']) known.put(seen(hash, `of ${hash}`));
  assert.equal(known.size, 2);
  assert.equal(known.get('b'), undefined);
  assert.deepEqual(known.get('a'), seen('a', 'of a'));
});

test('KnownKeys.put() forgets more of those whose streams have much to say', () => {
  const known = new KnownKeys(10, 10_000);
  for (const hash of ['a', 'b', 'c']) known.put(seen(hash, `of ${hash}`));
  known.refresh({ ...seen('c', 'of c').stream, title: 'long'.repeat(1_000) });
  known.put(seen('d', 'of d', 'short'));
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((hash) => known.get(hash) !== undefined),
    [false, true, true, true],
  );
});

test('KnownKeys.refresh() and removeStream() reach all keys of a stream', () => {
  const known = new KnownKeys();
  for (const hash of ['a', 'b']) known.put(seen(hash, 's1'));
  known.put(seen('c', 's2'));
  known.refresh({ ...seen('a', 's1').stream, title: 'New' });
  assert.deepEqual(
    ['a', 'b', 'c'].map((hash) => known.get(hash)?.stream.title),
    ['New', 'New', 'Show'],
  );
  known.remove('a');
  known.removeStream('s1');
  known.removeStream('nobody');
  assert.deepEqual(
    ['a', 'b', 'c'].map((hash) => known.get(hash) === undefined),
    [true, true, false],
  );
});
