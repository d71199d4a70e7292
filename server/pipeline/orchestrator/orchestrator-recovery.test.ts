import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Log, silentLog } from '../../base/index.ts';
import { COMPACT_AFTER_BYTES, MemoryJournal } from '../../store/journal/index.ts';
import { codeOf, type Fixture, make, part, segment, stateOf } from './orchestrator.test-support.ts';

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

  test('recover() knows a start that settled because it was old', async () => {
    const first = await make();
    const take = ({ orchestrator }: Fixture, sequence: number) =>
      orchestrator.registerSegment('s', 'r', segment(sequence));
    for (const sequence of [10, 11, 12, 13, 14, 15]) await take(first, sequence);
    first.clock.advance(60_000);
    await take(first, 16);
    const second = await make([...first.records]);
    for (const each of [first, second]) assert.equal(codeOf(await take(each, 9)), 'late');
    assert.deepEqual(stateOf(second.orchestrator), stateOf(first.orchestrator));
  });

  test('a segment says how it begins also to parts that are listed before it came', async () => {
    const { orchestrator, records } = await make();
    await orchestrator.registerSegment('s', 'r', segment(1));
    await orchestrator.registerPart('s', 'r', part(2, 0));
    await orchestrator.registerSegment('s', 'r', segment(2, { discontinuity: true }));
    const state = stateOf(orchestrator);
    assert.match(JSON.stringify(state), /#EXT-X-DISCONTINUITY\\n#EXT-X-PART/);
    assert.deepEqual(stateOf((await make([...records])).orchestrator), state);
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
