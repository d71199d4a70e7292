import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseChunks } from '../../format/cmaf/index.ts';
import type { MediaEvent, Sample } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import { LeadSegments } from './lead-segment.ts';
import type { PackagedEvent } from './packaged.ts';
import { type Encoding, encode } from './packager.test-support.ts';
import { Packager } from './packager.ts';
import type { RungPackager } from './rung-packager.ts';

/** What a transcoder makes of an event, and how many source events later; undefined: nothing. */
type Transcode = (sample: Sample) => readonly MediaEvent[];

const RUNG_TRACK = videoTrack({ width: 854, height: 480, config: Uint8Array.of(1, 0x4d, 0, 0x1e) });

/** Without B-frames: decoded when shown. */
const faithful: Transcode = (sample) => [
  { type: 'sample', sample: { ...sample, dts: sample.pts } },
];

interface Made {
  readonly lead: PackagedEvent[];
  readonly rung: PackagedEvent[];
  readonly packager: RungPackager;
}

/** Packages `events` and a rung whose samples come `delay` source events later, or `ahead` earlier. */
function withRung(
  events: readonly MediaEvent[],
  transcode = faithful,
  delay = 12,
  ahead = 0,
): Made {
  const packager = new Packager({ segmentDurationS: 2, partDurationS: 1 / 3 });
  const lead: PackagedEvent[] = [];
  const rungEvents: PackagedEvent[] = [];
  const leading = new LeadSegments();
  const queue: MediaEvent[][] = [[{ type: 'track', track: RUNG_TRACK }]];
  let rung: RungPackager | undefined;
  const apply = (made: readonly PackagedEvent[]) => {
    for (const event of made) {
      lead.push(event);
      const segment = leading.take(event);
      if (segment === undefined) continue;
      rung ??= packager.openRung('480p', (rungEvent) => rungEvents.push(rungEvent));
      rung?.cut(segment);
    }
  };
  for (const [at, event] of events.entries()) {
    apply(packager.push(event));
    if (event.type === 'sample' && event.sample.kind === 'video') {
      rung?.leadTo(event.sample.pts / 90_000);
    }
    const early = at === 0 ? events.slice(0, ahead + 1) : events.slice(at + ahead, at + ahead + 1);
    queue.push(
      early.flatMap((each) =>
        each.type === 'sample' && each.sample.kind === 'video' ? [...transcode(each.sample)] : [],
      ),
    );
    if (queue.length <= delay || rung === undefined) continue;
    for (const made of queue.shift() ?? []) rung.push(made);
  }
  apply(packager.end());
  assert.ok(rung !== undefined);
  for (const made of queue.flat()) rung.push(made);
  rung.end();
  return { lead, rung: rungEvents, packager: rung };
}

type Whole = Extract<PackagedEvent, { readonly type: 'segment' | 'gap' }>;

const segmentsOf = (events: readonly PackagedEvent[], rendition: string): Whole[] =>
  events.filter(
    (event): event is Whole =>
      (event.type === 'segment' || event.type === 'gap') && event.rendition === rendition,
  );

const numbers = (events: readonly PackagedEvent[], type: 'segment' | 'gap'): number[] =>
  segmentsOf(events, '480p')
    .filter((event) => event.type === type)
    .map(({ msn }) => msn);

/** The first sample of each segment: when it is shown in ticks, and whether it is a keyframe. */
function firstSamples(events: readonly PackagedEvent[], rendition: string) {
  return events.flatMap((event) => {
    if (event.type !== 'part' || event.rendition !== rendition || event.partIndex > 0) return [];
    const [chunk] = parseChunks(event.bytes);
    const first = chunk?.samples[0];
    assert.ok(chunk !== undefined && first !== undefined);
    const shown = chunk.baseDecodeTime + first.compositionOffset;
    return [{ msn: event.msn, shown, keyframe: first.keyframe }];
  });
}

/** Every whole segment of the rung is one of the leading rendition, begun with the same picture. */
function checkAligned({ lead, rung }: Made): void {
  const leading = new Map(firstSamples(lead, 'video').map((first) => [first.msn, first]));
  for (const first of firstSamples(rung, '480p')) {
    assert.equal(first.keyframe, leading.get(first.msn)?.keyframe);
    assert.equal(first.shown, leading.get(first.msn)?.shown, `segment ${first.msn}`);
  }
  const places = new Map(segmentsOf(lead, 'video').map((segment) => [segment.msn, segment]));
  const own = segmentsOf(rung, '480p');
  for (const [i, segment] of own.entries()) {
    const place = places.get(segment.msn);
    assert.equal(segment.msn, (own[0]?.msn ?? 0) + i);
    assert.equal(segment.startTimeS, place?.startTimeS);
    assert.equal(segment.discontinuity, place?.discontinuity);
    const isLast = i === own.length - 1;
    if (!isLast) assert.ok(Math.abs(segment.duration - (place?.duration ?? 0)) < 0.002);
  }
}

const isBetween = ({ pts }: Sample, fromS: number, toS: number): boolean =>
  pts >= fromS * 90_000 && pts < toS * 90_000;

describe('RungPackager', () => {
  test('cuts where the leading rendition is cut, to the tick, with and without B-frames', () => {
    for (const encoding of [
      { seconds: 9 },
      { seconds: 9, reorderFrames: 2 },
      { seconds: 9, gop: 45 },
      { seconds: 9, fps: 25, gop: 25 },
    ] satisfies Encoding[]) {
      const made = withRung(encode(encoding));
      checkAligned(made);
      assert.deepEqual(numbers(made.rung, 'gap'), []);
      const leading = segmentsOf(made.lead, 'video').map(({ msn }) => msn);
      assert.deepEqual(numbers(made.rung, 'segment'), leading);
    }
  });

  test('keeps the part rules of the broadcast', () => {
    const { lead, rung } = withRung(encode({ seconds: 9 }));
    const targets = lead[0];
    assert.ok(targets?.type === 'targets');
    const parts = rung.filter((event) => event.type === 'part');
    for (const [i, part] of parts.entries()) {
      assert.ok(part.duration <= targets.partTarget);
      const next = parts[i + 1];
      if (next?.msn === part.msn) assert.ok(part.duration >= 0.85 * targets.partTarget);
    }
    assert.equal(parts.filter(({ independent }) => independent).length, 5);
  });

  test('has a gap for a segment that begins without a keyframe, and is aligned after it', () => {
    const made = withRung(encode({ seconds: 11 }), (sample) => [
      {
        type: 'sample',
        sample: { ...sample, keyframe: sample.keyframe && sample.pts !== 360_000 },
      },
    ]);
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'gap'), [3]);
    assert.deepEqual(numbers(made.rung, 'segment'), [1, 2, 4, 5, 6]);
  });

  test('has a gap for a segment that lost samples, though parts of it are known', () => {
    const made = withRung(encode({ seconds: 9 }), (sample) => {
      if (isBetween(sample, 3, 3.5)) return [];
      const lost = sample.pts === 3.5 * 90_000;
      return [
        ...(lost ? [{ type: 'discontinuity', reason: 'encoder_restarted' } as const] : []),
        { type: 'sample', sample },
      ];
    });
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'gap'), [2]);
    const parts = made.rung.filter((event) => event.type === 'part' && event.msn === 2);
    assert.ok(parts.length > 0);
  });

  test('goes on without a keyframe where the leading rendition does', () => {
    const same: Transcode = (sample) => [{ type: 'sample', sample }];
    for (const encoding of [
      { seconds: 21, gop: 150 },
      { seconds: 21, gop: 150, reorderFrames: 2 },
      { seconds: 21, gop: 90, audio: false },
    ] satisfies Encoding[]) {
      const made = withRung(encode(encoding), same, 1);
      checkAligned(made);
      const leading = segmentsOf(made.lead, 'video').map(({ msn }) => msn);
      assert.deepEqual(numbers(made.rung, 'segment'), leading);
      const flags = (events: readonly PackagedEvent[], rendition: string) =>
        events.flatMap((event) =>
          event.type === 'part' && event.rendition === rendition && event.partIndex === 0
            ? [event.independent]
            : [],
        );
      assert.deepEqual(flags(made.rung, '480p'), flags(made.lead, 'video'));
      assert.ok(flags(made.rung, '480p').includes(false));
    }
  });

  test('goes on without a keyframe only from a whole segment, or waits for the next keyframe', () => {
    const made = withRung(encode({ seconds: 21, gop: 150 }), (sample) => {
      const lost = isBetween(sample, 3, 3.2);
      if (lost) return [];
      const after = isBetween(sample, 3.2, 3.21);
      return [
        ...(after ? [{ type: 'discontinuity', reason: 'rung_broken' } as const] : []),
        { type: 'sample', sample },
      ];
    });
    checkAligned(made);
    const first = firstSamples(made.lead, 'video').map(({ keyframe }) => keyframe);
    assert.deepEqual(first.slice(0, 5), [true, false, false, true, false]);
    assert.deepEqual(numbers(made.rung, 'gap'), [2, 3]);
    const shifted = withRung(encode({ seconds: 21, gop: 150, reorderFrames: 2 }), faithful);
    checkAligned(shifted);
    const dependent = firstSamples(shifted.lead, 'video').filter(({ keyframe }) => !keyframe);
    assert.deepEqual(
      numbers(shifted.rung, 'gap'),
      dependent.map(({ msn }) => msn),
    );
  });

  test('is not waited for when it is silent: a gap comes when the next segment has ended', () => {
    const made = withRung(encode({ seconds: 15 }), (sample) =>
      isBetween(sample, 3, 10) ? [] : [{ type: 'sample', sample }],
    );
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'gap'), [2, 3, 4, 5]);
    assert.deepEqual(numbers(made.rung, 'segment'), [1, 6, 7, 8]);
  });

  test('puts nothing into a segment that was given up, and goes on when it has caught up', () => {
    const events = encode({ seconds: 15, audio: false });
    const made = withRung(events, faithful, 30 * 5);
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'segment'), [7, 8]);
  });

  test('joins late at the next cut', () => {
    const made = withRung(encode({ seconds: 9 }), (sample) =>
      isBetween(sample, 0, 3) ? [] : [{ type: 'sample', sample }],
    );
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'segment'), [3, 4, 5]);
    assert.deepEqual(numbers(made.rung, 'gap'), []);
  });

  test('takes another configuration with a discontinuity, also one that lies in a gap', () => {
    for (const lost of [false, true]) {
      const events = encode({ seconds: 12 });
      const at = events.findIndex(
        (event) => event.type === 'sample' && event.sample.dts >= 4 * 90_000,
      );
      const track = videoTrack({ width: 720, height: 1280, config: Uint8Array.of(9) });
      events.splice(at, 0, { type: 'track', track });
      const other = { ...RUNG_TRACK, width: 480, height: 854, config: Uint8Array.of(8) };
      const made = withRung(events, (sample) => {
        if (lost && isBetween(sample, 4, 5)) return [];
        const isFirst = sample.pts === 4 * 90_000 || (lost && sample.pts === 5 * 90_000);
        return [
          ...(isFirst ? [{ type: 'track', track: other } as const] : []),
          { type: 'sample', sample },
        ];
      });
      checkAligned(made);
      const inits = made.rung.filter((event) => event.type === 'init');
      assert.deepEqual(
        inits.map(({ track: { config } }) => [...config]),
        [[...RUNG_TRACK.config], [8]],
      );
      // Without the keyframe after it, the segment before is not known to be whole.
      assert.deepEqual(numbers(made.rung, 'gap'), lost ? [2, 3] : []);
    }
  });

  test('is withheld while its configuration changed without a discontinuity', () => {
    const made = withRung(encode({ seconds: 9 }), (sample) => [
      ...(sample.pts === 4 * 90_000
        ? [{ type: 'track', track: { ...RUNG_TRACK, config: Uint8Array.of(8) } } as const]
        : []),
      { type: 'sample', sample },
    ]);
    assert.deepEqual(numbers(made.rung, 'segment'), [1, 2]);
    assert.deepEqual(numbers(made.rung, 'gap'), [3, 4, 5]);
  });

  test('waits for the leading video where it is ahead of it', () => {
    const made = withRung(encode({ seconds: 9, audio: false }), faithful, 0, 6);
    checkAligned(made);
    assert.deepEqual(numbers(made.rung, 'gap'), []);
    assert.deepEqual(numbers(made.rung, 'segment'), [1, 2, 3, 4, 5]);
  });

  test('has gaps that last no longer than a segment may, whatever is missing of the source', () => {
    const events = encode({
      seconds: 15,
      gop: 30,
      keep: (_, timeS) => timeS < 4.5 || timeS >= 8,
    });
    const made = withRung(events, (sample) =>
      isBetween(sample, 4, 4.3) ? [] : [{ type: 'sample', sample }],
    );
    for (const { duration } of segmentsOf(made.rung, '480p')) assert.ok(Math.round(duration) <= 2);
    assert.ok(numbers(made.rung, 'gap').length > 0);
  });

  test('has a gap instead of a segment that would be too long', () => {
    // Shown ever later than decoded: the leading segments are shorter than what is shown of them.
    const made = withRung(encode({ seconds: 20, gop: 72 }), (sample) => [
      { type: 'sample', sample: { ...sample, dts: Math.round(sample.pts * 1.1) } },
    ]);
    for (const { duration } of segmentsOf(made.rung, '480p')) assert.ok(Math.round(duration) <= 2);
    assert.ok(numbers(made.rung, 'gap').length > 0);
  });

  test('end() gives up what is missing of the segments that have ended', () => {
    const made = withRung(encode({ seconds: 9.9 }), (sample) =>
      isBetween(sample, 6.5, 20) ? [] : [{ type: 'sample', sample }],
    );
    assert.deepEqual(numbers(made.rung, 'segment'), [1, 2, 3]);
    assert.deepEqual(numbers(made.rung, 'gap'), [4, 5]);
  });
});
