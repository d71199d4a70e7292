import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Accounts } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';
import { exportChat } from '../../community/chat/index.ts';
import type { Database } from '../../store/sql/index.ts';
import type { GuardSettings } from '../http/index.ts';
import { Callers } from './caller.ts';
import { chatExportRoutes } from './chat-export-routes.ts';
import type { ChatRouteSettings } from './chat-room.ts';
import { chatRoutes } from './chat-routes.ts';
import { type ConfigurationDesk, configurationRoutes } from './configuration-routes.ts';
import { documentRoutes } from './document-routes.ts';
import { type EventRouteSettings, eventRoutes } from './event-routes.ts';
import { type HealthRouteSettings, healthRoutes } from './health-routes.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { keyRoutes } from './key-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { RateLimits, VIEWER_BUDGETS } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import type { ApiRoute } from './route.ts';
import { serverRoutes } from './server-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { streamRoutes } from './stream-routes.ts';
import type { StreamRouteSettings } from './stream-views.ts';
import { tokenRoutes } from './token-routes.ts';
import { type ViewerRouteSettings, viewerRoutes } from './viewer-routes.ts';
import { type WebhookRouteSettings, webhookRoutes } from './webhook-routes.ts';

/** Who tells what happens, and to whom. */
export type NoticeSettings = WebhookRouteSettings & Omit<EventRouteSettings, 'identifyAgain'>;

/** What the control API needs of the application. */
export interface ApiSettings extends StreamRouteSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Who counts as the operator. */
  readonly management: GuardSettings;
  readonly accounts: Accounts;
  /** Keeps what requests with an Idempotency-Key were answered. */
  readonly database: Database;
  /** A secret that is not in the database, with which those answers are sealed. */
  readonly answerRoot: Uint8Array;
  /** Undefined where nobody keeps the settings, as in tests. */
  readonly configuration?: ConfigurationDesk | undefined;
  /** Whether this very port speaks HTTPS. */
  readonly isTls: boolean;
  /** Undefined where there is no database: then nobody is told anything. */
  readonly notices?: NoticeSettings | undefined;
  /** Undefined where nothing is on air. */
  readonly health?: HealthRouteSettings | undefined;
  /** Undefined where there is no database, likewise. */
  readonly chat?: Omit<ChatRouteSettings, 'accounts'> | undefined;
  /** Undefined where nobody counts viewers. */
  readonly viewers?: ViewerRouteSettings | undefined;
}

/** Adds everything under `/api`. To be called before any other route is added there. */
export function registerControlApi(app: FastifyInstance, settings: ApiSettings): void {
  const { channels, accounts, database, management, isTls, version, clock, notices } = settings;
  const callers = new Callers({ accounts, management, isTls });
  const routes = apiRoutes(settings, callers);
  const access = {
    limits: new RateLimits(clock),
    viewerLimits: new RateLimits(clock, VIEWER_BUDGETS),
    idempotency: new IdempotencyKeys(database, clock, settings.answerRoot),
    identify: (request: FastifyRequest) => callers.identify(request),
    isOperator: (authorization: string) => accounts.isOperator(authorization),
    owners: {
      stream: async (id: string) => {
        const stream = await channels.get(id);
        return stream === undefined ? undefined : { ownerId: stream.broadcasterId };
      },
      webhook: async (id: string) => notices?.webhooks.get(id),
    },
  };
  registerApi(app, access, [...routes, ...documentRoutes(routes, version)]);
}

/** Everything under `/api` but the document of it. */
export function apiRoutes(settings: ApiSettings, callers: Callers): readonly ApiRoute[] {
  const { accounts, notices, chat, viewers, configuration, health } = settings;
  const identifyAgain = (request: FastifyRequest) => callers.identifyAgain(request);
  const people = { accounts, callers };
  return [
    ...streamRoutes(settings),
    ...keyRoutes(settings),
    ...(notices === undefined ? [] : noticeRoutes({ ...notices, identifyAgain })),
    ...(chat === undefined ? [] : chatRoutes({ ...chat, accounts })),
    ...(chat === undefined
      ? []
      : chatExportRoutes((wanted) => exportChat(settings.database, wanted))),
    ...(health === undefined ? [] : healthRoutes(health)),
    ...(viewers === undefined ? [] : viewerRoutes(viewers)),
    ...sessionRoutes(people),
    ...tokenRoutes(people),
    ...peopleRoutes({ ...people, channels: settings.channels }),
    ...serverRoutes(settings),
    ...(configuration === undefined ? [] : configurationRoutes(configuration, settings)),
  ];
}

function noticeRoutes(settings: WebhookRouteSettings & EventRouteSettings): readonly ApiRoute[] {
  return [...webhookRoutes(settings), ...eventRoutes(settings)];
}
