/**
 * What `/metrics` says. The parts of the server count in plain numbers of their own; those are
 * read when somebody asks, so that counting costs the busy paths nothing.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { UnwrittenTally } from '../channel/index.ts';
import type { IrcTally } from '../community/irc/index.ts';
import type { RtmpCounters } from '../pipeline/ingest/index.ts';
import type { OrchestratorCounters } from '../pipeline/orchestrator/index.ts';
import type { HeldObserver } from '../pipeline/origin/index.ts';
import type { PackagerObserver } from '../pipeline/packager/index.ts';
import type { ChatTally } from './chat/index.ts';
import type { HttpServerStats, ResponseCount } from './http/index.ts';
import { Histogram } from './metrics-histogram.ts';
import type { NoticesTally } from './notices.ts';
import type { TranscodingTally } from './transcoding.ts';

/** Counts by a reason or kind from a small fixed set, never by what a peer sent. */
export type Tally = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/** Where the figures come from. Each is asked once for every time that somebody asks. */
export interface MetricsSources {
  /** Responses so far, by face and status. */
  readonly responses: () => Iterable<ResponseCount>;
  readonly http: () => HttpServerStats;
  /** Faults of ours so far, by where they occurred: `http`, `broadcast`, `journal`. */
  readonly errors: () => Tally;
  /** Requests held now. */
  readonly held: () => number;
  readonly orchestrator: () => Readonly<OrchestratorCounters> & { readonly activeStreams: number };
  readonly rtmp: () => RtmpCounters;
  readonly ingest: () => {
    /** Publishers replaced by a newer one so far. */
    readonly takeovers: number;
    /** What the normaliser had to do so far, by reason. */
    readonly repairs: Tally;
    /** Media messages of which nothing, or less than they claimed, could be used, by reason. */
    readonly dropped: Tally;
  };
  readonly broadcasts: () => {
    /** On air now. */
    readonly live: number;
    /** Since the start. */
    readonly started: number;
    readonly ended: number;
    /** Bytes of media held in memory now. */
    readonly mediaBytes: number;
  };
  /** Undefined where nobody is told anything. */
  readonly notices?: () => NoticesTally;
  /** Changes of streams that are not in the database; undefined where there is none. */
  readonly unwritten?: () => UnwrittenTally;
  /** Undefined where there is no chat. */
  readonly chat?: () => ChatTally;
  readonly irc?: () => IrcTally;
  /** Viewers of all streams now. Undefined where nobody counts them. */
  readonly viewers?: () => number;
  /** Undefined where nothing is transcoded. */
  readonly transcoding: () => TranscodingTally | undefined;
}

/** Seconds. A part cannot be listed sooner than one frame after its media ends: 33 ms at 30 fps. */
const PART_LATENCY_BOUNDS = [
  0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2,
];
/** Seconds. A request made for the next part waits one part, 0.333 s by default. */
const HELD_BOUNDS = [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.75, 1, 2, 4, 8];

/** Renditions that are the publisher's video and sound as they came. */
const OWN_TRACKS: readonly string[] = ['video', 'audio'];

/** All metrics of one server. */
export class Metrics implements PackagerObserver, HeldObserver {
  readonly #registry = new Registry();
  readonly #partLatency = new Histogram(
    'hls_part_latency_seconds',
    'From the end of a part in wall-clock time until it is listed.',
    PART_LATENCY_BOUNDS,
  );
  readonly #rungLatency = new Histogram(
    'hls_rung_part_latency_seconds',
    'The same of renditions that were encoded here or are other qualities of the publisher.',
    PART_LATENCY_BOUNDS,
  );
  readonly #heldWait = new Histogram(
    'hls_held_request_seconds',
    'How long requests were held until they were answered.',
    HELD_BOUNDS,
  );
  #timedOut = 0;

  /** Nothing is read before `text`, so the sources may be made later than this. */
  constructor(sources: MetricsSources) {
    const register = this.#registry;
    collectDefaultMetrics({ register });
    exposeDelivery(register, sources, () => this.#timedOut);
    exposeOrchestrator(register, sources);
    exposeIngest(register, sources);
    exposeHttp(register, sources);
    exposeTranscoding(register, sources);
    exposeNotices(register, sources);
    exposeUnwritten(register, sources);
    exposeChat(register, sources);
    exposeIrc(register, sources);
    exposeViewers(register, sources);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A part of `rendition` is listed `latencyMs` after its media ended. */
  partListed(latencyMs: number, rendition: string): void {
    const isOwn = OWN_TRACKS.includes(rendition);
    (isOwn ? this.#partLatency : this.#rungLatency).observe(latencyMs / 1000);
  }

  /** A held request was answered after `waitedMs`. */
  answered(waitedMs: number, timedOut: boolean): void {
    this.#heldWait.observe(waitedMs / 1000);
    if (timedOut) this.#timedOut += 1;
  }

  /** All figures as of now, in the text format of Prometheus. */
  async text(): Promise<string> {
    const histograms = [this.#partLatency, this.#rungLatency, this.#heldWait].map((histogram) =>
      histogram.text(),
    );
    return [await this.#registry.metrics(), ...histograms].join('\n');
  }
}

function exposeDelivery(
  register: Registry,
  { responses, errors, held, orchestrator, broadcasts }: MetricsSources,
  timedOut: () => number,
): void {
  const expose = exposer(register);
  const responseRows = function* (): Generator<Row> {
    for (const { face, status, count } of responses()) {
      yield [{ face, status: `${status}` }, count];
    }
  };
  expose.countRows('hls_requests_total', 'Responses by face and status.', responseRows);
  expose.countBy('hls_errors_total', 'Faults of the server itself.', 'kind', errors);
  expose.gauge(
    'hls_active_streams',
    'Live broadcasts, and streams of transcoders that have not ended.',
    () => broadcasts().live + orchestrator().activeStreams,
  );
  expose.count(
    'hls_streams_ended_total',
    'Broadcasts that ended, and streams that transcoders ended.',
    () => broadcasts().ended + orchestrator().streamsEnded,
  );
  expose.gauge('hls_broadcasts_live', 'Broadcasts on air.', () => broadcasts().live);
  expose.count('hls_broadcasts_started_total', 'Broadcasts begun.', () => broadcasts().started);
  expose.gauge('hls_media_bytes', 'Media held in memory.', () => broadcasts().mediaBytes);
  expose.gauge('hls_held_requests', 'Requests held until there is new media.', held);
  expose.count('hls_held_requests_timed_out_total', 'Held requests answered with 503.', timedOut);
}

function exposeTranscoding(register: Registry, { transcoding: of }: MetricsSources): void {
  const expose = exposer(register);
  const gauge = (name: string, help: string, value: (tally: TranscodingTally) => number): void => {
    expose.gauge(name, help, () => {
      const tally = of();
      return tally === undefined ? 0 : value(tally);
    });
  };
  gauge('transcode_active', 'Broadcasts that are transcoded.', ({ running }) => running);
  gauge(
    'transcode_given_up',
    'Broadcasts passed through alone after repeated crashes.',
    ({ givenUp }) => givenUp,
  );
  gauge('transcode_shed_rungs', 'Rungs that the machine is too slow for.', (of) => of.shedRungs);
  gauge('transcode_lag_seconds', 'How far the slowest is behind.', ({ worstLagS }) => worstLagS);
  gauge('transcode_speed', 'Seconds of media in a second, slowest.', (of) => of.worstSpeed);
  expose.countBy('transcode_restarts_total', 'Encoders started anew.', 'reason', () => {
    return of()?.restarts ?? {};
  });
  expose.count(
    'transcode_dropped_samples_total',
    'Samples that encoders were too slow for.',
    () => of()?.droppedSamples ?? 0,
  );
}

function exposeOrchestrator(register: Registry, { orchestrator: of }: MetricsSources): void {
  const { count } = exposer(register);
  count(
    'hls_segments_registered_total',
    'New segments of transcoders.',
    () => of().segmentsRegistered,
  );
  count('hls_parts_registered_total', 'New parts of transcoders.', () => of().partsRegistered);
  count('hls_duplicates_total', 'Registrations that were there before.', () => of().duplicates);
  count('hls_late_total', 'Registrations whose place had passed.', () => of().late);
  count('hls_conflicts_total', 'Registrations with other content.', () => of().conflicts);
  count('hls_refusals_total', 'Registrations refused, conflicts included.', () => of().refusals);
  count('hls_target_rises_total', 'Rises of undeclared target durations.', () => of().targetRises);
  count('hls_gaps_total', 'Segments published as gaps.', () => of().gapsPublished);
  count(
    'hls_closed_short_total',
    'Segments listed without all of their parts.',
    () => of().closedShort,
  );
  count(
    'hls_streams_evicted_total',
    'Ended streams forgotten for new ones.',
    () => of().streamsEvicted,
  );
}

function exposeIngest(register: Registry, { rtmp, ingest }: MetricsSources): void {
  const { count, countBy, gauge } = exposer(register);
  gauge('rtmp_connections', 'Open RTMP connections.', () => rtmp().connections);
  gauge('rtmp_publishers', 'RTMP connections that publish.', () => rtmp().publishers);
  count('rtmp_connections_total', 'RTMP connections accepted.', () => rtmp().accepted);
  count('rtmp_received_bytes_total', 'Bytes from RTMP peers.', () => rtmp().receivedBytes);
  countBy('rtmp_refused_total', 'RTMP peers refused.', 'reason', () => rtmp().refused);
  countBy('rtmp_ended_total', 'RTMP connections ended.', 'reason', () => rtmp().ended);
  count('rtmp_ignored_messages_total', 'RTMP messages not needed.', () => rtmp().ignoredMessages);
  count('ingest_takeovers_total', 'Publishers replaced by a newer.', () => ingest().takeovers);
  countBy('ingest_repairs_total', 'Repairs of timestamps.', 'reason', () => ingest().repairs);
  countBy('ingest_dropped_total', 'Media messages not used.', 'reason', () => ingest().dropped);
}

function exposeHttp(register: Registry, { http }: MetricsSources): void {
  const { count, countBy, gauge } = exposer(register);
  gauge('http_lane_connections', 'Connections in the fast lane.', () => http().laneConnections);
  count(
    'http_handed_over_total',
    'Connections handed to the general parser.',
    () => http().handedOver,
  );
  count(
    'http_refused_connections_total',
    'Connections over the limit.',
    () => http().refusedConnections,
  );
  countBy('http_dropped_total', 'Fast-lane connections dropped.', 'reason', () => http().drops);
}

function exposeNotices(register: Registry, { notices }: MetricsSources): void {
  if (notices === undefined) return;
  const { countBy, gauge } = exposer(register);
  countBy('webhook_tries_total', 'Tries to deliver, by outcome.', 'outcome', () => notices().tries);
  gauge('webhook_pending', 'Deliveries that wait.', () => notices().pending);
  gauge(
    'webhook_oldest_pending_seconds',
    'How long the oldest has waited.',
    () => notices().oldestPendingMs / 1000,
  );
  gauge('event_stream_readers', 'Connections that follow events.', () => notices().readers);
}

function exposeUnwritten(register: Registry, { unwritten }: MetricsSources): void {
  if (unwritten === undefined) return;
  const { count, gauge } = exposer(register);
  gauge('stream_changes_waiting', 'Changes that wait for the database.', () => unwritten().waiting);
  count('stream_changes_lost_total', 'Changes never kept.', () => unwritten().lost);
}

function exposeChat(register: Registry, { chat }: MetricsSources): void {
  if (chat === undefined) return;
  const { countBy, gauge } = exposer(register);
  gauge('redis_up', 'Whether Redis answers.', () => {
    const { isRedisUp } = chat();
    return isRedisUp === undefined ? undefined : Number(isRedisUp);
  });
  gauge('chat_readers', 'Sockets that read a chat.', () => chat().readers);
  gauge('chat_rooms', 'Chats that are open.', () => chat().rooms);
  gauge('chat_unkept', 'Messages that wait for the database.', () => chat().pending);
  countBy('chat_lost_total', 'Messages never kept.', 'reason', () => ({ unkept: chat().lost }));
  countBy('chat_closes_total', 'Sockets closed, by reason.', 'reason', () => chat().closes);
}

function exposeIrc(register: Registry, { irc }: MetricsSources): void {
  if (irc === undefined) return;
  const { gauge, countBy } = exposer(register);
  gauge('irc_sessions', 'Clients that speak IRC.', () => irc().sessions);
  countBy('irc_ended_total', 'IRC connections ended, by reason.', 'reason', () => irc().ended);
}

function exposeViewers(register: Registry, { viewers }: MetricsSources): void {
  if (viewers === undefined) return;
  exposer(register).gauge('viewers', 'Viewers of all streams.', viewers);
}

/** One value and the labels it stands under. */
type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Adds metrics to `register` that are read when somebody asks. */
function exposer(register: Registry) {
  const countRows = (name: string, help: string, rows: () => Iterable<Row>): void => {
    const labelNames = ['face', 'status', 'kind', 'reason', 'outcome'];
    new Counter({
      name,
      help,
      labelNames,
      registers: [register],
      collect() {
        this.reset();
        for (const [labels, value] of rows()) this.inc({ ...labels }, value);
      },
    });
  };
  return {
    countRows,
    count: (name: string, help: string, read: () => number): void =>
      countRows(name, help, () => [[{}, read()]]),
    countBy: (name: string, help: string, label: string, read: () => Tally): void =>
      countRows(name, help, () => entries(read()).map(([key, value]) => [{ [label]: key }, value])),
    /** Without a value while `read` has none. */
    gauge: (name: string, help: string, read: () => number | undefined): void => {
      new Gauge({
        name,
        help,
        registers: [register],
        collect() {
          const value = read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    },
  };
}

function entries(tally: Tally): readonly (readonly [string, number])[] {
  return tally instanceof Map ? [...tally] : Object.entries(tally);
}
