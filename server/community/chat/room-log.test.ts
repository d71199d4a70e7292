import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logged, message } from './room.test-support.ts';
import { HOT_ENTRIES, MOST_ENTRIES, RESUME_MS, RoomLog } from './room-log.ts';

function filled(count: number, { lastSeq = 0, gapMs = 0 } = {}): RoomLog {
  const log = new RoomLog('e', lastSeq);
  for (let index = 1; index <= count; index += 1)
    log.append(logged(lastSeq + index, index * gapMs));
  return log;
}

const seqsOf = (list: readonly { readonly entry: { readonly seq: number } }[]) =>
  list.map(({ entry }) => entry.seq);

test('recent() gives the latest messages, without those removed', () => {
  const log = filled(4);
  const removal = { type: 'removal', seq: 5, ids: ['msg_3'] } as const;
  log.append({ ...logged(5, 0), entry: removal });
  assert.deepEqual(seqsOf(log.recent(2)), [2, 4]);
  assert.equal(log.lastSeq, 5);
});

test('recent() gives nothing from before a purge of its author, or before a clear', () => {
  const log = filled(4);
  const [authorId, authorName] = ['usr_2', 'User2'];
  const purge = { type: 'purge', seq: 5, authorId, authorName, durationS: null } as const;
  log.append({ ...logged(5, 0), entry: purge });
  log.append(logged(6, 0, 'e', message(6, { author: { id: authorId, name: '', roles: [] } })));
  assert.deepEqual(seqsOf(log.recent(9)), [1, 3, 4, 6]);
  log.append({ ...logged(7, 0), entry: { type: 'clear', seq: 7 } });
  log.append(logged(8, 0));
  assert.deepEqual(seqsOf(log.recent(9)), [8]);
});

test('authorNamed() knows ids and names, and takes nobody for whose id they call themselves', () => {
  const log = new RoomLog('e', 0);
  const guest = { id: 'guest_a', name: 'quiet-heron-42', roles: [] };
  const mimic = { id: 'usr_b', name: 'Guest_A', roles: [] };
  log.append(logged(1, 0, 'e', message(1, { author: guest })));
  log.append(logged(2, 0, 'e', message(2, { author: mimic })));
  assert.deepEqual(log.authorNamed('guest_a'), guest);
  assert.deepEqual(log.authorNamed('Quiet-Heron-42'), guest);
  assert.deepEqual(log.authorNamed('GUEST_A'), mimic);
  assert.equal(log.authorNamed('nobody'), undefined);
});

test('append() takes the next number only', () => {
  assert.throws(() => filled(2).append(logged(4, 0)), /Cannot append entry 4: 2 is the last/);
});

test('append() forgets what is old, but not the last 200', () => {
  const log = filled(2 * HOT_ENTRIES + 300, { gapMs: RESUME_MS });
  assert.ok(log.lastSeq - log.floorSeq >= HOT_ENTRIES);
  assert.ok(log.lastSeq - log.floorSeq < HOT_ENTRIES + 300);
  const storm = filled(MOST_ENTRIES + 2_000);
  assert.ok(storm.lastSeq - storm.floorSeq <= MOST_ENTRIES + 256);
});

test('resumable() says why what was missed cannot be told', () => {
  const log = filled(1_000, { lastSeq: 10, gapMs: RESUME_MS });
  assert.equal(log.resumable({ epoch: 'e', seq: 1_010 }), true);
  assert.equal(log.resumable({ epoch: 'e', seq: log.floorSeq }), true);
  assert.equal(log.resumable({ epoch: 'e', seq: log.floorSeq - 1 }), 'too_old');
  assert.equal(log.resumable({ epoch: 'e', seq: 1_011 }), 'not_yet');
  assert.equal(log.resumable({ epoch: 'other', seq: 1_010 }), 'other_epoch');
  assert.equal(log.resumable({ epoch: 'other', seq: 1_011 }), 'other_epoch');
});

test('resumable() knows a number that another run gave, if that is kept', () => {
  const log = new RoomLog('new', 6);
  log.append({ ...logged(7, 0), epoch: 'old' });
  log.append(logged(8, 0, 'new'));
  assert.equal(log.resumable({ epoch: 'old', seq: 7 }), true);
  assert.equal(log.resumable({ epoch: 'old', seq: 8 }), 'other_epoch', 'its 8 was lost');
  assert.equal(log.resumable({ epoch: 'old', seq: 6 }), 'other_epoch');
  assert.equal(log.resumable({ epoch: 'new', seq: 6 }), true);
});

test('behind() gives exactly what lies behind a position that is resumable', () => {
  fc.assert(
    fc.property(
      fc.nat(1_500),
      fc.nat(1_500),
      fc.nat(RESUME_MS / 100),
      fc.integer({ min: 1, max: 200 }),
      (count, at, gapMs, page) => {
        const log = filled(count, { gapMs });
        if (log.resumable({ epoch: 'e', seq: at }) !== true) {
          return at > count || at < log.floorSeq;
        }
        const got: number[] = [];
        for (let seq = at; ; seq = got.at(-1) ?? seq) {
          const part = log.behind(seq, log.lastSeq, page);
          if (part.length === 0) break;
          got.push(...seqsOf(part));
        }
        assert.deepEqual(
          got,
          Array.from({ length: count - at }, (_, index) => at + 1 + index),
        );
        return true;
      },
    ),
    { numRuns: 60 },
  );
});

test('cut() forgets what follows a number, and what is before it where that is not agreed', () => {
  for (const isAgreed of [true, false]) {
    const log = filled(10);
    log.cut(6, isAgreed);
    assert.deepEqual([log.lastSeq, log.floorSeq], [6, isAgreed ? 0 : 6]);
  }
});

test('append() does not remember for ever what was removed when it was held no more', () => {
  const log = new RoomLog('e', 0);
  const last = 6 * HOT_ENTRIES;
  for (let seq = 1; seq <= last; seq += 1) {
    const ids = seq === last - 2 ? [`msg_${seq - 1}`] : [`old_${seq}`];
    const isRemoval = seq % 2 === 0;
    const entry = isRemoval ? ({ type: 'removal', seq, ids } as const) : message(seq);
    log.append({ ...logged(seq, seq * RESUME_MS), entry });
  }
  assert.ok(log.isRemoved(logged(last - 3, 0)), 'it is held still');
  assert.ok(!log.isRemoved(logged(1, 0, 'e', message(1, { id: 'old_2' }))));
});
