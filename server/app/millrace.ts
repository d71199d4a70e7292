/** Everything put together: the parts of one server, their wiring, and the order of start and end. */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Accounts } from '../account/index.ts';
import type { Clock, Log } from '../base/index.ts';
import {
  type Channels,
  listIngestEndpoints,
  type PublishGrant,
  SERVER_FAILED,
  SERVER_STOPPING,
} from '../channel/index.ts';
import type { OnAir } from '../live/index.ts';
import {
  FlvSource,
  type MediaSink,
  Publications,
  RtmpListener,
  type RtmpPublisher,
} from '../pipeline/ingest/index.ts';
import { Orchestrator } from '../pipeline/orchestrator/index.ts';
import { isDeliveryPath, Origin } from '../pipeline/origin/index.ts';
import { SheetMaker, type ThumbnailShelves } from '../pipeline/thumbnails/index.ts';
import { DiskJournal } from '../store/journal/index.ts';
import { type ConfigurationDesk, qualitiesOf, registerControlApi } from './api/index.ts';
import { Broadcasts } from './broadcasts.ts';
import type { Configuration } from './config/index.ts';
import { type Ground, prepareGround } from './ground.ts';
import { createHttpServer, type HttpServer, listenErrorOf, type TlsKeyPair } from './http/index.ts';
import { Metrics } from './metrics.ts';
import type { Notices } from './notices.ts';
import { managementOf } from './people.ts';
import { registerOperationsRoutes } from './routes/operations.ts';
import { registerOrchestratorRoutes } from './routes/orchestrator.ts';
import { registerPageRoutes } from './routes/pages.ts';
import { ServerRecord } from './server-record.ts';
import { openShelves } from './shelves.ts';
import { ladderFrom, surveyCapacity, Transcoding } from './transcoding.ts';

/** How long held requests and open answers may take to finish when the server stops. */
const CLOSE_DEADLINE_MS = 5_000;
const WEB_FOLDER = join(import.meta.dirname, '../../web/dist');

/** What a server needs of its process. */
export interface MillraceSettings {
  /** What it starts with. */
  readonly configuration: Configuration;
  /** What counts by now, as far as it may change while the server runs. */
  readonly current: () => Configuration;
  /** Its settings, for those who may read and reload them. */
  readonly desk: ConfigurationDesk;
  /** Contents of TLS_CERT and TLS_KEY; undefined speaks plain HTTP. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** One whole server, from `start` to `close`. */
export class Millrace {
  readonly channels: Channels;
  readonly accounts: Accounts;
  /** The ports taken; equal to the settings unless those were 0. */
  port = 0;
  rtmpPort = 0;
  readonly #settings: MillraceSettings;
  readonly #onAir: OnAir;
  readonly #orchestrator: Orchestrator;
  readonly #sheets: SheetMaker;
  readonly #shelves: ThumbnailShelves;
  readonly #origin: Origin;
  /** Undefined where broadcasts are passed through alone. */
  readonly #transcoding: Transcoding | undefined;
  readonly #broadcasts: Broadcasts;
  readonly #publications: Publications;
  readonly #rtmp: RtmpListener<PublishGrant>;
  readonly #http: HttpServer;
  readonly #metrics = this.#createMetrics();
  readonly #ground: Ground;
  readonly #notices: Notices;
  readonly #record: ServerRecord;
  #ready = false;
  #closing: Promise<void> | undefined;

  private constructor(settings: MillraceSettings, ground: Ground) {
    this.#ground = ground;
    this.#notices = ground.notices;
    this.#onAir = ground.onAir;
    this.#settings = settings;
    this.channels = ground.channels;
    this.accounts = ground.accounts;
    const { configuration, current, clock, log } = settings;
    const database = ground.databases.control;
    this.#record = new ServerRecord({ database, onAir: this.#onAir, clock, log });
    this.#orchestrator = new Orchestrator({
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
      evicted: (streamId) => this.#origin.forget(`/streams/${streamId}/`),
    });
    this.#sheets = new SheetMaker(configuration.FFMPEG_PATH);
    this.#shelves = openShelves(configuration, (tiles) => this.#sheets.make(tiles), log);
    this.#origin = new Origin({
      clock,
      onAir: this.#onAir,
      stills: this.#shelves,
      orchestrated: this.#orchestrator,
      observer: this.#metrics,
      log,
    });
    this.#transcoding = this.#createTranscoding();
    this.#ground.health.missingQualities = (of) => this.#transcoding?.missingQualities(of) ?? [];
    this.#broadcasts = this.#createBroadcasts();
    this.#publications = new Publications({
      log,
      clock,
      get reconnectWindowMs() {
        return current().RECONNECT_WINDOW * 1000;
      },
      source: (_streamId, metadata) => new FlvSource({ clock, metadata }),
      goLive: (streamId) => this.#broadcasts.goLive(streamId),
      lost: (streamId, reason) => {
        log.warn({ stream: streamId, reason }, 'publisher lost, waiting for it to come back');
        this.channels.loseBroadcast(streamId, reason);
      },
      resumed: (streamId) => {
        log.info({ stream: streamId }, 'publisher is back');
        this.channels.resumeBroadcast(streamId);
      },
      gone: (streamId, reason) => {
        log.info({ stream: streamId, reason }, 'publisher gone');
        this.channels.closeBroadcast(streamId, reason);
      },
    });
    this.channels.watchPublishers((streamId, reason) => this.#publications.end(streamId, reason));
    this.#rtmp = this.#createRtmp();
    this.#http = this.#createHttp();
  }

  /**
   * Opens the stores, takes up what they kept, and listens. Throws a `ListenError` for a port that
   * is taken, and the stores' own errors; whatever was opened before is closed again.
   */
  static async start(settings: MillraceSettings): Promise<Millrace> {
    const millrace = new Millrace(settings, await prepareGround(settings));
    try {
      await millrace.#listen();
    } catch (error) {
      await millrace.close();
      throw error;
    }
    return millrace;
  }

  /** Connections over TLS from now on are shown this certificate. */
  renewTls(pair: TlsKeyPair): void {
    this.#http.renewTls(pair);
    this.#ground.irc.renewTls(pair);
  }

  /** Resolves when it is known what this machine can encode, which a first start has to find out. */
  async surveyed(): Promise<void> {
    await this.#transcoding?.surveyed();
  }

  /**
   * Stops accepting, ends the broadcasts, answers held requests, keeps what is not kept yet, and
   * resolves when all is closed. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #listen(): Promise<void> {
    const { HOST: host, RTMP_PORT: port, PUBLIC_URL } = this.#settings.configuration;
    await this.#orchestrator.recover();
    await this.#notices.start();
    try {
      ({ port: this.rtmpPort } = await this.#rtmp.listen({ host, port }));
    } catch (error) {
      throw error instanceof Error
        ? listenErrorOf(error, { host, port, setting: 'RTMP_PORT' })
        : error;
    }
    await this.#ground.irc.listen();
    ({ port: this.port } = await this.#http.listen());
    await this.#record.start(PUBLIC_URL, this.rtmpPort);
    this.#ground.health.start();
    this.#ready = true;
    this.#settings.log.info({ host, port: this.port }, 'http listening');
  }

  async #close(): Promise<void> {
    this.#ready = false;
    this.#publications.close(SERVER_STOPPING);
    const failures: unknown[] = [];
    // What fails to end must not keep what comes after it from being kept.
    for (const step of [
      () => this.#rtmp.close(),
      () => this.#broadcasts.close(),
      async () => this.#transcoding?.close(),
      async () => this.#sheets.close(),
      async () => this.#origin.release(),
      async () => this.#notices.endStreams(),
      () => this.#ground.follower.close(),
      () => this.#ground.chat.leave(),
      () => this.#ground.irc.close(),
      () => this.#http.close(CLOSE_DEADLINE_MS),
      () => this.#orchestrator.close(),
      () => this.#record.close(),
      async () => this.#ground.health.close(),
      () => this.channels.close(),
      () =>
        Promise.all([
          this.#notices.close(),
          this.#ground.chat.close(),
          this.#ground.viewers.close(),
        ]),
      () => this.#ground.databases.close(),
      () => this.#ground.release(),
    ]) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything ended well');
  }

  /** Nothing is read before somebody asks, so the parts may be made after it. */
  #createMetrics(): Metrics {
    return new Metrics({
      responses: () => this.#http.responses.counts(),
      http: () => this.#http.stats,
      notices: () => this.#notices.tally,
      unwritten: () => this.channels.unwritten,
      chat: () => this.#ground.chat.tally,
      irc: () => this.#ground.irc.tally,
      viewers: () => this.#ground.viewers.total,
      errors: () => ({
        http: this.#http.responses.faults,
        broadcast: this.#broadcasts.faults,
        transcode: this.#transcoding?.faults ?? 0,
        journal: this.#orchestrator.counters.journalFailures,
      }),
      held: () => this.#origin.held,
      orchestrator: () => ({
        ...this.#orchestrator.counters,
        activeStreams: this.#orchestrator.activeStreams,
      }),
      rtmp: () => this.#rtmp.counters,
      ingest: () => ({
        takeovers: this.#publications.takeovers,
        repairs: this.#publications.repairs,
        dropped: this.#publications.dropped,
      }),
      broadcasts: () => {
        const { mediaBytes, ...tally } = this.#broadcasts.tally;
        return { ...tally, mediaBytes: mediaBytes + this.#shelves.sizeBytes };
      },
      transcoding: () => this.#transcoding?.tally,
    });
  }

  #createTranscoding(): Transcoding | undefined {
    const { clock, log, configuration, current } = this.#settings;
    const { TRANSCODE: mode, LADDER: ladder, FFMPEG_PATH: ffmpegPath } = configuration;
    if (mode === 'off') return undefined;
    const { SEGMENT_DURATION: segmentDurationS, DATA_DIR: dataDir } = configuration;
    return new Transcoding({
      ...{ mode, ffmpegPath, segmentDurationS, clock, log },
      ladderOf: (streamId) => ladderFrom(this.channels.onAir(streamId)?.ladder, current().LADDER),
      survey: (signal) =>
        surveyCapacity({ ffmpegPath, ladder, dataDir, isMeasured: mode === 'auto', signal, log }),
      shelves: this.#shelves,
      failed: (streamId) => this.#publications.end(streamId, SERVER_FAILED),
    });
  }

  #createBroadcasts(): Broadcasts {
    const { clock, log, configuration, current } = this.#settings;
    return new Broadcasts({
      clock,
      log,
      onAir: this.#onAir,
      observer: this.#metrics,
      segmentDurationS: configuration.SEGMENT_DURATION,
      partDurationS: configuration.PART_DURATION,
      get windowSize() {
        return current().SLIDING_WINDOW_SIZE;
      },
      program: (broadcast, source) => {
        // A broadcast without a picture has a shelf as well: else the one before would be shown.
        this.#shelves.open(broadcast.streamId, broadcast.id, () => broadcast.zeroEpochMs);
        return this.#transcoding?.begin(broadcast, source) ?? source;
      },
      begin: (streamId) => this.channels.beginBroadcast(streamId),
      ended: ({ streamId, id }) => this.channels.endBroadcast(streamId, id),
      failed: (streamId) => this.#publications.end(streamId, SERVER_FAILED),
      forgotten: ({ streamId, id }) => {
        this.#origin.forget(`/live/${streamId}/${id}/`);
        this.#shelves.forget(streamId, id);
      },
    });
  }

  #createRtmp(): RtmpListener<PublishGrant> {
    const { clock, log, configuration } = this.#settings;
    return new RtmpListener<PublishGrant>({
      clock,
      log,
      authorize: (request) => this.channels.authorize({ ...request, protocol: 'rtmp' }),
      publish: (grant, publisher) => this.#publish(grant, publisher),
      describe: ({ streamId }) => ({ stream: streamId }),
      limits: { connections: configuration.MAX_PUBLISHERS },
    });
  }

  /** Whoever publishes is known by its key until it is gone, so that it can be cut off by it. */
  #publish(grant: PublishGrant, publisher: RtmpPublisher): MediaSink {
    const gone = this.channels.publishing(grant);
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

  #createHttp(): HttpServer {
    const { clock, log, configuration } = this.#settings;
    return createHttpServer({
      log,
      clock,
      host: configuration.HOST,
      port: configuration.PORT,
      tls: this.#settings.tls,
      delivery: { handler: this.#origin, matches: isDeliveryPath },
      witness: this.#ground.viewers,
      management: managementOf(this.#settings),
      limits: { maxConnections: configuration.MAX_CONNECTIONS },
      upgrade: this.#ground.irc.upgrade(this.#ground.chat.upgrade),
      register: (app) => this.#register(app),
    });
  }

  async #register(app: FastifyInstance): Promise<void> {
    const { clock, configuration, version } = this.#settings;
    const { PUBLIC_URL: publicUrl } = configuration;
    const { answerRoot, chat, health } = this.#ground;
    registerControlApi(app, {
      channels: this.channels,
      accounts: this.accounts,
      database: this.#ground.databases.control,
      notices: this.#notices,
      configuration: this.#settings.desk,
      isTls: this.#settings.tls !== undefined,
      ...{ clock, version, answerRoot, chat, health },
      management: managementOf(this.#settings),
      publicUrl,
      rtmpPort: () => this.rtmpPort,
      hasPoster: (streamId, broadcastId) => this.#shelves.hasPoster(streamId, broadcastId),
      qualitiesOf: (streamId) => qualitiesOf(this.#onAir.live(streamId)),
      viewers: this.#ground.viewers,
      viewersOf: (streamId) => this.#ground.viewers.countOf(streamId),
      ingestEndpoints: () => listIngestEndpoints(this.#ground.databases.control),
      windowS: configuration.SLIDING_WINDOW_SIZE * configuration.SEGMENT_DURATION,
    });
    registerOperationsRoutes(app, {
      clock,
      version,
      isReady: () => this.#ready,
      unwritten: () => this.channels.unwritten,
      metrics: this.#metrics,
    });
    registerOrchestratorRoutes(app, { orchestrator: this.#orchestrator });
    await registerPageRoutes(app, WEB_FOLDER, (id) => this.#onAir.live(id) !== undefined);
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
