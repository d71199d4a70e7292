/** All routes of the API, for tests that must leave none out. */
import { configurationRoutes } from './configuration-routes.ts';
import { documentRoutes } from './document-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import type { ApiRoute } from './route.ts';
import { serverRoutes } from './server-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { streamRoutes } from './stream-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Every route; those that would answer by themselves have nothing to answer with. */
export function everyRoute(): readonly ApiRoute[] {
  const nothing = {} as never;
  const makers = [
    ...[streamRoutes, keyRoutes, webhookRoutes, eventRoutes, configurationRoutes],
    ...[sessionRoutes, tokenRoutes, peopleRoutes, serverRoutes],
  ];
  const routes = makers.flatMap((make) => make(nothing));
  return [...routes, ...documentRoutes(routes, '0.0.0')];
}
