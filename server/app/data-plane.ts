/** The data plane of this server: the stages that media goes through from encoders to viewers. */
import { join } from 'node:path';
import type { Clock, Log, RightOfWay } from '../base/index.ts';
import {
  type Channels,
  type PublishGrant,
  SERVER_FAILED,
  SERVER_STOPPING,
} from '../channel/index.ts';
import type { Broadcast, OnAir } from '../live/index.ts';
import {
  FlvSource,
  type MediaSink,
  Publications,
  RtmpListener,
  type RtmpPublisher,
} from '../pipeline/ingest/index.ts';
import { Orchestrator } from '../pipeline/orchestrator/index.ts';
import { type HeldObserver, Origin } from '../pipeline/origin/index.ts';
import type { PackagerObserver } from '../pipeline/packager/index.ts';
import { SheetMaker, type ThumbnailShelves } from '../pipeline/thumbnails/index.ts';
import { DiskJournal } from '../store/journal/index.ts';
import { Broadcasts } from './broadcasts.ts';
import type { Configuration } from './config/index.ts';
import { listenErrorOf } from './http/index.ts';
import type { MetricsSources } from './metrics.ts';
import { openShelves } from './shelves.ts';
import { ladderFrom, surveyCapacity, Transcoding } from './transcoding.ts';

/** What the data plane needs of its server. */
export interface DataPlaneSettings {
  readonly configuration: Configuration;
  /** What counts by now, as far as it may change while the server runs. */
  readonly current: () => Configuration;
  readonly channels: Channels;
  readonly onAir: OnAir;
  readonly observer: PackagerObserver & HeldObserver;
  readonly rightOfWay: RightOfWay;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is told to metrics. */
type DataPlaneFigures = Pick<
  MetricsSources,
  'held' | 'orchestrator' | 'rtmp' | 'ingest' | 'broadcasts' | 'transcoding'
> & {
  /** Faults of ours so far, by where they occurred. */
  readonly faults: () => Readonly<Record<'broadcast' | 'transcode' | 'journal', number>>;
};

/** See the top of the file. */
export class DataPlane {
  /** The other entrance: what outside transcoders registered. */
  readonly orchestrator: Orchestrator;
  /** Answers viewers. */
  readonly origin: Origin;
  readonly shelves: ThumbnailShelves;
  readonly figures: DataPlaneFigures = this.#createFigures();
  readonly #settings: DataPlaneSettings;
  readonly #sheets: SheetMaker;
  /** Undefined where broadcasts are passed through alone. */
  readonly #transcoding: Transcoding | undefined;
  readonly #broadcasts: Broadcasts;
  readonly #publications: Publications;
  readonly #rtmp: RtmpListener<PublishGrant>;

  constructor(settings: DataPlaneSettings) {
    this.#settings = settings;
    const { configuration, channels, onAir, observer, rightOfWay, clock, log } = settings;
    this.orchestrator = this.#createOrchestrator();
    this.#sheets = new SheetMaker(configuration.FFMPEG_PATH);
    this.shelves = openShelves(configuration, (tiles) => this.#sheets.make(tiles), log);
    this.origin = new Origin({
      ...{ clock, onAir, stills: this.shelves, orchestrated: this.orchestrator },
      ...{ observer, rightOfWay, log },
    });
    this.#transcoding = this.#createTranscoding();
    this.#broadcasts = this.#createBroadcasts();
    this.#publications = this.#createPublications();
    channels.watchPublishers((streamId, reason) => this.#publications.end(streamId, reason));
    this.#rtmp = this.#createRtmp();
  }

  /** Qualities of the broadcast that were to be made and are not. */
  missingQualities(of: Broadcast): readonly string[] {
    return this.#transcoding?.missingQualities(of) ?? [];
  }

  /** Resolves when it is known what this machine can encode, which a first start has to find out. */
  async surveyed(): Promise<void> {
    await this.#transcoding?.surveyed();
  }

  /** Lets encoders in by RTMP; resolves with the port. Throws a `ListenError`. */
  async listen(): Promise<number> {
    const { HOST: host, RTMP_PORT: port } = this.#settings.configuration;
    try {
      return (await this.#rtmp.listen({ host, port })).port;
    } catch (error) {
      throw error instanceof Error
        ? listenErrorOf(error, { host, port, setting: 'RTMP_PORT' })
        : error;
    }
  }

  /** Sends publishers away, so that their broadcasts end. */
  sendAway(): void {
    this.#publications.close(SERVER_STOPPING);
  }

  /** What ends broadcasts and answers held requests, in this order; `sendAway` comes before. */
  get endings(): readonly (() => Promise<unknown>)[] {
    return [
      () => this.#rtmp.close(),
      () => this.#broadcasts.close(),
      async () => this.#transcoding?.close(),
      async () => this.#sheets.close(),
      async () => this.origin.release(),
    ];
  }

  /** Nothing is read before somebody asks, so the parts may be made after it. */
  #createFigures(): DataPlaneFigures {
    return {
      faults: () => ({
        broadcast: this.#broadcasts.faults,
        transcode: this.#transcoding?.faults ?? 0,
        journal: this.orchestrator.counters.journalFailures,
      }),
      held: () => this.origin.held,
      orchestrator: () => ({
        ...this.orchestrator.counters,
        activeStreams: this.orchestrator.activeStreams,
      }),
      rtmp: () => this.#rtmp.counters,
      ingest: () => ({
        takeovers: this.#publications.takeovers,
        repairs: this.#publications.repairs,
        dropped: this.#publications.dropped,
      }),
      broadcasts: () => {
        const { mediaBytes, ...tally } = this.#broadcasts.tally;
        return { ...tally, mediaBytes: mediaBytes + this.shelves.sizeBytes };
      },
      transcoding: () => this.#transcoding?.tally,
    };
  }

  #createOrchestrator(): Orchestrator {
    const { configuration, current, clock, log } = this.#settings;
    return new Orchestrator({
      clock,
      log,
      journal: new DiskJournal({ folder: join(configuration.DATA_DIR, 'orchestrator') }),
      defaults: {
        get windowSize() {
          return current().SLIDING_WINDOW_SIZE;
        },
        get gapTimeoutMs() {
          return milliseconds(current().GAP_TIMEOUT);
        },
      },
      evicted: (streamId) => this.origin.forget(`/streams/${streamId}/`),
    });
  }

  #createTranscoding(): Transcoding | undefined {
    const { clock, log, configuration, current, channels } = this.#settings;
    const { TRANSCODE: mode, LADDER: ladder, FFMPEG_PATH: ffmpegPath } = configuration;
    if (mode === 'off') return undefined;
    const { SEGMENT_DURATION: segmentDurationS, DATA_DIR: dataDir } = configuration;
    return new Transcoding({
      ...{ mode, ffmpegPath, segmentDurationS, clock, log },
      ladderOf: (streamId) => ladderFrom(channels.onAir(streamId)?.ladder, current().LADDER),
      survey: (signal) =>
        surveyCapacity({ ffmpegPath, ladder, dataDir, isMeasured: mode === 'auto', signal, log }),
      shelves: this.shelves,
      failed: (streamId) => this.#publications.end(streamId, SERVER_FAILED),
    });
  }

  #createBroadcasts(): Broadcasts {
    const { clock, log, configuration, current, channels, onAir, observer } = this.#settings;
    return new Broadcasts({
      clock,
      log,
      onAir,
      observer,
      segmentDurationS: configuration.SEGMENT_DURATION,
      partDurationS: configuration.PART_DURATION,
      get windowSize() {
        return current().SLIDING_WINDOW_SIZE;
      },
      program: (broadcast, source) => {
        // A broadcast without a picture has a shelf as well: else the one before would be shown.
        this.shelves.open(broadcast.streamId, broadcast.id, () => broadcast.zeroEpochMs);
        return this.#transcoding?.begin(broadcast, source) ?? source;
      },
      begin: (streamId) => channels.beginBroadcast(streamId),
      ended: ({ streamId, id }) => channels.endBroadcast(streamId, id),
      failed: (streamId) => this.#publications.end(streamId, SERVER_FAILED),
      forgotten: ({ streamId, id }) => {
        this.origin.forget(`/live/${streamId}/${id}/`);
        this.shelves.forget(streamId, id);
      },
    });
  }

  #createPublications(): Publications {
    const { channels, current, clock, log } = this.#settings;
    return new Publications({
      log,
      clock,
      get reconnectWindowMs() {
        return current().RECONNECT_WINDOW * 1000;
      },
      source: (_streamId, metadata) => new FlvSource({ clock, metadata }),
      goLive: (streamId) => this.#broadcasts.goLive(streamId),
      lost: (streamId, reason) => {
        log.warn({ stream: streamId, reason }, 'publisher lost, waiting for it to come back');
        channels.loseBroadcast(streamId, reason);
      },
      resumed: (streamId) => {
        log.info({ stream: streamId }, 'publisher is back');
        channels.resumeBroadcast(streamId);
      },
      gone: (streamId, reason) => {
        log.info({ stream: streamId, reason }, 'publisher gone');
        channels.closeBroadcast(streamId, reason);
      },
    });
  }

  #createRtmp(): RtmpListener<PublishGrant> {
    const { clock, log, configuration, channels } = this.#settings;
    return new RtmpListener<PublishGrant>({
      clock,
      log,
      authorize: (request) => channels.authorize({ ...request, protocol: 'rtmp' }),
      publish: (grant, publisher) => this.#publish(grant, publisher),
      describe: ({ streamId }) => ({ stream: streamId }),
      limits: { connections: configuration.MAX_PUBLISHERS },
    });
  }

  /** Whoever publishes is known by its key until it is gone, so that it can be cut off by it. */
  #publish(grant: PublishGrant, publisher: RtmpPublisher): MediaSink {
    const gone = this.#settings.channels.publishing(grant);
    const sink = this.#publications.publish(grant.streamId, publisher);
    return {
      media: (kind, timestampMs, payload) => sink.media(kind, timestampMs, payload),
      metadata: (values) => sink.metadata(values),
      end: (reason) => {
        sink.end(reason);
        gone();
      },
    };
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
