import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock, RightOfWay } from '../../base/index.ts';
import { BatchPace } from './batch-pace.ts';
import { FanOut, MOST_UNSENT_BYTES } from './fan-out.ts';
import { logged, message, TestReader } from './room.test-support.ts';
import { RoomLog } from './room-log.ts';

function stage() {
  const clock = new ManualClock();
  const log = new RoomLog('e', 0);
  const yielded: (() => void)[] = [];
  const way = new RightOfWay(clock, (task) => yielded.push(task));
  const fanOut = new FanOut({
    isModerator: () => false,
    log,
    pace: new BatchPace(),
    clock,
    random: () => 0,
    yieldTo: (task) => way.yieldTo(task),
  });
  const say = (changes = {}): void => {
    const seq = log.lastSeq + 1;
    log.append(logged(seq, clock.monotonicMs(), 'e', message(seq, changes)));
    fanOut.arrived();
  };
  const turn = (): void => yielded.shift()?.();
  const settle = (): void => {
    for (let ms = 0; ms < 1_000; ms += 1) {
      while (yielded.length > 0) turn();
      clock.advance(1);
    }
  };
  return { clock, log, way, fanOut, say, turn, settle };
}

/** To 120 readers that is so much that it is spread. */
const LARGE = { fragments: [{ type: 'text', text: 'x'.repeat(45_000) }] };
/** As many as may wait for a reader that does not read. */
const MOST_LARGE = 4;

const upTo = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + 1 + index);

test('a FanOut sends everybody each entry once and in order, whoever comes and goes meanwhile', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant('say') },
    { weight: 2, arbitrary: fc.constant('join') },
    { weight: 2, arbitrary: fc.constant('come back') },
    { weight: 1, arbitrary: fc.constant('come early') },
    { weight: 1, arbitrary: fc.constant('leave') },
    { weight: 3, arbitrary: fc.constant('turn') },
    { weight: 1, arbitrary: fc.constant('say much') },
    { weight: 1, arbitrary: fc.constant('take the way') },
    { weight: 3, arbitrary: fc.constant('wait a little') },
    { weight: 1, arbitrary: fc.constant('wait') },
    { weight: 1, arbitrary: fc.constant('stick') },
    { weight: 1, arbitrary: fc.constant('drain') },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), fc.nat(), (steps, seed) => {
      const { clock, log, way, fanOut, say, turn, settle } = stage();
      let large = 0;
      const present: { reader: TestReader; from: number }[] = [];
      const join = (seq: number | undefined): void => {
        const reader = new TestReader();
        present.push({ reader, from: seq ?? fanOut.sentSeq });
        fanOut.join(reader, seq);
      };
      // Enough of them that one batch takes several slices.
      for (let count = 0; count < 120; count += 1) join(undefined);
      for (const [index, name] of steps.entries()) {
        const chosen = present[(seed + index * 7) % present.length];
        if (name === 'say') say();
        if (name === 'say much' && large < MOST_LARGE) {
          large += 1;
          say(LARGE);
        }
        if (name === 'take the way') way.take();
        if (name === 'wait a little') clock.advance(1 + (index % 5));
        if (name === 'join') join(undefined);
        if (name === 'come back') join((seed + index) % (log.lastSeq + 1));
        if (name === 'come early') join(log.lastSeq);
        if (name === 'turn') turn();
        if (name === 'wait') clock.advance(60);
        if (name === 'stick' && chosen !== undefined) chosen.reader.isStuck = true;
        if (name === 'drain') chosen?.reader.drain();
        if (name === 'leave' && chosen !== undefined && present.length > 1) {
          fanOut.leave(chosen.reader);
          present.splice(present.indexOf(chosen), 1);
        }
      }
      settle();
      for (const { reader } of present) reader.drain();
      settle();
      for (const { reader, from } of present) {
        assert.deepEqual(reader.seqs, upTo(from, log.lastSeq));
        assert.equal(reader.closed, undefined);
      }
    }),
    { numRuns: 60 },
  );
});

test('a FanOut writes the same bytes to all', () => {
  const { fanOut, say } = stage();
  const frames: Buffer[] = [];
  for (let count = 0; count < 3; count += 1) {
    const reader = new TestReader();
    reader.write = (frame) => frames.push(frame) > 0;
    fanOut.join(reader, 0);
  }
  say();
  assert.equal(frames.length, 3);
  assert.ok(frames[0] === frames[1] && frames[1] === frames[2]);
});

test('a FanOut closes who does not read, and the others never feel it', () => {
  const { fanOut, say, settle, log } = stage();
  const [stuck, swift] = [new TestReader(), new TestReader()];
  stuck.isStuck = true;
  fanOut.join(stuck, 0);
  fanOut.join(swift, 0);
  let most = 0;
  for (let count = 0; count < 40 && stuck.closed === undefined; count += 1) {
    say({ fragments: [{ type: 'text', text: 'x'.repeat(10_000) }] });
    settle();
    most = Math.max(most, stuck.unsentBytes);
  }
  assert.equal(stuck.closed, 'too_slow');
  assert.ok(most < MOST_UNSENT_BYTES + 20_000, `${most} bytes waited`);
  assert.deepEqual(swift.seqs, upTo(0, log.lastSeq));
  assert.equal(fanOut.size, 1);
});

test('a closed FanOut does not go on with what it was sending', () => {
  const { fanOut, say, turn } = stage();
  const readers = Array.from({ length: 120 }, () => new TestReader());
  for (const reader of readers) fanOut.join(reader, 0);
  say();
  const served = () => readers.filter(({ seqs }) => seqs.length > 0).length;
  const atClose = served();
  assert.ok(atClose > 0 && atClose < 120, `${atClose} were served in one go`);
  fanOut.close();
  for (let slices = 0; slices < 5; slices += 1) turn();
  assert.equal(served(), atClose);
});

test('a FanOut batches a storm so that nothing is later than 250 ms', () => {
  const { clock, fanOut, say, turn } = stage();
  const arrivals: number[] = [];
  const late: number[] = [];
  const readers = Array.from({ length: 2_000 }, () => new TestReader());
  for (const reader of readers) {
    reader.write = () => true;
    fanOut.join(reader, 0);
  }
  const watched = new TestReader();
  const write = watched.write.bind(watched);
  watched.write = (frame) => {
    const isTaken = write(frame);
    for (const seq of watched.seqs.slice(late.length)) {
      late.push(clock.monotonicMs() - (arrivals[seq - 1] ?? 0));
    }
    return isTaken;
  };
  fanOut.join(watched, 0);
  for (let ms = 0; ms < 5_000; ms += 5) {
    arrivals.push(clock.monotonicMs());
    say();
    clock.advance(5);
    for (let slices = 0; slices < 50; slices += 1) turn();
  }
  assert.ok(late.length > 900, `${late.length} of 1,000 were sent`);
  assert.ok(Math.max(...late) <= 250, `${Math.max(...late)} ms`);
  const frames = watched.frames.filter(({ type }) => type === 'entries').length;
  assert.ok(frames <= 60, `${frames} frames in 5 s`);
});

test('a FanOut spreads a large batch over the time until the next one', () => {
  const { clock, fanOut, say, turn } = stage();
  let frames = 0;
  for (let count = 0; count < 2_000; count += 1) {
    const reader = new TestReader();
    reader.write = (frame) => {
      if (frame.length > 1_000) frames += 1;
      return true;
    };
    fanOut.join(reader, 0);
  }
  const busy = new Set<number>();
  let most = 0;
  for (let ms = 0; ms < 3_000; ms += 1) {
    if (ms % 2 === 0) say({ fragments: [{ type: 'text', text: 'x'.repeat(200) }] });
    const before = frames;
    clock.advance(1);
    for (let slices = 0; slices < 500; slices += 1) turn();
    if (ms < 1_000) continue;
    most = Math.max(most, frames - before);
    if (frames > before) busy.add(Math.floor(ms / 10));
  }
  assert.ok(frames > 20_000, `${frames} frames`);
  assert.ok(most < 200, `${most} of 2,000 readers were written to in one millisecond`);
  assert.ok(busy.size > 130 && busy.size < 190, `sent in ${busy.size} of 200 times 10 ms`);
});

test('a FanOut whose readers take longer than meant rests before the next batch', () => {
  const { clock, fanOut, say, turn } = stage();
  const readers = Array.from({ length: 200 }, () => new TestReader());
  const writtenMs: number[] = [];
  for (const reader of readers) {
    fanOut.join(reader, 0);
    reader.write = () => {
      clock.advance(1);
      writtenMs.push(clock.monotonicMs());
      return true;
    };
  }
  for (let ms = 0; ms < 2_000; ms += 1) {
    say();
    clock.advance(1);
    turn();
  }
  const gaps = writtenMs.slice(1).map((ms, index) => ms - (writtenMs[index] ?? 0));
  const rests = gaps.slice(1_000).filter((gapMs) => gapMs > 10);
  assert.ok(rests.length > 3 && Math.min(...rests) > 12, `${rests.length} rests`);
});

test('a FanOut that is moved once more stops telling what it was moved to before', () => {
  const { fanOut, log, say, settle, turn } = stage();
  const readers = Array.from({ length: 60 }, () => new TestReader());
  for (const reader of readers) fanOut.join(reader, undefined);
  for (let count = 0; count < 5; count += 1) say();
  settle();
  log.cut(4, true);
  fanOut.rebase(4);
  turn();
  log.cut(3, true);
  fanOut.rebase(3);
  settle();
  const told = readers.map(({ frames }) => frames.filter(({ type }) => type === 'resync').length);
  assert.equal(Math.min(...told), 1, 'whose turn had not come is told once');
  assert.equal(Math.max(...told), 2);
  for (const reader of readers) assertShows(reader, log);
});

test('a FanOut leaves out of a flood nothing of those who are concerned', () => {
  const { clock, fanOut, say, settle, log } = stage();
  const [author, named, other] = ['usr_3', 'Named', 'Other'].map((id) => new TestReader(id));
  assert.ok(author !== undefined && named !== undefined && other !== undefined);
  for (const reader of [author, named, other]) fanOut.join(reader, 0);
  const mention = { fragments: [{ type: 'mention', text: '@named', name: 'named' }] };
  for (let count = 0; count < 2_000; count += 1) say(count % 100 === 7 ? mention : {});
  clock.advance(1_000);
  settle();
  const [own, mentions] = [
    upTo(0, log.lastSeq).filter((seq) => seq % 10 === 3),
    upTo(0, log.lastSeq).filter((seq) => seq % 100 === 8),
  ];
  assert.ok(other.seqs.length < 400, `${other.seqs.length} of 2,000 were shown`);
  assert.deepEqual(
    author.seqs.filter((seq) => seq % 10 === 3),
    own,
  );
  assert.deepEqual(
    named.seqs.filter((seq) => seq % 100 === 8),
    mentions,
  );
  const skipped = other.frames.reduce(
    (sum, frame) => sum + (frame.type === 'entries' ? frame.skipped : 0),
    0,
  );
  assert.equal(skipped + other.seqs.length, 2_000, 'it says how many were left out');
});

test('a FanOut sends no removed message to who catches up', () => {
  const { fanOut, log, say, settle } = stage();
  say();
  say();
  log.append({ ...logged(3, 0), entry: { type: 'removal', seq: 3, ids: ['msg_1'] } });
  fanOut.arrived();
  settle();
  const reader = new TestReader();
  fanOut.join(reader, 0);
  assert.deepEqual(reader.frames.at(-1)?.type, 'entries');
  const entries = reader.frames.flatMap((frame) => (frame.type === 'entries' ? frame.entries : []));
  assert.ok(!entries.some((entry) => entry.type === 'message' && entry.id === 'msg_1'));
});

test('rebase() tells everybody the entries that are there instead, once and with their run', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant('say') },
    { weight: 1, arbitrary: fc.constant('rebase') },
    { weight: 3, arbitrary: fc.constant('turn') },
    { weight: 1, arbitrary: fc.constant('say much') },
    { weight: 1, arbitrary: fc.constant('take the way') },
    { weight: 3, arbitrary: fc.constant('wait a little') },
    { weight: 1, arbitrary: fc.constant('wait') },
    { weight: 1, arbitrary: fc.constant('stick') },
    { weight: 1, arbitrary: fc.constant('drain') },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.nat(), (steps, seed) => {
      const { clock, log, way, fanOut, turn, settle } = stage();
      let [said, large] = [0, 0];
      let epoch = 'e';
      const append = (changes = {}): void => {
        said += 1;
        const seq = log.lastSeq + 1;
        const entry = message(seq, { id: `said ${said}`, ...changes });
        log.append(logged(seq, clock.monotonicMs(), epoch, entry));
      };
      const readers = Array.from({ length: 120 }, () => new TestReader());
      for (const reader of readers) fanOut.join(reader, undefined);
      for (const [index, name] of steps.entries()) {
        const chosen = readers[(seed + index * 7) % readers.length];
        if (name === 'say') {
          append();
          fanOut.arrived();
        }
        if (name === 'say much' && large < MOST_LARGE) {
          large += 1;
          append(LARGE);
          fanOut.arrived();
        }
        if (name === 'take the way') way.take();
        if (name === 'wait a little') clock.advance(1 + (index % 5));
        if (name === 'rebase') {
          const base = Math.max(0, log.lastSeq - ((seed + index) % 5));
          log.cut(base, true);
          epoch = `after ${index}`;
          for (let count = (seed + index) % 4; count > 0; count -= 1) append();
          fanOut.rebase(base);
        }
        if (name === 'turn') turn();
        if (name === 'wait') clock.advance(60);
        if (name === 'stick' && chosen !== undefined) chosen.isStuck = true;
        if (name === 'drain') chosen?.drain();
      }
      for (const reader of readers) {
        reader.isStuck = false;
        reader.drain();
      }
      settle();
      for (const reader of readers) assertShows(reader, log);
    }),
    { numRuns: 60 },
  );
});

/** The reader shows, since it was last told to forget, just what the log has, and could resume. */
function assertShows({ frames }: TestReader, log: RoomLog): void {
  let [shown, epoch, seq]: [string[], string, number] = [[], 'e', 0];
  for (const frame of frames) {
    if (frame.type === 'resync') [shown, epoch] = [[], frame.epoch ?? epoch];
    if (frame.type === 'history') seq = frame.seq;
    if (frame.type !== 'entries' && frame.type !== 'history') continue;
    for (const entry of frame.entries) if (entry.type === 'message') shown.push(entry.id);
    if (frame.type === 'entries') epoch = frame.epoch ?? epoch;
    seq = frame.seq;
  }
  const held = log
    .recent(shown.length)
    .map(({ entry }) => (entry.type === 'message' ? entry.id : ''));
  assert.deepEqual(shown, held);
  assert.deepEqual([seq, log.resumable({ epoch, seq })], [log.lastSeq, true]);
}
