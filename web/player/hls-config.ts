import type { HlsConfig } from 'hls.js';

/** Seconds of played media kept, so that an hour of watching costs no more memory than a minute. */
const BACK_BUFFER_S = 30;
/** Seconds buffered ahead at most; only a classic stream, three target durations behind live, comes near it. */
const FORWARD_BUFFER_S = 20;
/** Bits a second assumed before the first measurement: a start at the lowest quality is a poor first impression. */
const ASSUMED_BITS_PER_SECOND = 4_000_000;

const oneRetry = { maxNumRetry: 1, retryDelayMs: 250, maxRetryDelayMs: 1_000 };
const noRetry = { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 };

/**
 * hls.js set up for the lowest latency that stays stable. Left at its default on purpose: `liveSyncDuration`, so
 * that the distance from live is the server's PART-HOLD-BACK.
 */
export const HLS_CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // CMAF passes through unchanged, so a worker would cost a start-up and a copy for nothing.
  enableWorker: false,
  // Speed and stall penalty are `pace.ts`'s: hls.js speeds up only with more than a second buffered, and never forgives.
  maxLiveSyncPlaybackRate: 1,
  liveSyncOnStallIncrease: 0,
  liveDurationInfinity: true,
  // The first segment of the lowest quality is otherwise fetched only to measure, and thrown away.
  testBandwidth: false,
  startFragPrefetch: true,
  abrEwmaDefaultEstimate: ASSUMED_BITS_PER_SECOND,
  // Seconds of loading that count half: with a second buffered, a link that grows slow is to be believed at once.
  abrEwmaFastLive: 1,
  capLevelToPlayerSize: true,
  backBufferLength: BACK_BUFFER_S,
  maxBufferLength: FORWARD_BUFFER_S,
  maxMaxBufferLength: FORWARD_BUFFER_S,
  enableInterstitialPlayback: false,
  enableDateRangeMetadataCues: false,
  enableEmsgMetadataCues: false,
  enableID3MetadataCues: false,
  // Failures go to `watch-state.ts`, which asks the server what happened and rejoins; long retries here would only
  // keep the viewer from a broadcast that is already back.
  manifestLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 5_000,
      maxLoadTimeMs: 10_000,
      timeoutRetry: noRetry,
      errorRetry: noRetry,
    },
  },
  playlistLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 12_000,
      maxLoadTimeMs: 15_000,
      // hls.js gives a held request up after 0.8 target durations, and repeats it as a plain one: an encoder that
      // pauses for breath is not a failure.
      timeoutRetry: { maxNumRetry: 3, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: oneRetry,
    },
  },
  fragLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 5_000,
      maxLoadTimeMs: 20_000,
      timeoutRetry: oneRetry,
      errorRetry: { ...oneRetry, maxNumRetry: 2 },
    },
  },
};
