import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeMediaPlaylist } from '../format/hls/index.ts';
import {
  MAX_SEQUENCES_AHEAD,
  MAX_UNSETTLED_MS,
  MAX_UNSETTLED_RUN,
  MAX_WAITING_PARTS,
  Sequencer,
} from './sequencer.ts';
import type { PartRegistration, SegmentRegistration } from './sequencer-slot.ts';
import { Timeline, type TimelineTargets } from './timeline.ts';

function make(targets: Partial<TimelineTargets> = {}, gapTimeoutMs?: number): Sequencer {
  const all = { windowSize: 6, targetDuration: undefined, partTarget: undefined, ...targets };
  return new Sequencer(new Timeline(all), gapTimeoutMs);
}

function segment(sequence: number, more: Partial<SegmentRegistration> = {}): SegmentRegistration {
  return { sequence, duration: 2, path: `/s/${sequence}.ts`, ...more };
}

function part(
  sequence: number,
  index: number,
  more: Partial<PartRegistration> = {},
): PartRegistration {
  const path = `/s/${sequence}.${index}.m4s`;
  return { sequence, part: index, duration: 0.5, independent: index === 0, path, ...more };
}

function text(sequencer: Sequencer): string {
  return writeMediaPlaylist(sequencer.timeline.playlist([]));
}

/** The sequence numbers listed, those of gaps with a question mark. */
function listed(sequencer: Sequencer): string {
  return sequencer.timeline.segments
    .map(({ mediaSequenceNumber, gap }) => `${mediaSequenceNumber}${gap ? '?' : ''}`)
    .join(' ');
}

type Answer = ReturnType<Sequencer['register']>;

function statusOf(answer: Answer): string {
  return 'refused' in answer ? `${answer.refused}: ${answer.detail}` : answer.status;
}

function nextOf(answer: Answer): number {
  assert.ok(!('refused' in answer), JSON.stringify(answer));
  return answer.nextExpectedSequence;
}

function refusal(answer: Answer): string {
  assert.ok('refused' in answer, `registered: ${JSON.stringify(answer)}`);
  return `${answer.refused}: ${answer.detail}`;
}

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

describe('registerPart()', () => {
  const lowLatency = { targetDuration: 2, partTarget: 0.5 };

  test('registerPart() lists parts in order, whole segments after them, and hints from names', () => {
    const sequencer = make(lowLatency);
    for (const index of [1, 0, 3, 2]) sequencer.registerPart(part(1, index), 0);
    sequencer.register(segment(1), 0);
    sequencer.registerPart(part(2, 0), 0);
    assert.equal(
      text(sequencer),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=0.500
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PART:DURATION=0.500,URI="/s/1.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.500,URI="/s/1.1.m4s"
#EXT-X-PART:DURATION=0.500,URI="/s/1.2.m4s"
#EXT-X-PART:DURATION=0.500,URI="/s/1.3.m4s"
#EXTINF:2.000,
/s/1.ts
#EXT-X-PART:DURATION=0.500,URI="/s/2.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="/s/2.1.m4s"
`,
    );
  });

  test('registerPart() takes an explicit hint before one inferred, and keeps it when it closes', () => {
    const sequencer = make(lowLatency);
    for (const index of [0, 1, 2]) sequencer.registerPart(part(1, index), 0);
    sequencer.registerPart(part(1, 3, { hintPath: '/n/2.0' }), 0);
    assert.match(text(sequencer), /PRELOAD-HINT:TYPE=PART,URI="\/n\/2.0"/);
    sequencer.register(segment(1), 0);
    assert.match(text(sequencer), /PRELOAD-HINT:TYPE=PART,URI="\/n\/2.0"/);
  });

  test('registerPart() tells repeats, conflicts and late parts', () => {
    const sequencer = make(lowLatency);
    for (const index of [0, 1, 2, 3]) sequencer.registerPart(part(1, index), 0);
    sequencer.served();
    assert.equal(statusOf(sequencer.registerPart(part(1, 2), 0)), 'duplicate');
    assert.equal(
      refusal(sequencer.registerPart(part(1, 2, { duration: 0.4 }), 0)),
      'part_conflict: Cannot register part 2 of segment 1: its duration is 0.5 s already, not 0.4 s',
    );
    sequencer.register(segment(1), 0);
    assert.equal(statusOf(sequencer.registerPart(part(1, 4), 0)), 'late');
    assert.equal(statusOf(sequencer.registerPart(part(0, 0), 0)), 'late');
    assert.equal(statusOf(sequencer.registerPart(part(1, 2), 0)), 'duplicate');
  });

  test('registerPart() refuses what passes a declared part target, and far too much', () => {
    const sequencer = make(lowLatency);
    assert.match(
      refusal(sequencer.registerPart(part(1, 0, { duration: 0.51 }), 0)),
      /^exceeds_part_target: .* 0.51 s is above the part target of 0.5 s$/,
    );
    for (let index = 1; index <= MAX_WAITING_PARTS; index += 1) {
      assert.equal(statusOf(sequencer.registerPart(part(1, index), 0)), 'created');
    }
    assert.match(refusal(sequencer.registerPart(part(2, 0), 0)), /^too_far_ahead/);
  });

  test('register() waits for parts that do not add up yet, and at the timeout no longer', () => {
    const sequencer = make(lowLatency);
    sequencer.registerPart(part(1, 0), 0);
    sequencer.served();
    sequencer.registerPart(part(1, 1), 0);
    sequencer.registerPart(part(1, 3), 0);
    sequencer.register(segment(1), 1000);
    assert.equal(listed(sequencer), '');
    assert.equal(sequencer.nextDeadlineMs(), 7000);
    assert.deepEqual(sequencer.tick(7000), { upTo: 1, gaps: 0, closedShort: 1 });
    assert.equal(sequencer.timeline.segments[0]?.parts.length, 2);
    assert.equal(statusOf(sequencer.registerPart(part(1, 2), 7001)), 'late');
    // Segment 2 comes before its parts and waits for them, as segment 1 had some.
    sequencer.register(segment(2), 8000);
    for (const index of [0, 1, 2]) sequencer.registerPart(part(2, index), 8000);
    assert.equal(listed(sequencer), '1');
    sequencer.registerPart(part(2, 3), 8000);
    assert.equal(listed(sequencer), '1 2');
  });

  test('register() lists a gap behind the parts of a segment that never came whole', () => {
    const sequencer = make(lowLatency);
    sequencer.registerPart(part(1, 0), 0);
    sequencer.served();
    sequencer.register(segment(2), 0);
    sequencer.tick(6000);
    assert.equal(listed(sequencer), '1? 2');
    assert.match(
      text(sequencer),
      /1\.0\.m4s",INDEPENDENT=YES\n#EXT-X-GAP\n#EXTINF:2.000,\ngap-1\n/,
    );
  });

  test('registerPart() lists nothing before an undeclared target duration is known', () => {
    const sequencer = make();
    for (const index of [0, 1, 2, 3]) sequencer.registerPart(part(1, index), 0);
    assert.equal(sequencer.timeline.listsMedia, false);
    sequencer.register(segment(1), 0);
    assert.match(text(sequencer), /TARGETDURATION:2\n.*\n#EXT-X-PART-INF:PART-TARGET=0.500\n/);
    sequencer.registerPart(part(2, 0), 0);
    assert.equal(sequencer.timeline.open?.parts.length, 1);
  });

  test('registerPart() takes what begins a segment from part 0, else from the segment', () => {
    const sequencer = make(lowLatency);
    const first = { programDateTimeMs: 0, discontinuity: true };
    sequencer.registerPart(part(1, 0, first), 0);
    for (const index of [1, 2, 3]) sequencer.registerPart(part(1, index), 0);
    sequencer.register(segment(1, { programDateTimeMs: 9, init: { uri: 'i' } }), 0);
    const { programDateTimeMs, discontinuity, init } = sequencer.timeline.segments[0] ?? {};
    assert.deepEqual([programDateTimeMs, discontinuity, init], [0, true, { uri: 'i' }]);
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
