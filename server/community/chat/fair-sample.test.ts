import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChatEntry } from '../../../contract/index.ts';
import { fairSample } from './fair-sample.ts';
import { message } from './room.test-support.ts';

const author = (id: string, roles: readonly 'moderator'[] = []) => ({ id, name: id, roles });

test('fairSample() gives everybody a word before anybody has two', () => {
  const flood = Array.from({ length: 90 }, (_, index) =>
    message(index + 1, { author: author('loud') }),
  );
  const few = [91, 92, 93].map((seq) => message(seq, { author: author(`quiet ${seq}`) }));
  const chosen = fairSample([...flood, ...few], 5, () => 0.5);
  assert.equal(chosen.size, 5);
  for (const { seq } of few) assert.ok(chosen.has(seq));
});

test('fairSample() never leaves out what must be shown, and fills its budget', () => {
  const entry = fc.record({
    kind: fc.constantFrom('plain', 'moderator', 'paid', 'removal'),
    by: fc.nat(5),
  });
  fc.assert(
    fc.property(
      fc.array(entry),
      fc.nat(30),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (list, budget, chance) => {
        const entries = list.map(({ kind, by }, index): ChatEntry => {
          const seq = index + 1;
          if (kind === 'removal') return { type: 'removal', seq, ids: [] };
          if (kind === 'paid') return message(seq, { isPaid: true });
          return message(seq, {
            author: author(`a${by}`, kind === 'moderator' ? ['moderator'] : []),
          });
        });
        const chosen = fairSample(entries, budget, () => chance);
        const exempt = list.filter(({ kind }) => kind !== 'plain').length;
        for (const [index, { kind }] of list.entries()) {
          if (kind !== 'plain') assert.ok(chosen.has(index + 1));
        }
        assert.equal(chosen.size, Math.max(exempt, Math.min(list.length, budget)));
      },
    ),
  );
});
