import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listed, make, part, refusal, segment, statusOf, text } from './sequencer.test-support.ts';
import { MAX_WAITING_PARTS } from './sequencer.ts';

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
