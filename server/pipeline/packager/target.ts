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
  /** Above it EXTINF would round beyond TARGETDURATION. */
  readonly maxSegmentS: number;
  /** Where the leading track is cut at the latest, so that a follower's last frame still fits. */
  readonly maxLeadSegmentS: number;
}

/** The targets for a broadcast; they hold for all of it. */
export function chooseTargets(request: TargetRequest): Targets {
  const { segmentDurationS, frameS, audioFrameS } = request;
  const nominalPartS = nominalPart(request);
  const targetDuration = Math.max(1, Math.ceil(segmentDurationS), Math.ceil(nominalPartS));
  const maxSegmentS = targetDuration + EXTINF_ROUNDING_S;
  const exact = request.hasVideo
    ? partTargetFor(nominalPartS, audioFrameS)
    : Math.min(nominalPartS + frameS, nominalPartS / MIN_PART_SHARE - ROUNDING_UP_S);
  return {
    targetDuration,
    // Whole milliseconds, so that the playlist states the very number that parts are held to.
    partTarget: Math.ceil(exact * 1000 - 1e-6) / 1000,
    nominalPartS,
    segmentDurationS,
    frameS,
    maxSegmentS,
    maxLeadSegmentS: maxSegmentS - (request.hasVideo ? Math.max(audioFrameS, 0.05) : 0),
  };
}

/** The whole number of frames that fits the part duration, one at least. */
function nominalPart({ partDurationS, segmentDurationS, frameS }: TargetRequest): number {
  const room = Math.min(partDurationS, segmentDurationS) / frameS;
  return Math.max(1, Math.floor(room + FRAME_COUNT_TOLERANCE)) * frameS;
}

/**
 * Nominal plus one audio frame, which lets audio be cut after the frame that crosses the video's
 * boundary. Less where 85 % of that would be above what a part has when it ends a frame earlier.
 */
function partTargetFor(nominalS: number, audioFrameS: number): number {
  const frames = nominalS / audioFrameS;
  const widest = nominalS + audioFrameS;
  const shortest = Math.min(Math.floor(frames) * audioFrameS, nominalS - STAMP_ROUNDING_S);
  const longest = Math.max(Math.ceil(frames) * audioFrameS, nominalS + STAMP_ROUNDING_S);
  const highest = shortest / MIN_PART_SHARE - ROUNDING_UP_S;
  if (highest >= longest) return Math.min(widest, highest);
  // Frames too long for parts this short: audio keeps to one count of frames, at its own pace.
  const own = Math.max(1, Math.round(frames)) * audioFrameS;
  return Math.max(own, nominalS + STAMP_ROUNDING_S);
}
