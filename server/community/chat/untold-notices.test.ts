import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomNotice } from './bus.ts';
import { DEFAULT_SETTINGS } from './chat-store.ts';
import { UntoldNotices } from './untold-notices.ts';

const frame = (count: number): RoomNotice => {
  return { type: 'frame', to: 'everybody', frame: { type: 'viewers', count } };
};

test('take() says once that something is to be read anew, and repeats the latest of the rest', () => {
  const untold = new UntoldNotices();
  assert.deepEqual(untold.take(), []);
  untold.add({ type: 'settings', settings: DEFAULT_SETTINGS });
  untold.add(frame(0));
  untold.add({
    type: 'standing',
    authorId: 'a',
    standing: { roles: [], bar: null, followedAtMs: null },
  });
  untold.add({ type: 'frame', to: 'everybody', frame: { type: 'pinned', message: null } });
  assert.deepEqual(untold.take(), [{ type: 'reread' }, frame(0)]);
  assert.deepEqual(untold.take(), []);
  untold.add({ type: 'reread' });
  for (let count = 0; count < 150; count += 1) untold.add(frame(count));
  assert.deepEqual(untold.take(), [
    { type: 'reread' },
    ...Array.from({ length: 100 }, (_, index) => frame(50 + index)),
  ]);
});
