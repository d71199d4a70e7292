/** Everything put together: the parts of one server, their wiring, and the order of start and end. */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Accounts } from '../account/index.ts';
import type { Clock, Log } from '../base/index.ts';
import { type Channels, listIngestEndpoints } from '../channel/index.ts';
import type { OnAir } from '../live/index.ts';
import { isDeliveryPath } from '../pipeline/origin/index.ts';
import { type ConfigurationDesk, qualitiesOf, registerControlApi } from './api/index.ts';
import type { Configuration } from './config/index.ts';
import { DataPlane } from './data-plane.ts';
import { type Ground, prepareGround } from './ground.ts';
import { createHttpServer, type HttpServer, type TlsKeyPair } from './http/index.ts';
import { Metrics } from './metrics.ts';
import type { Notices } from './notices.ts';
import { managementOf } from './people.ts';
import { registerOperationsRoutes } from './routes/operations.ts';
import { registerOrchestratorRoutes } from './routes/orchestrator.ts';
import { registerPageRoutes } from './routes/pages.ts';
import { ServerRecord } from './server-record.ts';

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
  readonly #plane: DataPlane;
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
    this.#plane = new DataPlane({
      ...{ configuration, current, channels: this.channels, onAir: this.#onAir, clock, log },
      observer: this.#metrics,
      rightOfWay: ground.rightOfWay,
    });
    ground.health.missingQualities = (of) => this.#plane.missingQualities(of);
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
    await this.#plane.surveyed();
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
    const { HOST: host, PUBLIC_URL } = this.#settings.configuration;
    await this.#plane.orchestrator.recover();
    await this.#notices.start();
    this.rtmpPort = await this.#plane.listen();
    await this.#ground.irc.listen();
    ({ port: this.port } = await this.#http.listen());
    await this.#record.start(PUBLIC_URL, this.rtmpPort);
    this.#ground.health.start();
    this.#ready = true;
    this.#settings.log.info({ host, port: this.port }, 'http listening');
  }

  async #close(): Promise<void> {
    this.#ready = false;
    this.#plane.sendAway();
    const failures: unknown[] = [];
    // What fails to end must not keep what comes after it from being kept.
    for (const step of [
      ...this.#plane.endings,
      async () => this.#notices.endStreams(),
      () => this.#ground.follower.close(),
      () => this.#ground.chat.leave(),
      () => this.#ground.irc.close(),
      () => this.#http.close(CLOSE_DEADLINE_MS),
      () => this.#plane.orchestrator.close(),
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
    const figures = () => this.#plane.figures;
    return new Metrics({
      responses: () => this.#http.responses.counts(),
      http: () => this.#http.stats,
      notices: () => this.#notices.tally,
      unwritten: () => this.channels.unwritten,
      chat: () => this.#ground.chat.tally,
      irc: () => this.#ground.irc.tally,
      viewers: () => this.#ground.viewers.total,
      errors: () => ({ http: this.#http.responses.faults, ...figures().faults() }),
      held: () => figures().held(),
      orchestrator: () => figures().orchestrator(),
      rtmp: () => figures().rtmp(),
      ingest: () => figures().ingest(),
      broadcasts: () => figures().broadcasts(),
      transcoding: () => figures().transcoding(),
    });
  }

  #createHttp(): HttpServer {
    const { clock, log, configuration } = this.#settings;
    return createHttpServer({
      log,
      clock,
      host: configuration.HOST,
      port: configuration.PORT,
      tls: this.#settings.tls,
      delivery: { handler: this.#plane.origin, matches: isDeliveryPath },
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
      hasPoster: (streamId, broadcastId) => this.#plane.shelves.hasPoster(streamId, broadcastId),
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
    registerOrchestratorRoutes(app, { orchestrator: this.#plane.orchestrator });
    await registerPageRoutes(app, WEB_FOLDER, (id) => this.#onAir.live(id) !== undefined);
  }
}
