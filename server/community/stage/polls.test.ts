import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ChatPoll } from '../../../contract/index.ts';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import type { PollStore } from './poll-store.ts';
import { Polls } from './polls.ts';

const ACTOR = { kind: 'operator', id: null, remoteAddress: null } as const;

test('Polls say once that they cannot be counted, and count when they can', async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (_, message) => lines.push(message) };
  let isAway = true;
  const closed: string[] = [];
  const store = {
    open: async () => {},
    vote: async () => {
      if (isAway) throw new Error('away');
      return [1, 0];
    },
    close: async (id: string): Promise<ChatPoll | undefined> => {
      if (isAway) throw new Error('away');
      closed.push(id);
      return undefined;
    },
  } satisfies Partial<PollStore>;
  const polls: Polls = new Polls({
    ...{ store: store as unknown as PollStore, clock, log, randomBytes },
    voice: {
      tell: async (streamId, frame) => {
        if (frame.type === 'poll') polls.heard(streamId, frame.poll);
      },
      sayRaid: async () => {},
    },
  });
  const draft = { question: 'Which?', choices: ['this', 'that'], durationS: 30 };
  for (const streamId of ['s', 't', 'u']) {
    await polls.open(streamId, draft, ACTOR);
    assert.equal(polls.vote(streamId, 'usr_anna', 0), undefined);
  }
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await seconds(60);
  assert.deepEqual(lines, ['polls cannot be counted']);
  isAway = false;
  await seconds(4);
  assert.equal(closed.length, 3);
});
