import type {
  AdaptationSet,
  LowLatency,
  Manifest,
  Period,
  Representation,
} from '../../format/dash/index.ts';
import type { Rendition } from '../../live/index.ts';
import type { Track } from '../../media/index.ts';
import type { ListedSegment, Listing } from './dash-listing.ts';
import type { ListedPeriod, PeriodTrack } from './dash-periods.ts';

/** Players ask for a new version so often; a segment being made is in the next one. */
const UPDATE_MS = 500;
/** The server's time, relative to the manifest of a stream. */
const CLOCK_URI = '../time';
/** Behind the clock, in part targets and at least: what an update, a part and a fetch take. */
const LATENCY_PART_TARGETS = 6;
const LEAST_LATENCY_MS = 2_000;
/** Players may fall behind by so many target durations before they skip instead of hurrying. */
const LATENCY_SLACK_TARGET_DURATIONS = 3;
/** The newest whole segment may have begun so long ago while all goes well. */
const LEAST_SILENCE_TARGET_DURATIONS = 2;
/** Rates that nobody hears. */
const MIN_RATE = 0.96;
const MAX_RATE = 1.04;
/** What is measured is no more exact than this. */
const BANDWIDTH_STEP = 50_000;
/** The sets of one kind have ids from here on, whatever other kinds there are. */
const FIRST_SET_ID = { video: 1, audio: 101 } as const;

/** What does not come from the periods. */
export interface ManifestFrame {
  /** The rendition whose targets hold for all. */
  readonly lead: Rendition;
  readonly ended: boolean;
  /** Every segment of video begins with a keyframe. */
  readonly independentSegments: boolean;
  readonly availabilityStartEpochMs: number;
  readonly publishEpochMs: number;
  /** Its media stands under this, relative to the manifest. */
  readonly broadcastId: string;
  /** Without media, from the oldest segment listed to now; see `silenceMs`. */
  readonly silenceMs: number;
}

/** What the manifest says. */
export function dashManifest(periods: readonly ListedPeriod[], frame: ManifestFrame): Manifest {
  const maxSegmentMs = longestMs(periods);
  const { targetDuration, partTarget } = frame.lead.timeline;
  const endS = frame.ended ? endOf(periods.at(-1)) : undefined;
  return {
    timing:
      endS === undefined
        ? liveTiming(frame, maxSegmentMs)
        : { kind: 'static', durationMs: Math.floor(endS * 1e6) / 1000 },
    minBufferMs: (partTarget ?? targetDuration) * 1000,
    maxSegmentMs,
    periods: periods.map((period, at) =>
      dashPeriod(period, frame, at === periods.length - 1 ? endS : undefined),
    ),
  };
}

function liveTiming(frame: ManifestFrame, maxSegmentMs: number) {
  const { targetDuration, partTarget, declared } = frame.lead.timeline;
  const targetMs = targetDuration * 1000;
  const lowLatency = partTarget === undefined ? undefined : hurry(frame, partTarget, maxSegmentMs);
  return {
    kind: 'dynamic' as const,
    availabilityStartEpochMs: frame.availabilityStartEpochMs,
    publishEpochMs: frame.publishEpochMs,
    updateMs: lowLatency === undefined ? targetMs / 2 : UPDATE_MS,
    timeShiftBufferMs: declared.windowSize * targetMs + frame.silenceMs,
    presentationDelayMs: delayMs(lowLatency) ?? LATENCY_SLACK_TARGET_DURATIONS * targetMs,
    clockUri: CLOCK_URI,
    ...(lowLatency !== undefined && { lowLatency }),
  };
}

/**
 * For players that reckon from the end of the newest segment, as they do from any other, although
 * it is still being made: one that starts at its start and plays on is at the target.
 */
function delayMs(lowLatency: LowLatency | undefined): number | undefined {
  return lowLatency && lowLatency.targetMs + lowLatency.availabilityTimeOffsetS * 1000;
}

function hurry(frame: ManifestFrame, partTarget: number, maxSegmentMs: number): LowLatency {
  const targetMs = Math.max(LEAST_LATENCY_MS, LATENCY_PART_TARGETS * partTarget * 1000);
  const slackMs = LATENCY_SLACK_TARGET_DURATIONS * frame.lead.timeline.targetDuration * 1000;
  return {
    availabilityTimeOffsetS: Math.max(0, maxSegmentMs / 1000 - partTarget),
    targetMs,
    minMs: targetMs / 2,
    maxMs: targetMs + slackMs,
    minRate: MIN_RATE,
    maxRate: MAX_RATE,
  };
}

function dashPeriod(period: ListedPeriod, frame: ManifestFrame, endS: number | undefined): Period {
  const { broadcastId, independentSegments } = frame;
  const sets = new Map<string, PeriodTrack[]>();
  for (const track of period.tracks) {
    const name = setName(track);
    sets.set(name, [...(sets.get(name) ?? []), track]);
  }
  const ids = { ...FIRST_SET_ID };
  const adaptationSets = [...sets.values()].map((tracks): AdaptationSet => {
    const kind = firstOf(tracks[0]).track.kind;
    const language = tracks[0]?.listing.rendition.attributes.audio?.language;
    return {
      id: ids[kind]++,
      contentType: kind,
      startsWithSync: kind === 'audio' || independentSegments,
      ...(language !== undefined && { language }),
      representations: tracks
        .map((track) => representation(track, period, { base: `${broadcastId}/`, endS }))
        .sort(bySize),
    };
  });
  adaptationSets.sort((a, b) => a.id - b.id);
  const { mediaSequenceNumber, startMs } = period;
  // The next broadcast of the stream has the same address, and numbers of its own.
  return { id: `${broadcastId}-${mediaSequenceNumber}`, startMs, adaptationSets };
}

/** Players switch between what shares a codec, and a language. */
function setName(track: PeriodTrack): string {
  const { kind, codec } = firstOf(track).track;
  return `${kind} ${codec} ${track.listing.rendition.attributes.audio?.language ?? ''}`;
}

function firstOf(track: PeriodTrack | undefined): ListedSegment {
  const [first] = track?.segments ?? [];
  if (first === undefined) throw new TypeError('a track of a period has segments');
  return first;
}

function representation(
  track: PeriodTrack,
  period: ListedPeriod,
  { base, endS }: { readonly base: string; readonly endS: number | undefined },
): Representation {
  const { segments, listing } = track;
  const { rendition } = listing;
  const first = firstOf(track);
  const { timescale, codecString } = first.track;
  return {
    id: rendition.name,
    codecs: codecString,
    bandwidth: stepped(track.bandwidth),
    ...described(first.track),
    timescale,
    presentationTimeOffset: Math.round((period.startMs * timescale) / 1000),
    initialization: `${base}${rendition.name}/${first.init}`,
    media: `${base}${rendition.name}/s$Number$.m4s`,
    segments: {
      startNumber: first.mediaSequenceNumber,
      startTicks: first.start,
      durations: segments.map((segment, at) => lasts(segment, segments[at + 1], endS)),
    },
  };
}

function described(track: Track): Pick<Representation, 'picture' | 'sound'> {
  if (track.kind === 'audio') {
    return { sound: { samplingRate: track.timescale, channels: track.channels } };
  }
  return { picture: { width: track.width, height: track.height, frameRate: track.frameRate } };
}

/**
 * Up to the next one, so that the row has no hole. The last one of all is stretched to where the
 * presentation ends in another track, since some players wait for that end in each of them.
 */
function lasts(
  segment: ListedSegment,
  next: ListedSegment | undefined,
  endS: number | undefined,
): number {
  if (next !== undefined) return Math.max(1, next.start - segment.start);
  const end = endS === undefined ? 0 : Math.round(endS * segment.track.timescale);
  return Math.max(1, segment.ticks, end - segment.start);
}

/** Never 0, in steps. */
function stepped(bandwidth: number): number {
  return Math.max(1, Math.ceil(bandwidth / BANDWIDTH_STEP)) * BANDWIDTH_STEP;
}

/** By picture, smallest first; never by what is measured, which would change their order. */
function bySize(a: Representation, b: Representation): number {
  const pixels = ({ picture }: Representation): number =>
    picture === undefined ? 0 : picture.width * picture.height;
  return pixels(a) - pixels(b) || (a.id < b.id ? -1 : 1);
}

function longestMs(periods: readonly ListedPeriod[]): number {
  let longest = 0;
  for (const { segments } of periods.flatMap(({ tracks }) => tracks)) {
    for (const { ticks, track } of segments) longest = Math.max(longest, ticks / track.timescale);
  }
  return Math.ceil(longest * 1000);
}

/**
 * How much of the time from the first of `periods` to `nowMs`, both on the presentation's timeline,
 * has no media; in whole target durations, and 0 below two, which are nothing unusual.
 *
 * What is listed is kept through a silence, so the time shift buffer (ISO/IEC 23009-1, 5.3.1.2)
 * reaches back over it. dash.js reckons for good that everything comes as late as the silence was
 * long, once what is listed lies before a buffer that moved on with the clock.
 */
export function silenceMs(
  periods: readonly ListedPeriod[],
  nowMs: number,
  targetDuration: number,
): number {
  let ms = 0;
  for (const [at, period] of periods.entries()) {
    const next = periods[at + 1];
    const untilMs = next === undefined ? nowMs : next.startMs;
    ms += Math.max(0, untilMs - endOf(period) * 1000);
  }
  const targetDurations = Math.ceil(ms / 1000 / targetDuration);
  return ms < LEAST_SILENCE_TARGET_DURATIONS * targetDuration * 1000
    ? 0
    : targetDurations * targetDuration * 1000;
}

/** Where the longest of its tracks ends, in seconds: players that come past the end go back. */
function endOf(period: ListedPeriod | undefined): number {
  let end = 0;
  for (const { segments } of period?.tracks ?? []) {
    const last = segments.at(-1);
    if (last !== undefined) end = Math.max(end, (last.start + last.ticks) / last.track.timescale);
  }
  return end;
}

/** The rendition whose segments date the presentation: the first one of video, or else of sound. */
export function leadOf(listings: readonly Listing[]): ListedSegment | undefined {
  const firsts = listings.flatMap(({ entries }) => entries.find((entry) => !entry.gap) ?? []);
  const media = firsts.filter((entry) => !entry.gap);
  return media.find(({ track }) => track.kind === 'video') ?? media[0];
}
