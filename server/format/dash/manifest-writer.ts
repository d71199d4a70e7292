import { type Attributes, dateTime, decimal, duration, element } from './element.ts';
import type {
  AdaptationSet,
  EndedPresentation,
  LivePresentation,
  LowLatency,
  Manifest,
  Period,
  Representation,
  SegmentRow,
} from './manifest.ts';

const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011';
const LOW_LATENCY_PROFILE = 'http://www.dashif.org/guidelines/low-latency-live-v5';
const XSDATE_SCHEME = 'urn:mpeg:dash:utc:http-xsdate:2014';
const CHANNELS_SCHEME = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';
/** ChannelConfiguration of ISO/IEC 23003-3 for more channels than it counts plainly. */
const CHANNEL_CONFIGURATIONS: Readonly<Record<number, number>> = { 7: 11, 8: 12 };
const MOST_PLAIN_CHANNELS = 6;
/** NTSC rates are whole multiples of this over 1.001. */
const NTSC = 1001;

/** The text of an MPD (ISO/IEC 23009-1, 5.3), each Representation with its SegmentTimeline. */
export function writeManifest(manifest: Manifest): string {
  const { timing, periods } = manifest;
  const lowLatency = timing.kind === 'dynamic' ? timing.lowLatency : undefined;
  const live = timing.kind === 'dynamic' ? timing : undefined;
  const root = element(
    'MPD',
    [
      ['xmlns', 'urn:mpeg:dash:schema:mpd:2011'],
      ['profiles', lowLatency ? `${LIVE_PROFILE},${LOW_LATENCY_PROFILE}` : LIVE_PROFILE],
      ['type', timing.kind],
      ...(timing.kind === 'dynamic' ? liveAttributes(timing) : endedAttributes(timing)),
      ['maxSegmentDuration', duration(manifest.maxSegmentMs)],
      ['minBufferTime', duration(manifest.minBufferMs)],
    ],
    [
      ...(lowLatency === undefined ? [] : [serviceDescription(lowLatency)]),
      ...periods.map((period) => writePeriod(period, live)),
      ...(live === undefined ? [] : [utcTiming(live)]),
    ],
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function liveAttributes(timing: LivePresentation): Attributes {
  return [
    ['availabilityStartTime', dateTime(timing.availabilityStartEpochMs)],
    ['publishTime', dateTime(timing.publishEpochMs)],
    ['minimumUpdatePeriod', duration(timing.updateMs)],
    ['timeShiftBufferDepth', duration(timing.timeShiftBufferMs)],
    ['suggestedPresentationDelay', duration(timing.presentationDelayMs)],
  ];
}

function endedAttributes(timing: EndedPresentation): Attributes {
  return [['mediaPresentationDuration', duration(timing.durationMs)]];
}

/** K.3: the latency refers to the ProducerReferenceTime elements, all of id 0. */
function serviceDescription(lowLatency: LowLatency): string {
  return element(
    'ServiceDescription',
    [['id', 0]],
    [
      element('Latency', [
        ['referenceId', 0],
        ['target', Math.round(lowLatency.targetMs)],
        ['min', Math.round(lowLatency.minMs)],
        ['max', Math.round(lowLatency.maxMs)],
      ]),
      element('PlaybackRate', [
        ['min', decimal(lowLatency.minRate, 2)],
        ['max', decimal(lowLatency.maxRate, 2)],
      ]),
    ],
  );
}

function utcTiming({ clockUri }: LivePresentation): string {
  return element('UTCTiming', [
    ['schemeIdUri', XSDATE_SCHEME],
    ['value', clockUri],
  ]);
}

function writePeriod(period: Period, live: LivePresentation | undefined): string {
  return element(
    'Period',
    [
      ['id', period.id],
      ['start', duration(period.startMs)],
    ],
    period.adaptationSets.map((set) => writeAdaptationSet(set, period, live)),
  );
}

function writeAdaptationSet(
  set: AdaptationSet,
  period: Period,
  live: LivePresentation | undefined,
): string {
  return element(
    'AdaptationSet',
    [
      ['id', set.id],
      ['contentType', set.contentType],
      ['mimeType', `${set.contentType}/mp4`],
      ['lang', set.language],
      ['segmentAlignment', true],
      ['startWithSAP', set.startsWithSync ? 1 : undefined],
    ],
    [
      ...(live?.lowLatency === undefined ? [] : [producerReferenceTime(set, period, live)]),
      element('Role', [
        ['schemeIdUri', 'urn:mpeg:dash:role:2011'],
        ['value', 'main'],
      ]),
      ...set.representations.map((each) => writeRepresentation(each, live?.lowLatency)),
    ],
  );
}

/** 5.12: which wall-clock time of the producer the start of the period was taken at. */
function producerReferenceTime(set: AdaptationSet, period: Period, live: LivePresentation): string {
  return element(
    'ProducerReferenceTime',
    [
      ['id', 0],
      ['type', 'encoder'],
      ['wallClockTime', dateTime(live.availabilityStartEpochMs + period.startMs)],
      ['presentationTime', set.representations[0]?.presentationTimeOffset ?? 0],
    ],
    [utcTiming(live)],
  );
}

function writeRepresentation(each: Representation, lowLatency: LowLatency | undefined): string {
  const { picture, sound } = each;
  const channels = sound === undefined ? undefined : channelConfiguration(sound.channels);
  const offset = lowLatency && decimal(lowLatency.availabilityTimeOffsetS, 3);
  return element(
    'Representation',
    [
      ['id', each.id],
      ['codecs', each.codecs],
      ['bandwidth', each.bandwidth],
      ['width', picture?.width],
      ['height', picture?.height],
      ['frameRate', picture?.frameRate === undefined ? undefined : frameRate(picture.frameRate)],
      ['audioSamplingRate', sound?.samplingRate],
    ],
    [
      ...(channels === undefined ? [] : [channels]),
      element(
        'SegmentTemplate',
        [
          ['media', each.media],
          ['initialization', each.initialization],
          ['timescale', each.timescale],
          ['presentationTimeOffset', each.presentationTimeOffset],
          ['startNumber', each.segments.startNumber],
          ['availabilityTimeOffset', offset],
          ['availabilityTimeComplete', lowLatency === undefined ? undefined : false],
        ],
        [element('SegmentTimeline', [], writeSegments(each.segments))],
      ),
    ],
  );
}

/** 5.3.9.6: one S for each run of equal durations; only the first states its time. */
function writeSegments({ startTicks, durations }: SegmentRow): string[] {
  const lines: string[] = [];
  for (let at = 0; at < durations.length; ) {
    const ticks = durations[at];
    let end = at + 1;
    while (durations[end] === ticks) end += 1;
    const repeats = end - at - 1;
    lines.push(
      element('S', [
        ['t', at === 0 ? startTicks : undefined],
        ['d', ticks],
        ['r', repeats > 0 ? repeats : undefined],
      ]),
    );
    at = end;
  }
  return lines;
}

/** Undefined for a number of channels that has no configuration. */
function channelConfiguration(channels: number): string | undefined {
  const value = channels <= MOST_PLAIN_CHANNELS ? channels : CHANNEL_CONFIGURATIONS[channels];
  if (value === undefined || value < 1) return undefined;
  return element('AudioChannelConfiguration', [
    ['schemeIdUri', CHANNELS_SCHEME],
    ['value', value],
  ]);
}

/** FrameRateType: an integer or a fraction of integers. */
function frameRate(framesPerSecond: number): string {
  const whole = Math.round(framesPerSecond);
  if (Math.abs(framesPerSecond - whole) < 0.001) return String(whole);
  const ntsc = Math.round(framesPerSecond * (NTSC / 1000));
  if (Math.abs(framesPerSecond - (ntsc * 1000) / NTSC) < 0.005) return `${ntsc * 1000}/${NTSC}`;
  return `${Math.round(framesPerSecond * 1000)}/1000`;
}
