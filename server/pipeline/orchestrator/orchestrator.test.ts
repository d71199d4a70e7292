import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Log, silentLog } from '../../base/index.ts';
import { JournalError, MemoryJournal } from '../../store/journal/index.ts';
import { MAX_RENDITIONS, OrchestratedStream } from './orchestrated-stream.ts';
import { codeOf, make, part, segment, stateOf } from './orchestrator.test-support.ts';
import type { Orchestrator } from './orchestrator.ts';
import { MAX_STREAMS } from './stream-shelf.ts';

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
