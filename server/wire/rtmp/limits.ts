/** What one connection may cost. Beyond a limit a session throws a Violation. */
export interface RtmpLimits {
  /** Largest audio, video or aggregate message, in bytes. */
  readonly mediaMessageBytes: number;
  /** Largest message of any other type, in bytes. */
  readonly otherMessageBytes: number;
  /** Memory held for unfinished messages over all chunk streams, in bytes. */
  readonly bufferedBytes: number;
  /** Chunk streams a peer may use. Encoders use 3 to 6. */
  readonly chunkStreams: number;
  /** Commands within `COMMAND_WINDOW_MS`. A publisher needs about ten in all. */
  readonly commandsPerWindow: number;
}

/** The span over which commands are counted, in milliseconds. */
export const COMMAND_WINDOW_MS = 60_000;

/** The limits that a session has unless told otherwise. */
export const DEFAULT_RTMP_LIMITS: RtmpLimits = {
  mediaMessageBytes: 8 * 1024 * 1024,
  otherMessageBytes: 256 * 1024,
  bufferedBytes: 16 * 1024 * 1024,
  chunkStreams: 64,
  commandsPerWindow: 128,
};
