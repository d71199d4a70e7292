/** What a transcoder is given, and what it tells about itself. */
import type { Readable } from 'node:stream';
import type { Clock, Log } from '../../base/index.ts';
import type { Feed } from '../../live/index.ts';
import type { VideoTrack } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import type { ProcessHost } from './encoder-process.ts';
import type { RestartReason, SupervisorState } from './supervisor.ts';

/** What a transcoder works with. */
export interface TranscoderSettings {
  /** The broadcast; its rungs are opened and closed by the transcoder. */
  readonly source: Feed;
  /** What is to be made of a source with this track; asked for each other track, and by `renew`. */
  readonly jobFor: (track: VideoTrack) => EncodeJob;
  /** TARGETDURATION in seconds. */
  readonly targetDuration: number;
  readonly ffmpegPath: string;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Is given the two pipes of JPEG files of an encoder that was started, where the job asks for
   * them. Both have to be read, or the encoder waits. `firstS` gives the media time in seconds of
   * the first frame that it was fed, which is known before the first picture comes.
   */
  readonly stills: (small: Readable, posters: Readable, firstS: () => number) => void;
  /** The machine; another one in tests. */
  readonly host?: ProcessHost;
}

/** How a transcoder fares. */
export interface TranscoderReading {
  readonly state: SupervisorState;
  readonly restarts: ReadonlyMap<RestartReason, number>;
  /** Samples that were not encoded because the encoder was too slow, or this reader. */
  readonly droppedSamples: number;
  /** Holes that readers of the rungs were told of, over all rungs. */
  readonly discontinuities: number;
  /** Rungs that the machine is too slow for. */
  readonly shedRungs: readonly string[];
  /** Rungs that are not made now, for that or because the encoder fails. */
  readonly missingRungs: readonly string[];
  /** Process id of the encoder that is fed. */
  readonly encoderPid: number | undefined;
  /** Seconds of media made in a second; undefined until ten seconds are over. */
  readonly speed: number | undefined;
  /** Seconds of media that the output is behind the input. */
  readonly lagS: number;
}
