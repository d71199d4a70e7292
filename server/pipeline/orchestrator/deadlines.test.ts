import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, type LogFields, ManualClock, silentLog } from '../../base/index.ts';
import { Deadlines } from './deadlines.ts';
import { OrchestratedStream } from './orchestrated-stream.ts';

test('a fault at one deadline is logged and costs the others nothing', () => {
  const clock = new ManualClock();
  const faults: LogFields[] = [];
  const log: Log = { ...silentLog, error: (fields) => faults.push(fields) };
  const stream = new OrchestratedStream('s', { windowSize: 6 });
  const error = new Error('broken');
  const served: string[] = [];
  const deadlines = new Deadlines({
    clock,
    log,
    due: ({ rendition, sequencer }, nowMs) => {
      if (rendition.name === 'bad') throw error;
      served.push(rendition.name);
      sequencer.tick(nowMs);
    },
  });
  for (const [name, atMs] of [
    ['bad', 0],
    ['good', 0],
    ['later', 100],
  ] as const) {
    const rendition = stream.rendition(name);
    for (const sequence of [1, 3]) {
      const segment = { sequence, duration: 2, path: `${sequence}.ts` };
      rendition.sequencer.register(segment, atMs);
    }
    deadlines.watch(rendition);
  }
  clock.advance(6000);
  assert.deepEqual(served, ['good']);
  assert.deepEqual(faults, [{ error, streamId: 's', rendition: 'bad' }]);
  clock.advance(100);
  assert.deepEqual(served, ['good', 'later']);
  clock.advance(100_000);
  assert.equal(faults.length, 1);
});
