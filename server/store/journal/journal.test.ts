import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DiskJournal } from './disk-journal.ts';
import { COMPACT_AFTER_BYTES, type Journal, MAX_RECORD_BYTES } from './journal.ts';
import { MemoryJournal } from './memory-journal.ts';

/** A place for a journal that outlives it. */
interface Place {
  open(): Journal;
  [Symbol.asyncDispose](): Promise<void>;
}

const TWINS: Readonly<Record<string, () => Promise<Place>>> = {
  MemoryJournal: async () => {
    const records: Uint8Array[] = [];
    return { open: () => new MemoryJournal(records), [Symbol.asyncDispose]: async () => {} };
  },
  DiskJournal: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-journal-'));
    return {
      open: () => new DiskJournal({ folder: join(folder, 'deep') }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  },
  'DiskJournal, synced': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-journal-'));
    return {
      open: () => new DiskJournal({ folder, durability: 'synced' }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  },
};

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function recovered(journal: Journal): Promise<string[]> {
  const texts: string[] = [];
  await journal.recover((record) => texts.push(Buffer.from(record).toString()));
  return texts;
}

for (const [name, makePlace] of Object.entries(TWINS)) {
  describe(name, () => {
    test('recover() of a new journal finds nothing', async () => {
      await using place = await makePlace();
      const journal = place.open();
      const recovery = await journal.recover(() => assert.fail('there is a record'));
      assert.deepEqual(recovery, {
        records: 0,
        sizeBytes: 0,
        tornBytes: 0,
        corruption: undefined,
      });
      await journal.close();
    });

    test('recover() hands on what was appended, in order, over many runs', async () => {
      await using place = await makePlace();
      const all: string[] = [];
      for (let run = 0; run < 4; run += 1) {
        const journal = place.open();
        assert.deepEqual(await recovered(journal), all);
        for (let index = 0; index < 50; index += 1) {
          const text = `${run}.${index} ${'ä'.repeat(index)}`;
          journal.append(bytes(text));
          all.push(text);
          if (index % 7 === 0) await journal.flush();
        }
        await journal.close();
      }
    });

    test('append() keeps empty and large records', async () => {
      await using place = await makePlace();
      const journal = place.open();
      await journal.recover(() => {});
      const large = 'x'.repeat(3_000_000);
      for (const text of ['', large, '']) journal.append(bytes(text));
      await journal.close();
      const again = place.open();
      assert.deepEqual(await recovered(again), ['', large, '']);
      await again.close();
    });

    test('append() refuses a record above the largest size', async () => {
      await using place = await makePlace();
      const journal = place.open();
      await journal.recover(() => {});
      const huge = new Uint8Array(MAX_RECORD_BYTES + 1);
      assert.throws(() => journal.append(huge), /largest size/);
      await journal.close();
    });

    test('flush() of many writers at once keeps all of them', async () => {
      await using place = await makePlace();
      const journal = place.open();
      await journal.recover(() => {});
      const writers = Array.from({ length: 200 }, async (_, writer) => {
        for (let index = 0; index < 5; index += 1) {
          journal.append(bytes(`${writer}.${index}`));
          await journal.flush();
        }
      });
      await Promise.all(writers);
      await journal.close();
      const again = place.open();
      assert.equal(new Set(await recovered(again)).size, 1000);
      await again.close();
    });

    test('endCompaction() drops what came before beginCompaction(), and nothing else', async () => {
      await using place = await makePlace();
      const journal = place.open();
      await journal.recover(() => {});
      assert.equal(journal.wantsCompaction, false);
      const block = 'a'.repeat(COMPACT_AFTER_BYTES / 4);
      for (let index = 0; index < 5; index += 1) journal.append(bytes(block));
      await journal.flush();
      assert.equal(journal.wantsCompaction, true);
      journal.beginCompaction();
      assert.equal(journal.wantsCompaction, false);
      journal.append(bytes('snapshot'));
      await journal.flush();
      journal.append(bytes('after'));
      await journal.endCompaction();
      assert.equal(journal.wantsCompaction, false);
      journal.append(bytes('last'));
      await journal.close();
      const again = place.open();
      assert.deepEqual(await recovered(again), ['snapshot', 'after', 'last']);
      await again.close();
    });

    test('beginCompaction() that never ends loses nothing', async () => {
      await using place = await makePlace();
      const journal = place.open();
      await journal.recover(() => {});
      journal.append(bytes('before'));
      journal.beginCompaction();
      journal.append(bytes('snapshot'));
      await journal.close();
      const again = place.open();
      assert.deepEqual(await recovered(again), ['before', 'snapshot']);
      await again.close();
    });

    test('append() before recover() and after close() is a fault', async () => {
      await using place = await makePlace();
      const journal = place.open();
      assert.throws(() => journal.append(bytes('x')), { name: 'Fault' });
      await journal.recover(() => {});
      await journal.close();
      assert.throws(() => journal.append(bytes('x')), { name: 'Fault' });
    });
  });
}
