/** What operators and their machines ask: is it alive, may it get traffic, what are its figures. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../base/index.ts';
import type { UnwrittenTally } from '../../channel/index.ts';
import { refuse } from '../http/index.ts';

/** What the operations routes need of the application. */
export interface OperationsSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Whether everything listens and nothing is stopping. */
  readonly isReady: () => boolean;
  /** How the database lags behind; undefined where there is none. */
  readonly unwritten?: () => UnwrittenTally;
  readonly metrics: {
    readonly contentType: string;
    /** All figures as of now, in the text format of Prometheus. */
    text(): Promise<string>;
  };
}

const NOTHING_WAITS: UnwrittenTally = { waiting: 0, lost: 0, isFull: false };

/** Adds `/health`, `/ready` and `/metrics`. */
export function registerOperationsRoutes(app: FastifyInstance, settings: OperationsSettings): void {
  const { clock, version, isReady, metrics, unwritten } = settings;
  const startedMs = clock.monotonicMs();

  // Whoever starts a server anew that answers otherwise would lose what waits for the database.
  app.get('/health', async () => {
    const uptimeS = Math.floor((clock.monotonicMs() - startedMs) / 1000);
    const { waiting, lost, isFull } = unwritten?.() ?? NOTHING_WAITS;
    const status = isFull ? 'degraded' : 'ok';
    return { status, version, uptimeS, database: { changesWaiting: waiting, changesLost: lost } };
  });

  app.get('/ready', async (_request, reply) => {
    if (isReady()) return { status: 'ready' };
    const detail = 'Cannot take requests: the server is stopping, or has not started yet';
    return refuse(reply, { refused: 'shutting_down', detail });
  });

  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
}
