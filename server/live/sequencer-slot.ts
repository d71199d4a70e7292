import type { ByteRange, Resource, SegmentStart } from '../format/hls/index.ts';

/** What a transcoder may say of the first sample of a segment. */
export interface RegisteredStart {
  readonly discontinuity?: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly programDateTimeMs?: number;
  /** The Media Initialization Section; holds for later segments until another is named. */
  readonly init?: Resource;
}

/** A segment as a transcoder registers it. */
export interface SegmentRegistration extends RegisteredStart {
  readonly sequence: number;
  /** Seconds. */
  readonly duration: number;
  readonly path: string;
  readonly byteRange?: ByteRange;
}

/** A part as a transcoder registers it; the start belongs to part 0. */
export interface PartRegistration extends RegisteredStart {
  readonly sequence: number;
  /** Index within the segment, from 0. */
  readonly part: number;
  /** Seconds. */
  readonly duration: number;
  readonly path: string;
  readonly independent: boolean;
  readonly byteRange?: ByteRange;
  /** Path of the part after this one, which may be part 0 of the next segment. */
  readonly hintPath?: string;
}

/** All that is known of one sequence number. */
export interface Slot {
  segment?: SegmentRegistration;
  readonly parts: Map<number, PartRegistration>;
  /** Its time is up: it is published as it stands, as a gap where no segment is known. */
  passed: boolean;
  /** When anything of it came first, and when its segment came; of the caller's clock. */
  readonly arrivedMs: number;
  segmentArrivedMs?: number;
}

/** A slot as plain values that survive a restart. */
export interface SlotSnapshot {
  readonly sequence: number;
  readonly segment?: SegmentRegistration;
  readonly parts?: readonly PartRegistration[];
  readonly passed?: true;
}

/** Whether a slot has anything that could be published. */
export function holdsMedia(slot: Slot): boolean {
  return slot.segment !== undefined || slot.parts.size > 0;
}

/** What two registrations of one thing disagree about, in words; undefined when they are equal. */
export function differenceOf<T extends Media>(known: T, other: T): string | undefined {
  const before = factsOf(known);
  const after = factsOf(other);
  for (const [index, [name, value]] of before.entries()) {
    const stated = after[index]?.[1];
    if (stated !== value) return `its ${name} is ${value} already, not ${stated}`;
  }
  return undefined;
}

/**
 * What holds from a segment's first sample on: as its part 0 says, else as the segment itself
 * does, whichever of them came first. `previous` is the segment before it, whose EXT-X-MAP
 * applies until another one is named (4.4.4.5).
 */
export function startOfSlot(slot: Slot, previous: SegmentStart | undefined): SegmentStart {
  const first = slot.parts.get(0);
  const programDateTimeMs = first?.programDateTimeMs ?? slot.segment?.programDateTimeMs;
  const init = first?.init ?? slot.segment?.init ?? previous?.init;
  return {
    discontinuity: first?.discontinuity ?? slot.segment?.discontinuity ?? false,
    ...(programDateTimeMs !== undefined && { programDateTimeMs }),
    ...(init !== undefined && { init }),
  };
}

/** The resource that a registration names. */
export function resourceOf(registration: SegmentRegistration | PartRegistration): Resource {
  const { path, byteRange } = registration;
  return { uri: path, ...(byteRange !== undefined && { byteRange }) };
}

/** A slot as plain values. */
export function slotSnapshot(sequence: number, slot: Slot): SlotSnapshot {
  return {
    sequence,
    ...(slot.segment !== undefined && { segment: slot.segment }),
    ...(slot.parts.size > 0 && { parts: [...slot.parts.values()] }),
    ...(slot.passed && { passed: true }),
  };
}

/** A slot from plain values; it waits from `nowMs` on, since clocks do not survive a restart. */
export function slotFrom(snapshot: SlotSnapshot, nowMs: number): Slot {
  return {
    ...(snapshot.segment !== undefined && {
      segment: snapshot.segment,
      segmentArrivedMs: nowMs,
    }),
    parts: new Map((snapshot.parts ?? []).map((part) => [part.part, part])),
    passed: snapshot.passed === true,
    arrivedMs: nowMs,
  };
}

type Media = SegmentRegistration | PartRegistration;

/** Everything a registration states, in the words of the API. */
function factsOf(media: Media): readonly (readonly [string, string])[] {
  const { programDateTimeMs: dateMs, init } = media;
  const facts: [string, string][] = [
    ['path', media.path],
    ['duration', `${media.duration} s`],
    ['byte range', rangeText(media.byteRange)],
    ['programDateTime', dateMs === undefined ? 'unstated' : new Date(dateMs).toISOString()],
    ['discontinuity', String(media.discontinuity ?? false)],
    ['initPath', init?.uri ?? 'unstated'],
    ['init byte range', rangeText(init?.byteRange)],
  ];
  if ('part' in media) {
    facts.push(['independent', String(media.independent)]);
    facts.push(['hintPath', media.hintPath ?? 'unstated']);
  }
  return facts;
}

function rangeText(range: ByteRange | undefined): string {
  return range === undefined ? 'unstated' : `${range.length}@${range.offset}`;
}
