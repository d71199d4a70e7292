/** Every bound of the HTTP layer. Durations in milliseconds, sizes in bytes. */
export interface HttpLimits {
  /** Connections at once; more are closed as they come. The process needs a descriptor for each. */
  readonly maxConnections: number;
  /** From the first byte of a request's head to its last. */
  readonly headTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  /** A connection without a request is closed after this. Above nginx's 60 s for its upstreams. */
  readonly idleTimeoutMs: number;
  /** A client that reads nothing of its answer for this long is dropped. */
  readonly stallTimeoutMs: number;
  /** A client that has not read its whole answer after this is dropped, however it dribbles. */
  readonly replyTimeoutMs: number;
  /** How long a closed connection waits for the peer to close too (RFC 9112 section 9.6). */
  readonly lingerMs: number;
  /** Pipelined bytes kept while an answer is due; with more, reading stops. */
  readonly maxQueuedBytes: number;
  /** Reads that a plain head may be spread over; in more it goes to Node's incremental parser. */
  readonly maxHeadPieces: number;
  readonly maxBodyBytes: number;
}

/** What an internet-facing server of one machine needs. */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxConnections: 16_384,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
  stallTimeoutMs: 15_000,
  replyTimeoutMs: 300_000,
  lingerMs: 5_000,
  maxQueuedBytes: 16_384,
  maxHeadPieces: 8,
  maxBodyBytes: 65_536,
};
