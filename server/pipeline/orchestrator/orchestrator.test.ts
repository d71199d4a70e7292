import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import { writeMediaPlaylist } from '../../format/hls/index.ts';
import type { Registered } from '../../live/index.ts';
import {
  COMPACT_AFTER_BYTES,
  type Journal,
  JournalError,
  MemoryJournal,
} from '../../store/journal/index.ts';
import { MAX_RENDITIONS, OrchestratedStream, type StreamDefaults } from './orchestrated-stream.ts';
import { Orchestrator } from './orchestrator.ts';
import { MAX_STREAMS } from './stream-shelf.ts';

interface Fixture {
  readonly clock: ManualClock;
  readonly orchestrator: Orchestrator;
  readonly records: Uint8Array[];
}

async function make(
  records: Uint8Array[] = [],
  more: {
    journal?: Journal;
    log?: Log;
    evicted?: (id: string) => void;
    defaults?: StreamDefaults;
  } = {},
): Promise<Fixture> {
  const clock = new ManualClock();
  const orchestrator = new Orchestrator({
    clock,
    log: silentLog,
    journal: new MemoryJournal(records),
    defaults: { windowSize: 6 },
    ...more,
  });
  await orchestrator.recover();
  return { clock, orchestrator, records };
}

const segment = (sequence: number, more: object = {}) => ({
  sequence,
  duration: 2,
  path: `/s/${sequence}.ts`,
  ...more,
});

const part = (sequence: number, index: number, duration = 0.5) => ({
  sequence,
  part: index,
  duration,
  path: `/s/${sequence}.${index}.m4s`,
  independent: index === 0,
});

/** All playlists and views, as anybody can see them. */
function stateOf(orchestrator: Orchestrator): unknown {
  const playlists: Record<string, string> = {};
  const views = [...orchestrator.views()];
  for (const { id } of views) {
    for (const { name, timeline } of orchestrator.presentation(id)?.renditions.values() ?? []) {
      playlists[`${id}/${name}`] = writeMediaPlaylist(timeline.playlist([]));
    }
  }
  return { playlists, views: views.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

function codeOf(answer: object): unknown {
  return 'refused' in answer ? answer.refused : (answer as Registered).status;
}

describe('Orchestrator', () => {
  test('registerSegment() counts what it was answered', async () => {
    const { orchestrator } = await make();
    for (const body of [segment(1), segment(1), segment(1, { path: 'x' }), segment(5000)]) {
      await orchestrator.registerSegment('s', 'r', body);
    }
    orchestrator.served('s', 'r');
    await orchestrator.registerSegment('s', 'r', segment(0));
    await orchestrator.registerSegment('s', 'r', segment(2, { duration: 3 }));
    await orchestrator.end('s');
    await orchestrator.end('s');
    const { segmentsRegistered, duplicates, late, conflicts, refusals } = orchestrator.counters;
    assert.deepEqual([segmentsRegistered, duplicates, late, conflicts, refusals], [2, 1, 1, 1, 2]);
    const { targetRises, streamsEnded } = orchestrator.counters;
    assert.deepEqual([targetRises, streamsEnded, orchestrator.activeStreams], [1, 1, 0]);
  });

  test('publishes holes by one timer, each rendition at its own time', async () => {
    const { orchestrator, clock } = await make();
    await orchestrator.declareStream('b', { gapTimeoutMs: 1000 });
    for (const [stream, sequence] of [
      ['a', 1],
      ['a', 3],
      ['b', 1],
      ['b', 4],
    ] as const) {
      await orchestrator.registerSegment(stream, 'r', segment(sequence));
    }
    const gaps = (): number => orchestrator.counters.gapsPublished;
    clock.advance(999);
    assert.equal(gaps(), 0);
    clock.advance(1);
    assert.equal(gaps(), 2);
    clock.advance(4999);
    assert.equal(gaps(), 2);
    clock.advance(1);
    assert.equal(gaps(), 3);
    assert.equal(codeOf(await orchestrator.registerSegment('a', 'r', segment(2))), 'late');
  });

  test('recover() keeps the window that streams began with when the default is another', async () => {
    const { orchestrator, records } = await make([], { defaults: { windowSize: 4 } });
    await orchestrator.declareStream('declared', { windowSize: 5 });
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      await orchestrator.registerSegment('s', 'r', segment(sequence));
      await orchestrator.registerSegment('declared', 'r', segment(sequence));
    }
    const other = { defaults: { windowSize: 9 } };
    const replayed = await make(records, other);
    assert.deepEqual(stateOf(replayed.orchestrator), stateOf(orchestrator));
    await replayed.orchestrator.registerSegment('new', 'r', segment(1));
    const fresh = replayed.orchestrator.view('new');
    assert.ok('windowSize' in fresh);
    assert.equal(fresh.windowSize, 9);
  });

  test('a snapshot keeps the window that its stream began with', () => {
    const began = new OrchestratedStream('s', { windowSize: 4 });
    const context = { defaults: { windowSize: 9 }, nowMs: 0 };
    const restored = OrchestratedStream.from('s', began.snapshot(), context);
    assert.equal(restored.targets.windowSize, 4);
    const again = OrchestratedStream.from('s', restored.snapshot(), context);
    assert.equal(again.targets.windowSize, 4);
  });

  test('declareStream() tells players of independent segments, also after a restart', async () => {
    const { orchestrator, records } = await make();
    await orchestrator.declareRendition('s', 'r', { bandwidth: 1 });
    const told = (of: Orchestrator): unknown[] => {
      const view = of.view('s');
      const playlist = of.presentation('s')?.multivariant((name) => name);
      return ['independentSegments' in view && view.independentSegments, playlist].map((from) =>
        typeof from === 'object' ? from.independentSegments : from,
      );
    };
    assert.deepEqual(told(orchestrator), [false, false]);
    await orchestrator.declareStream('s', { independentSegments: true });
    await orchestrator.declareStream('s', { windowSize: 7 });
    assert.deepEqual(told(orchestrator), [true, true]);
    assert.deepEqual(told((await make(records)).orchestrator), [true, true]);
    const kept = new OrchestratedStream('s', { windowSize: 6 });
    kept.declare({ independentSegments: true });
    const context = { defaults: { windowSize: 6 }, nowMs: 0 };
    const restored = OrchestratedStream.from('s', kept.snapshot(), context);
    assert.equal(restored.presentation.independentSegments, true);
    await orchestrator.declareStream('s', { independentSegments: false });
    assert.deepEqual(told(orchestrator), [false, false]);
  });

  test('declareStream() takes a changed gap timeout at once', async () => {
    const { orchestrator, clock } = await make();
    await orchestrator.declareStream('s', { gapTimeoutMs: 0 });
    await orchestrator.registerSegment('s', 'r', segment(1));
    await orchestrator.registerSegment('s', 'r', segment(3));
    clock.advance(1e9);
    assert.equal(orchestrator.counters.gapsPublished, 0);
    await orchestrator.declareStream('s', { gapTimeoutMs: 1000 });
    clock.advance(1);
    assert.equal(orchestrator.counters.gapsPublished, 1);
  });

  test('declareStream() fixes targets with the first registration', async () => {
    const { orchestrator } = await make();
    await orchestrator.declareRendition('s', 'r', {});
    await orchestrator.declareStream('s', { targetDuration: 4 });
    await orchestrator.declareStream('s', { targetDuration: 2, partTarget: 0.5 });
    await orchestrator.registerPart('s', 'r', part(1, 0));
    for (const [settings, expected] of [
      [{ targetDuration: 3 }, 'target_is_fixed'],
      [{ partTarget: 0.4 }, 'target_is_fixed'],
      [{ targetDuration: 2, partTarget: 0.5, windowSize: 9 }, undefined],
    ] as const) {
      const answer = await orchestrator.declareStream('s', settings);
      assert.equal('refused' in answer ? answer.refused : undefined, expected);
    }
  });

  test('bounds renditions and streams, and forgets the stream that ended first', async () => {
    const evicted: string[] = [];
    const { orchestrator, records } = await make([], { evicted: (id) => evicted.push(id) });
    for (let index = 0; index <= MAX_RENDITIONS; index += 1) {
      const answer = await orchestrator.declareRendition('0', `${index}`, {});
      const refused = 'refused' in answer ? answer.refused : undefined;
      assert.equal(refused, index < MAX_RENDITIONS ? undefined : 'too_many_renditions');
    }
    for (let index = 0; index < MAX_STREAMS; index += 1) {
      await orchestrator.registerSegment(`${index}`, '1', segment(1));
    }
    const full = await orchestrator.registerSegment('one more', '1', segment(1));
    assert.equal(codeOf(full), 'too_many_streams');
    await orchestrator.end('7');
    await orchestrator.end('3');
    for (const id of ['new', 'newer']) {
      assert.equal(codeOf(await orchestrator.registerSegment(id, '1', segment(1))), 'created');
    }
    assert.deepEqual(evicted, ['7', '3']);
    const again = await make(records);
    assert.deepEqual(stateOf(again.orchestrator), stateOf(orchestrator));
    assert.equal(again.orchestrator.presentation('7'), undefined);
  });

  test('refuses before recover() and after close()', async () => {
    const { orchestrator } = await make();
    await orchestrator.close();
    await orchestrator.close();
    assert.equal(codeOf(await orchestrator.registerSegment('s', 'r', segment(1))), 'shutting_down');
  });
});

/** A journal whose disk can be full. */
class FullDisk extends MemoryJournal {
  full = false;
  kept = 0;
  #appended = 0;

  override append(record: Uint8Array): void {
    super.append(record);
    this.#appended += 1;
  }

  override async flush(): Promise<void> {
    if (this.full) throw new JournalError('Cannot write journal', { cause: new Error('ENOSPC') });
    this.kept = this.#appended;
  }
}

describe('a journal that cannot be written', () => {
  test('acknowledges nothing until it is kept, repeats included, and tells the log once', async () => {
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (_, message) => errors.push(message) };
    const journal = new FullDisk();
    const { orchestrator } = await make([], { journal, log });
    journal.full = true;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await orchestrator.registerSegment('s', 'r', segment(1));
      assert.equal(codeOf(answer), 'journal_write_failed');
    }
    assert.equal(orchestrator.counters.journalFailures, 3);
    assert.deepEqual(errors, ['journal cannot be written']);
    journal.full = false;
    const answer = await orchestrator.registerSegment('s', 'r', segment(1));
    assert.equal(codeOf(answer), 'duplicate');
    assert.equal(
      journal.kept,
      2,
      'the duplicate is acknowledged since stream and segment are kept',
    );
  });
});

type Step =
  | { readonly kind: 'segment'; readonly stream: string; sequence: number; odd: boolean }
  | { readonly kind: 'part'; readonly stream: string; readonly sequence: number; part: number }
  | { readonly kind: 'served'; readonly stream: string }
  | { readonly kind: 'end'; readonly stream: string }
  | { readonly kind: 'wait'; readonly ms: number };

const stream = fc.constantFrom('a', 'b');
const sequence = fc.integer({ min: 0, max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('segment' as const),
      stream,
      sequence,
      odd: fc.boolean(),
    }),
  },
  {
    weight: 15,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      stream,
      sequence,
      part: fc.nat({ max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('served' as const), stream }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(9000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), stream }) },
);

async function take({ orchestrator, clock }: Fixture, step: Step): Promise<void> {
  if (step.kind === 'wait') clock.advance(step.ms);
  else if (step.kind === 'end') await orchestrator.end(step.stream);
  else if (step.kind === 'served') orchestrator.served(step.stream, 'r');
  else if (step.kind === 'part') {
    await orchestrator.registerPart(step.stream, 'r', part(step.sequence, step.part));
  } else {
    const more = { discontinuity: step.odd, duration: step.odd ? 3.3 : 2 };
    await orchestrator.registerSegment(step.stream, 'r', segment(step.sequence, more));
  }
}

describe('recover()', () => {
  test('recover() goes on where any history stopped', async () => {
    const steps = fc.array(step, { maxLength: 80, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const first = await make();
        for (const step of before) await take(first, step);
        const second = await make([...first.records]);
        assert.deepEqual(stateOf(second.orchestrator), stateOf(first.orchestrator));
        // Waiting starts anew with a restart, so that only what does not wait can be compared.
        for (const step of after.filter(({ kind }) => kind !== 'wait')) {
          await take(first, step);
          await take(second, step);
        }
        assert.deepEqual(stateOf(second.orchestrator), stateOf(first.orchestrator));
      }),
      { numRuns: 60 },
    );
  });

  test('recover() finds the same after a compaction in the middle of a history', async () => {
    const steps = fc.array(step, { maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const records: Uint8Array[] = [];
        const journal = new Eager(records);
        const first = await make(records, { journal });
        for (const step of before) await take(first, step);
        journal.eager = true;
        for (const step of after) await take(first, step);
        await first.orchestrator.close();
        const second = await make(records);
        assert.deepEqual(stateOf(second.orchestrator), stateOf(first.orchestrator));
      }),
      { numRuns: 60 },
    );
  });

  test('recover() skips a record that it cannot take up, and says so', async () => {
    const { orchestrator, records } = await make();
    await orchestrator.registerSegment('s', 'r', segment(1));
    records.push(Buffer.from('{"kind":'));
    await orchestrator.registerSegment('s', 'r', segment(2));
    const lines: unknown[] = [];
    const log: Log = { ...silentLog, info: (fields) => lines.push(fields) };
    const again = await make(records, { log });
    assert.deepEqual(stateOf(again.orchestrator), stateOf(orchestrator));
    assert.equal((lines.at(-1) as { skipped: number }).skipped, 1);
  });

  test('a journal is compacted when it has grown, and stays small', async () => {
    const { orchestrator, records } = await make();
    const path = `/${'x'.repeat(2000)}`;
    const size = (): number => records.reduce((sum, { length }) => sum + length, 0);
    let largest = 0;
    for (let sequence = 0; sequence < 10_000; sequence += 1) {
      await orchestrator.registerSegment('s', 'r', segment(sequence, { path }));
      if (sequence === 0) orchestrator.served('s', 'r');
      if (sequence % 100 === 0) largest = Math.max(largest, size());
    }
    assert.ok(largest < 1.1 * COMPACT_AFTER_BYTES, `${largest} bytes`);
    const again = await make(records);
    assert.deepEqual(stateOf(again.orchestrator), stateOf(orchestrator));
  });
});

/** A journal that wants to be compacted all the time. */
class Eager extends MemoryJournal {
  eager = false;
  #compacting = false;

  override get wantsCompaction(): boolean {
    return this.eager && !this.#compacting;
  }

  override beginCompaction(): void {
    super.beginCompaction();
    this.#compacting = true;
  }

  override async endCompaction(): Promise<void> {
    await super.endCompaction();
    this.#compacting = false;
  }
}
