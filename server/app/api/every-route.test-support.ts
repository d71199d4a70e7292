/** All routes of the API, for tests that must leave none out. */
import { apiRoutes } from './control-api.ts';
import { documentRoutes } from './document-routes.ts';
import type { ApiRoute } from './route.ts';

/** Every route; those that would answer by themselves have nothing to answer with. */
export function everyRoute(): readonly ApiRoute[] {
  const nothing = {} as never;
  const routes = apiRoutes(
    {
      ...{ notices: nothing, chat: nothing, viewers: nothing },
      ...{ health: nothing, configuration: nothing },
    } as never,
    nothing,
  );
  return [...routes, ...documentRoutes(routes, '0.0.0')];
}
