/**
 * Chooses the durations that a broadcast declares once. A part lasts 85 % to 100 % of PART-TARGET
 * (rfc8216bis 4.4.4.9), in whole frames, and audio frames are not as long as video frames: the
 * target has to leave room for both.
 */

/** The least share of PART-TARGET that a part may last, unless it ends its segment. */
export const MIN_PART_SHARE = 0.85;
/** A part duration that misses a whole number of frames by less than this share was meant so. */
const FRAME_COUNT_TOLERANCE = 0.1;
/** RTMP rounds stamps to milliseconds, so a part's two ends may both be half of one off. */
const STAMP_ROUNDING_S = 0.0015;
/** PART-TARGET is rounded up to whole milliseconds. */
const ROUNDING_UP_S = 0.001;
/** EXTINF is rounded to whole seconds before it is compared with TARGETDURATION (4.4.3.1). */
const EXTINF_ROUNDING_S = 0.499;

/** Kept free at the end of the leading track's segments for a frame of audio not known yet. */
const LEAST_MARGIN_S = 0.05;
/** How many numbers of frames are tried beside the one asked for. */
const MAX_STEPS = 40;

/** What is asked for, and what the media is like; all in seconds. */
export interface TargetRequest {
  readonly partDurationS: number;
  readonly segmentDurationS: number;
  /** Frame duration of the leading track: video, or audio where there is no video. */
  readonly frameS: number;
  /** Duration of one audio frame, a likely one while no audio is known. */
  readonly audioFrameS: number;
  readonly hasVideo: boolean;
}

/** What is declared, and the limits that follow from it; all in seconds. */
export interface Targets {
  readonly targetDuration: number;
  readonly partTarget: number;
  /** Part duration aimed at: a whole number of frames of the leading track. */
  readonly nominalPartS: number;
  readonly segmentDurationS: number;
  /** Frame duration of the leading track. */
  readonly frameS: number;
  /** Video leads from the first segment on. */
  readonly hasVideo: boolean;
  /** Above it EXTINF would round beyond TARGETDURATION. */
  readonly maxSegmentS: number;
  /** Where the leading track is cut at the latest, so that a follower's last frame still fits. */
  readonly maxLeadSegmentS: number;
}

/**
 * TARGETDURATION in whole seconds for segments of `segmentDurationS`, as it is before the media is
 * known: parts of very long frames may make it longer.
 */
export function targetDurationOf(segmentDurationS: number): number {
  return Math.max(1, Math.ceil(segmentDurationS));
}

/** The targets for a broadcast; they hold for all of it. */
export function chooseTargets(request: TargetRequest): Targets {
  const { segmentDurationS, frameS, audioFrameS, hasVideo } = request;
  const { nominalS, exactS } = hasVideo ? choosePart(request) : chooseAudioPart(request);
  const targetDuration = Math.max(targetDurationOf(segmentDurationS), Math.ceil(nominalS));
  const maxSegmentS = targetDuration + EXTINF_ROUNDING_S;
  return {
    targetDuration,
    // Whole milliseconds, so that the playlist states the very number that parts are held to.
    partTarget: Math.ceil(exactS * 1000 - 1e-6) / 1000,
    nominalPartS: nominalS,
    segmentDurationS,
    frameS,
    hasVideo,
    maxSegmentS,
    maxLeadSegmentS: maxSegmentS - (hasVideo ? Math.max(audioFrameS, LEAST_MARGIN_S) : 0),
  };
}

interface PartChoice {
  readonly nominalS: number;
  /** PART-TARGET before it is rounded up. */
  readonly exactS: number;
}

/** The whole number of frames that fits the part duration, one at least. */
function frameCount({ partDurationS, segmentDurationS, frameS }: TargetRequest): number {
  const room = Math.min(partDurationS, segmentDurationS) / frameS;
  return Math.max(1, Math.floor(room + FRAME_COUNT_TOLERANCE));
}

function chooseAudioPart(request: TargetRequest): PartChoice {
  const nominalS = frameCount(request) * request.frameS;
  const highestS = nominalS / MIN_PART_SHARE - ROUNDING_UP_S;
  return { nominalS, exactS: Math.min(nominalS + request.frameS, highestS) };
}

/** The nearest number of video frames for which audio has a fitting one too, fewer before more. */
function choosePart(request: TargetRequest): PartChoice {
  const { frameS, audioFrameS } = request;
  const wanted = frameCount(request);
  for (let step = 0; step <= MAX_STEPS; step++) {
    const count = wanted + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
    const exactS = count > 0 ? commonTarget(count * frameS, audioFrameS) : undefined;
    if (exactS !== undefined) return { nominalS: count * frameS, exactS };
  }
  return { nominalS: wanted * frameS, exactS: wanted * frameS + STAMP_ROUNDING_S };
}

/**
 * A PART-TARGET for video parts of `nominalS` and audio parts cut at the same places: nominal plus
 * one audio frame, or less where 85 % of that is above what audio has when it ends a frame earlier.
 * With frames too long for that, one for audio parts that all have one number of frames.
 */
function commonTarget(nominalS: number, audioFrameS: number): number | undefined {
  const frames = nominalS / audioFrameS;
  const widestS = nominalS + audioFrameS;
  const alignedS = within(nominalS, [Math.floor(frames), Math.ceil(frames)], audioFrameS);
  if (alignedS !== undefined) return Math.min(widestS, alignedS);
  const own = Math.max(1, Math.round(frames));
  return within(nominalS, [own, own], audioFrameS);
}

/** The highest target for video of `nominalS` and audio of `least` to `most` frames, if any. */
function within(
  nominalS: number,
  [least, most]: readonly [number, number],
  audioFrameS: number,
): number | undefined {
  const shortestS = Math.min(least * audioFrameS, nominalS - STAMP_ROUNDING_S);
  const longestS = Math.max(most * audioFrameS, nominalS + STAMP_ROUNDING_S);
  const highestS = shortestS / MIN_PART_SHARE - ROUNDING_UP_S;
  return highestS >= longestS ? highestS : undefined;
}
