import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import type { PostOutcome } from './post.ts';
import { PostMemory, REMEMBERED_MS } from './post-memory.ts';
import { message } from './room.test-support.ts';

const kept = async () => true;
const never = async (): Promise<PostOutcome> => assert.fail('it was said before');

test('saw() remembers a post for ten minutes', async () => {
  const clock = new ManualClock();
  const memory = new PostMemory(clock);
  for (let seq = 1; seq <= 1_000; seq += 1) {
    memory.saw(message(seq), `n${seq}`, kept);
    clock.advance(REMEMBERED_MS / 100);
  }
  assert.ok(memory.size <= 101, `${memory.size} are remembered`);
  const last = message(1_000);
  const outcome = await memory.once(last.author.id, 'n1000', never);
  assert.ok('message' in outcome && outcome.message.id === last.id);
  const again = { commanded: 'again' };
  assert.equal(await memory.once(message(1).author.id, 'n1', async () => again), again);
});
