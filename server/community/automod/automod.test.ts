import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { Automod } from './automod.ts';
import { DEFAULT_AUTOMOD } from './automod-store.ts';

test('Automod forgets the filters of the rooms that were used longest ago', async () => {
  const asked: string[] = [];
  const store = {
    load: async (streamId: string) => {
      asked.push(streamId);
      return DEFAULT_AUTOMOD;
    },
    save: async () => {},
  };
  const automod = new Automod(store, new ManualClock());
  const rooms = 5_001;
  for (let index = 0; index < rooms; index += 1) await automod.refresh(`s${index}`);
  await automod.settings(`s${rooms - 1}`);
  await automod.settings('s1');
  assert.equal(asked.length, rooms);
  await automod.settings('s0');
  assert.equal(asked.at(-1), 's0');
});
