import assert from 'node:assert/strict';
import { writeMediaPlaylist } from '../format/hls/index.ts';
import { Sequencer } from './sequencer.ts';
import type { PartRegistration, SegmentRegistration } from './sequencer-slot.ts';
import { Timeline, type TimelineTargets } from './timeline.ts';

/** A sequencer on a timeline of its own. */
export function make(targets: Partial<TimelineTargets> = {}, gapTimeoutMs?: number): Sequencer {
  const all = { windowSize: 6, targetDuration: undefined, partTarget: undefined, ...targets };
  return new Sequencer(new Timeline(all), gapTimeoutMs);
}

/** A segment of two seconds. */
export function segment(
  sequence: number,
  more: Partial<SegmentRegistration> = {},
): SegmentRegistration {
  return { sequence, duration: 2, path: `/s/${sequence}.ts`, ...more };
}

/** A part of half a second. */
export function part(
  sequence: number,
  index: number,
  more: Partial<PartRegistration> = {},
): PartRegistration {
  const path = `/s/${sequence}.${index}.m4s`;
  return { sequence, part: index, duration: 0.5, independent: index === 0, path, ...more };
}

/** The media playlist. */
export function text(sequencer: Sequencer): string {
  return writeMediaPlaylist(sequencer.timeline.playlist([]));
}

/** The sequence numbers listed, those of gaps with a question mark. */
export function listed(sequencer: Sequencer): string {
  return sequencer.timeline.segments
    .map(({ mediaSequenceNumber, gap }) => `${mediaSequenceNumber}${gap ? '?' : ''}`)
    .join(' ');
}

/** What a registration is answered. */
export type Answer = ReturnType<Sequencer['register']>;

/** The status, or why it was refused. */
export function statusOf(answer: Answer): string {
  return 'refused' in answer ? `${answer.refused}: ${answer.detail}` : answer.status;
}

/** The next expected sequence. */
export function nextOf(answer: Answer): number {
  assert.ok(!('refused' in answer), JSON.stringify(answer));
  return answer.nextExpectedSequence;
}

/** Why it was refused, which it must have been. */
export function refusal(answer: Answer): string {
  assert.ok('refused' in answer, `registered: ${JSON.stringify(answer)}`);
  return `${answer.refused}: ${answer.detail}`;
}
