import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { MemoryJournal } from '../../store/journal/index.ts';
import { Orchestrator, SILENT_MS } from './orchestrator.ts';
import { MAX_STREAMS } from './stream-shelf.ts';

async function open(records: Uint8Array[], clock: ManualClock): Promise<Orchestrator> {
  const orchestrator = new Orchestrator({
    ...{ clock, log: silentLog, journal: new MemoryJournal(records) },
    defaults: { windowSize: 6 },
  });
  await orchestrator.recover();
  return orchestrator;
}

const segment = { sequence: 1, duration: 2, path: '/1.ts' };

test('registerSegment() ends the stream silent for longest where all are live and one is for a day', async () => {
  const clock = new ManualClock();
  const records: Uint8Array[] = [];
  const orchestrator = await open(records, clock);
  const feed = (id: string) => orchestrator.registerSegment(id, 'video', segment);
  const first = feed('abandoned');
  clock.advance(1_000);
  const others = Array.from({ length: MAX_STREAMS - 1 }, (_, index) => feed(`stream-${index}`));
  await Promise.all([first, ...others]);
  clock.advance(SILENT_MS - 2_000);
  const full = await feed('too-early');
  assert.equal('refused' in full && full.refused, 'too_many_streams');
  await feed('stream-0');
  clock.advance(1_000);
  const made = await feed('new');
  assert.equal('status' in made && made.status, 'created');
  assert.ok('refused' in orchestrator.view('abandoned'), 'it made room');
  assert.ok(!('refused' in orchestrator.view('stream-1')));
  assert.equal(orchestrator.activeStreams, MAX_STREAMS);
  await orchestrator.close();
  // A server that was away has heard of nobody: that is no silence of theirs.
  const again = await open(records, new ManualClock());
  assert.equal(again.activeStreams, MAX_STREAMS);
  assert.ok('refused' in again.view('abandoned'), 'and stays away');
  const refused = await again.registerSegment('newer', 'video', segment);
  assert.equal('refused' in refused && refused.refused, 'too_many_streams');
  await again.close();
});

test('views() goes through the streams in the order of their ids', async () => {
  const orchestrator = await open([], new ManualClock());
  for (const id of ['c', 'a', 'B', 'b']) await orchestrator.declareStream(id, {});
  const ids = (query: { after?: string; limit?: number }) =>
    orchestrator.views(query).map(({ id }) => id);
  assert.deepEqual(ids({}), ['B', 'a', 'b', 'c']);
  assert.deepEqual(ids({ limit: 2 }), ['B', 'a']);
  assert.deepEqual(ids({ after: 'a', limit: 2 }), ['b', 'c']);
  await orchestrator.end('b');
  assert.deepEqual(ids({ after: 'aa' }), ['b', 'c'], 'from where nothing is any more, too');
  await orchestrator.close();
});
