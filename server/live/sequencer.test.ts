import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  listed,
  make,
  nextOf,
  part,
  refusal,
  segment,
  statusOf,
  text,
} from './sequencer.test-support.ts';
import { MAX_SEQUENCES_AHEAD, MAX_UNSETTLED_MS, MAX_UNSETTLED_RUN } from './sequencer.ts';

describe('register()', () => {
  test('register() publishes the contiguous run and lets the rest wait', () => {
    const sequencer = make();
    assert.deepEqual(sequencer.register(segment(42), 0), {
      status: 'created',
      nextExpectedSequence: 43,
    });
    sequencer.register(segment(44), 0);
    assert.equal(listed(sequencer), '42');
    assert.equal(sequencer.waiting, 1);
    assert.equal(nextOf(sequencer.register(segment(43), 0)), 45);
    assert.equal(
      text(sequencer),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:42
#EXTINF:2.000,
/s/42.ts
#EXTINF:2.000,
/s/43.ts
#EXTINF:2.000,
/s/44.ts
`,
    );
  });

  test('register() begins lower until a playlist was served, and never after', () => {
    const sequencer = make();
    sequencer.register(segment(5), 0);
    assert.equal(statusOf(sequencer.register(segment(4), 0)), 'created');
    assert.equal(listed(sequencer), '4 5');
    sequencer.register(segment(2), 0);
    assert.equal(listed(sequencer), '2');
    sequencer.register(segment(3), 0);
    sequencer.served();
    assert.deepEqual(sequencer.register(segment(1), 0), {
      status: 'late',
      nextExpectedSequence: 6,
    });
    assert.equal(listed(sequencer), '2 3 4 5');
  });

  test('served() settles nothing while nothing is listed', () => {
    const sequencer = make();
    sequencer.served();
    sequencer.registerPart(part(7, 0), 0);
    sequencer.served();
    assert.equal(statusOf(sequencer.register(segment(6), 0)), 'created');
  });

  test('register() tells repeats from conflicts, in the window and in the buffer', () => {
    const sequencer = make();
    for (const sequence of [1, 2, 4]) sequencer.register(segment(sequence), 0);
    const before = text(sequencer);
    assert.equal(statusOf(sequencer.register(segment(1), 0)), 'duplicate');
    assert.equal(statusOf(sequencer.register(segment(4), 0)), 'duplicate');
    assert.equal(
      refusal(sequencer.register(segment(2, { path: '/x.ts' }), 0)),
      'segment_conflict: Cannot register segment 2: its path is /s/2.ts already, not /x.ts',
    );
    for (const other of [
      { duration: 2.5 },
      { discontinuity: true },
      { programDateTimeMs: 0 },
      { byteRange: { length: 1, offset: 0 } },
      { init: { uri: '/init.mp4' } },
    ]) {
      assert.match(refusal(sequencer.register(segment(4, other), 0)), /^segment_conflict/);
    }
    assert.equal(text(sequencer), before);
  });

  test('register() answers what has left the window as late, whatever it says', () => {
    const sequencer = make();
    for (let sequence = 0; sequence < 20; sequence += 1) sequencer.register(segment(sequence), 0);
    assert.equal(listed(sequencer), '14 15 16 17 18 19');
    for (const settle of [false, true]) {
      if (settle) sequencer.served();
      assert.equal(statusOf(sequencer.register(segment(3, { path: '/other' }), 0)), 'late');
      assert.equal(statusOf(sequencer.register(segment(14), 0)), 'duplicate');
    }
    assert.equal(listed(sequencer), '14 15 16 17 18 19');
  });

  test('register() bounds how far ahead, and before it is settled how far below', () => {
    const sequencer = make();
    sequencer.register(segment(2000), 0);
    const far = 2001 + MAX_SEQUENCES_AHEAD;
    assert.equal(
      refusal(sequencer.register(segment(far + 1), 0)),
      'too_far_ahead: Cannot register segment 3002: it is more than 1000 ahead of the next expected, 2001',
    );
    assert.equal(statusOf(sequencer.register(segment(far), 0)), 'created');
    assert.equal(statusOf(sequencer.register(segment(far - 1001), 0)), 'duplicate');
    assert.equal(statusOf(sequencer.register(segment(1999), 0)), 'late');
  });

  test('register() refuses what rounds above a declared target duration', () => {
    const sequencer = make({ targetDuration: 2 });
    assert.equal(statusOf(sequencer.register(segment(1, { duration: 2.49 }), 0)), 'created');
    assert.equal(
      refusal(sequencer.register(segment(2, { duration: 2.5 }), 0)),
      'exceeds_target_duration: Cannot register segment 2: its duration of 2.5 s rounds above the target duration of 2 s',
    );
    assert.equal(sequencer.timeline.targetDuration, 2);
  });

  test('register() lets an undeclared target rise to the longest, rounded up, and never fall', () => {
    const sequencer = make({ windowSize: 1 });
    const targets = [2, 2.2, 2.000_000_1, 7.01, 1].map((duration, sequence) => {
      sequencer.register(segment(sequence, { duration }), 0);
      return sequencer.timeline.targetDuration;
    });
    assert.deepEqual(targets, [2, 3, 3, 8, 8]);
    assert.equal(sequencer.timeline.targetRises, 2);
  });

  test('register() keeps an EXT-X-MAP for those that name none', () => {
    const sequencer = make({ windowSize: 1 });
    sequencer.register(segment(0, { init: { uri: 'init.mp4' } }), 0);
    for (let sequence = 1; sequence < 9; sequence += 1) sequencer.register(segment(sequence), 0);
    assert.equal(text(sequencer).match(/#EXT-X-MAP:URI="init.mp4"/g)?.length, 1);
  });

  test('register() counts discontinuities that leave the window', () => {
    const sequencer = make({ windowSize: 3 });
    for (let sequence = 0; sequence < 10; sequence += 1) {
      sequencer.register(segment(sequence, { discontinuity: sequence % 3 === 1 }), 0);
    }
    assert.match(text(sequencer), /#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXT-X-DISCONTINUITY\n/);
  });
});

describe('the start of the run', () => {
  test('settles when the run is long and has left the window', () => {
    const sequencer = make();
    for (let n = 0; n < MAX_UNSETTLED_RUN - 1; n += 1) sequencer.register(segment(5000 + n), 0);
    assert.equal(sequencer.settled, false);
    sequencer.register(segment(5000 + MAX_UNSETTLED_RUN - 1), 0);
    assert.equal(sequencer.settled, true);
    assert.equal(statusOf(sequencer.register(segment(4999), 0)), 'late');
  });

  test('settles when a lower one was waited for long enough, not while all of it is listed', () => {
    const sequencer = make();
    for (let n = 10; n < 16; n += 1) sequencer.register(segment(n), 0);
    assert.equal(statusOf(sequencer.register(segment(9), MAX_UNSETTLED_MS)), 'created');
    assert.equal(sequencer.settled, false, 'a new start waits anew');
    sequencer.register(segment(16), 2 * MAX_UNSETTLED_MS);
    assert.equal(sequencer.settled, true);
  });
});

describe('tick()', () => {
  test('tick() publishes a hole as EXT-X-GAP after three target durations, not before', () => {
    const sequencer = make();
    sequencer.register(segment(1), 0);
    assert.equal(sequencer.nextDeadlineMs(), undefined);
    sequencer.register(segment(4), 1000);
    sequencer.register(segment(3), 3000);
    assert.equal(sequencer.nextDeadlineMs(), 7000);
    assert.equal(sequencer.tick(6999), undefined);
    assert.deepEqual(sequencer.tick(7000), { upTo: 2, gaps: 1, closedShort: 0 });
    assert.equal(
      text(sequencer),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:1
#EXTINF:2.000,
/s/1.ts
#EXT-X-GAP
#EXTINF:2.000,
gap-2
#EXTINF:2.000,
/s/3.ts
#EXTINF:2.000,
/s/4.ts
`,
    );
    assert.equal(statusOf(sequencer.register(segment(2), 7001)), 'late');
    assert.equal(listed(sequencer), '1 2? 3 4');
  });

  test('tick() waits for ever with a gap timeout of 0', () => {
    const sequencer = make({}, 0);
    sequencer.register(segment(1), 0);
    sequencer.register(segment(3), 0);
    assert.equal(sequencer.nextDeadlineMs(), undefined);
    assert.equal(sequencer.tick(1e12), undefined);
    assert.equal(nextOf(sequencer.register(segment(2), 1e12)), 4);
  });

  test('tick() times each hole by what waits for it', () => {
    const sequencer = make({ windowSize: 10 }, 5000);
    for (const [sequence, atMs] of [
      [1, 0],
      [3, 0],
      [7, 2000],
      [5, 4000],
    ] as const) {
      sequencer.register(segment(sequence), atMs);
    }
    sequencer.tick(5000);
    assert.equal(listed(sequencer), '1 2? 3');
    assert.equal(sequencer.nextDeadlineMs(), 7000);
    assert.deepEqual(sequencer.tick(7000), { upTo: 6, gaps: 2, closedShort: 0 });
    assert.equal(listed(sequencer), '1 2? 3 4? 5 6? 7');
  });

  test('tick() does not hold an old wait against a start that has just moved back', () => {
    const sequencer = make({ windowSize: 10 }, 5000);
    for (let n = 10; n < 15; n += 1) sequencer.register(segment(n), 0);
    sequencer.register(segment(8), 9000);
    assert.equal(sequencer.tick(9000), undefined);
    assert.equal(sequencer.nextDeadlineMs(), 14_000);
    sequencer.register(segment(9), 9001);
    assert.equal(listed(sequencer), '8 9 10 11 12 13 14');
  });

  test('tick() takes the duration and date of a gap from the dates around it', () => {
    const sequencer = make();
    const at = Date.UTC(2026, 0, 1);
    sequencer.register(segment(1, { programDateTimeMs: at }), 0);
    sequencer.register(segment(4, { programDateTimeMs: at + 5000 }), 0);
    sequencer.tick(6000);
    assert.deepEqual(
      sequencer.timeline.segments.map(({ duration, programDateTimeMs }) => [
        duration,
        (programDateTimeMs ?? 0) - at,
      ]),
      [
        [2, 0],
        [1.5, 2000],
        [1.5, 3500],
        [2, 5000],
      ],
    );
  });

  test('tick() makes no gap longer than the target duration, whatever the dates say', () => {
    const sequencer = make({ targetDuration: 2 });
    sequencer.register(segment(1, { programDateTimeMs: 0 }), 0);
    sequencer.register(segment(3, { programDateTimeMs: 1e9 }), 0);
    sequencer.tick(6000);
    assert.equal(sequencer.timeline.segments[1]?.duration, 2);
  });
});

describe('end()', () => {
  test('end() publishes what waits behind gaps, then changes nothing', () => {
    const sequencer = make();
    for (const sequence of [1, 3, 6]) sequencer.register(segment(sequence), 0);
    assert.deepEqual(sequencer.end(0), { upTo: 5, gaps: 3, closedShort: 0 });
    assert.equal(listed(sequencer), '1 2? 3 4? 5? 6');
    assert.match(text(sequencer), /#EXT-X-ENDLIST\n$/);
    assert.equal(sequencer.end(0), undefined);
    assert.equal(sequencer.nextDeadlineMs(), undefined);
  });

  test('end() keeps the parts of a segment that never came whole', () => {
    const sequencer = make({ targetDuration: 2, partTarget: 0.5 });
    sequencer.registerPart(part(1, 0), 0);
    sequencer.end(0);
    assert.match(
      text(sequencer),
      /#EXT-X-PART:DURATION=0.500,URI="\/s\/1.0.m4s",.*\n#EXT-X-ENDLIST/,
    );
  });

  test('end() of what never began is an end', () => {
    const sequencer = make();
    assert.equal(sequencer.end(0), undefined);
    assert.equal(sequencer.timeline.ended, true);
  });
});
