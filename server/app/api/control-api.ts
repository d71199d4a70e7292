import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../base/index.ts';
import type { GuardSettings } from '../http/index.ts';
import { documentRoutes } from './document-routes.ts';
import { identifyOperator } from './operator.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import { serverRoutes } from './server-routes.ts';
import { type StreamRouteSettings, streamRoutes } from './stream-routes.ts';

/** What the control API needs of the application. */
export interface ApiSettings extends StreamRouteSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Who counts as the operator. */
  readonly management: GuardSettings;
}

/** Adds everything under `/api`. To be called before any other route is added there. */
export function registerControlApi(app: FastifyInstance, settings: ApiSettings): void {
  const { directory, management, version, clock } = settings;
  const routes = [...streamRoutes(settings), ...serverRoutes(settings)];
  const access = {
    limits: new RateLimits(clock),
    identify: identifyOperator(management),
    owners: {
      stream: async (id: string) => {
        const stream = directory.get(id);
        return stream === undefined ? undefined : { ownerId: stream.broadcasterId };
      },
    },
  };
  registerApi(app, access, [...routes, ...documentRoutes(routes, version)]);
}
