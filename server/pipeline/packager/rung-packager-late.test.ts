import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaEvent } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import { LeadSegments } from './lead-segment.ts';
import type { PackagedEvent } from './packaged.ts';
import { encode, encodeTwice } from './packager.test-support.ts';
import { Packager } from './packager.ts';
import type { RungPackager } from './rung-packager.ts';

const RUNG_TRACK = videoTrack({ width: 854, height: 480, config: Uint8Array.of(1, 0x4d, 0, 0x1e) });

interface Listed {
  readonly event: PackagedEvent;
  /** When it was listed, and where in the media it ends; seconds. */
  readonly atS: number;
  readonly endS: number;
}

/**
 * Packages `events` and a rung that sends the same with a frame's delay while `sends` says so, and
 * then what it held back, at the pace of the leading video.
 */
function atTheirTimes(events: readonly MediaEvent[], sends: (nowS: number) => boolean) {
  const packager = new Packager({ segmentDurationS: 2, partDurationS: 1 / 3 });
  const leading = new LeadSegments();
  const leadEndsS: number[] = [];
  const listed: Listed[] = [];
  const held: MediaEvent[] = [{ type: 'track', track: RUNG_TRACK }];
  let rung: RungPackager | undefined;
  let nowS = 0;
  let endS = 0;
  const note = (event: PackagedEvent) => {
    if (event.type === 'segment-start') endS = event.startTimeS;
    if (event.type === 'part' || event.type === 'gap-part') endS += event.duration;
    listed.push({ event, atS: nowS, endS });
  };
  for (const event of events) {
    for (const made of packager.push(event)) {
      const segment = leading.take(made);
      if (made.type === 'part') {
        const { newest } = leading;
        leadEndsS.push((newest?.cut.startS ?? 0) + (newest?.partEndsS.at(-1) ?? 0));
      }
      if (segment === undefined) continue;
      rung ??= packager.openRung('480p', note);
      rung?.cut(segment);
    }
    if (event.type !== 'sample') continue;
    nowS = event.sample.pts / 90_000;
    rung?.leadTo(nowS);
    if (rung !== undefined && sends(nowS)) for (const sent of held.splice(0)) rung.push(sent);
    held.push(event);
  }
  return { listed, leadEndsS };
}

describe('RungPackager of a rung that is late', () => {
  test('is given up half a target duration behind, and keeps pace with the leading video from then on', () => {
    const { listed, leadEndsS } = atTheirTimes(
      encode({ seconds: 9, audio: false }),
      (nowS) => nowS < 3,
    );
    const missing = listed.filter(({ event }) => event.type === 'gap-part' || event.type === 'gap');
    const [first] = missing;
    assert.ok(first !== undefined && first.atS > 3.9 && first.atS < 4.1, `${first?.atS}`);
    const kept = listed.filter(({ event }) => event.type === 'part' && event.msn === 2);
    assert.equal(kept.length, 2);
    // A part of the leading video is complete when the next sample comes.
    const parts = missing.filter(({ event }) => event.type === 'gap-part');
    const late = parts.filter(({ atS, endS }) => atS > 4.1 && atS - endS > 0.05);
    assert.deepEqual(late, []);
    const ends = leadEndsS.filter((endS) => endS > 2.7);
    assert.deepEqual(
      parts.map(({ endS }) => endS.toFixed(2)),
      ends.map((endS) => endS.toFixed(2)),
    );
    assert.deepEqual(
      missing.flatMap(({ event }) => (event.type === 'gap' ? [[event.msn, event.duration]] : [])),
      [
        [2, 2],
        [3, 2],
        [4, 2],
      ],
    );
  });

  test('becomes no gap when it comes late, as long as that is less than half a target duration', () => {
    const events = encode({ seconds: 11, audio: false });
    for (const stalledS of [0.3, 0.6, 0.9]) {
      const { listed } = atTheirTimes(events, (nowS) => nowS < 3.9 || nowS >= 3.9 + stalledS);
      const missing = listed.filter(({ event }) => event.type.startsWith('gap'));
      assert.deepEqual(missing, [], `late by ${stalledS} s`);
    }
  });

  test('joins again at the next segment when what it sends is on time again', () => {
    const { listed } = atTheirTimes(
      encode({ seconds: 13, audio: false }),
      (nowS) => nowS < 3 || nowS >= 6.6,
    );
    const whole = listed.flatMap(({ event }) => (event.type === 'segment' ? [event.msn] : []));
    const gaps = listed.flatMap(({ event }) => (event.type === 'gap' ? [event.msn] : []));
    assert.deepEqual(
      [whole, gaps],
      [
        [1, 5, 6],
        [2, 3, 4],
      ],
    );
    const mixed = listed.filter(({ event }) => event.type === 'part' && gaps.includes(event.msn));
    assert.deepEqual(new Set(mixed.map(({ event }) => 'msn' in event && event.msn)), new Set([2]));
  });

  test('is not late by a silence of the leading video, and loses nothing of what came before', () => {
    const events = encodeTwice({ seconds: 5, audio: false }, 30);
    const { listed } = atTheirTimes(events, () => true);
    const ended = listed.flatMap(({ event }) =>
      event.type === 'segment' || event.type === 'gap' ? [[event.type, event.msn]] : [],
    );
    assert.deepEqual(
      ended,
      [1, 2, 3, 4, 5].map((msn) => ['segment', msn]),
    );
  });

  test('is given up half a target duration after a silence that it does not come back from', () => {
    const events = encodeTwice({ seconds: 5, audio: false }, 30);
    const { listed } = atTheirTimes(events, (nowS) => nowS < 20);
    const first = listed.find(({ event }) => event.type.startsWith('gap'));
    assert.ok(first !== undefined && first.atS > 35.9 && first.atS < 36.2, `${first?.atS}`);
  });
});
