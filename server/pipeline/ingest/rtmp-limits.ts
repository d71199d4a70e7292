/** What the RTMP listener lets peers cost; every value can be set otherwise. */
export interface RtmpListenerLimits {
  /** Sockets at once, whatever they do. */
  readonly connections: number;
  /**
   * From a socket's acceptance to a granted publish, in milliseconds. 5,000 peers that connect at
   * once wait up to 0.3 s to be accepted; with that they are still gone within 10 s.
   */
  readonly openingMs: number;
  /** A publisher that sends less than `progressBytes` in this many milliseconds is dropped. */
  readonly progressMs: number;
  /** A tenth of what the thinnest audio needs, ten times what a peer of 1 byte/s sends. */
  readonly progressBytes: number;
  /** What may wait for a peer that does not read, in bytes. */
  readonly outputBytes: number;
  /** How long a socket may take to say good-bye after the last thing we sent, in milliseconds. */
  readonly lingerMs: number;
  /** Longest publish name that is looked up, in characters; stream keys are far below it. */
  readonly streamNameLength: number;
  /** Refused publishes of one address within `failureWindowMs` after which it is not let in. */
  readonly failures: number;
  /** The span over which they count, and for which the address then stays out. */
  readonly failureWindowMs: number;
  /** Addresses whose failures are remembered; beyond it the oldest are forgotten. */
  readonly failureAddresses: number;
}

/** The limits of the issue; sizes chosen for a machine with 1 GiB to spare. */
export const DEFAULT_RTMP_LISTENER_LIMITS: RtmpListenerLimits = {
  connections: 10_000,
  openingMs: 9_500,
  progressMs: 10_000,
  progressBytes: 256,
  outputBytes: 256 * 1024,
  lingerMs: 1000,
  streamNameLength: 1024,
  failures: 10,
  failureWindowMs: 60_000,
  failureAddresses: 10_000,
};

/** How often all connections are looked at; who would be late by the next look is dropped now. */
export const SWEEP_MS = 250;
