import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import type { Database } from '../../store/sql/index.ts';
import { Raids } from './raids.ts';

const ACTOR = { kind: 'operator', id: null, remoteAddress: null } as const;
const AUTHOR = { id: 'usr_mod', name: 'Mod', roles: [] } as const;

test('a raid that fails is over, and another one can be announced', async () => {
  const clock = new ManualClock();
  let isAway = false;
  const database = { transaction: async () => undefined };
  const raids = new Raids({
    ...{ clock, log: silentLog, randomBytes },
    database: database as unknown as Database,
    voice: {
      tell: async () => {
        if (isAway) throw new Error('away');
      },
      sayRaid: async () => {},
    },
    liveStream: (streamId) => ({ streamId, title: 'Title' }),
    viewers: async () => 1,
  });
  const announce = () => raids.announce('s', { targetId: 't', author: AUTHOR }, ACTOR);
  assert.ok('goesAt' in (await announce()));
  assert.ok('refused' in (await announce()));
  isAway = true;
  clock.advance(15_000);
  await new Promise((resolve) => setImmediate(resolve));
  isAway = false;
  assert.ok('goesAt' in (await announce()));
});
