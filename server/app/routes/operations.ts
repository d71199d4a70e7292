/** What operators and their machines ask: is it alive, may it get traffic, what are its figures. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../base/index.ts';
import { refuse } from '../http/index.ts';

/** What the operations routes need of the application. */
export interface OperationsSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Whether everything listens and nothing is stopping. */
  readonly isReady: () => boolean;
  readonly metrics: {
    readonly contentType: string;
    /** All figures as of now, in the text format of Prometheus. */
    text(): Promise<string>;
  };
}

/** Adds `/health`, `/ready` and `/metrics`. */
export function registerOperationsRoutes(app: FastifyInstance, settings: OperationsSettings): void {
  const { clock, version, isReady, metrics } = settings;
  const startedMs = clock.monotonicMs();

  app.get('/health', async () => ({
    status: 'ok',
    version,
    uptimeS: Math.floor((clock.monotonicMs() - startedMs) / 1000),
  }));

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
