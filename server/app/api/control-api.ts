import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../base/index.ts';
import type { GuardSettings } from '../http/index.ts';
import { documentRoutes } from './document-routes.ts';
import { type EventRouteSettings, eventRoutes } from './event-routes.ts';
import { identifyOperator } from './operator.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import type { ApiRoute } from './route.ts';
import { serverRoutes } from './server-routes.ts';
import { type StreamRouteSettings, streamRoutes } from './stream-routes.ts';
import { type WebhookRouteSettings, webhookRoutes } from './webhook-routes.ts';

/** Who tells what happens, and to whom. */
export type NoticeSettings = WebhookRouteSettings & Omit<EventRouteSettings, 'identify'>;

/** What the control API needs of the application. */
export interface ApiSettings extends StreamRouteSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Who counts as the operator. */
  readonly management: GuardSettings;
  /** Undefined where there is no database: then nobody is told anything. */
  readonly notices?: NoticeSettings | undefined;
}

/** Adds everything under `/api`. To be called before any other route is added there. */
export function registerControlApi(app: FastifyInstance, settings: ApiSettings): void {
  const { directory, management, version, clock, notices } = settings;
  const identify = identifyOperator(management);
  const routes = [
    ...streamRoutes(settings),
    ...(notices === undefined ? [] : noticeRoutes({ ...notices, identify })),
    ...serverRoutes(settings),
  ];
  const access = {
    limits: new RateLimits(clock),
    identify,
    owners: {
      stream: async (id: string) => {
        const stream = directory.get(id);
        return stream === undefined ? undefined : { ownerId: stream.broadcasterId };
      },
      webhook: async (id: string) => notices?.webhooks.get(id),
    },
  };
  registerApi(app, access, [...routes, ...documentRoutes(routes, version)]);
}

function noticeRoutes(settings: WebhookRouteSettings & EventRouteSettings): readonly ApiRoute[] {
  return [...webhookRoutes(settings), ...eventRoutes(settings)];
}
