import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../../../contract/index.ts';
import { actorOf, type Principal } from '../../account/index.ts';
import { assert } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { refuse } from '../http/index.ts';
import { type Access, type Owners, refuseAccess } from './access.ts';
import { readRequest } from './request-check.ts';
import { type ApiRoute, TAKEN_OVER } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; each one under /api says it. */
    readonly access?: Access;
  }
}

/**
 * Who asks. A refusal when the caller is nobody known, and there is more to say about it than
 * that; a route for everybody answers all the same.
 */
export type Identify = (request: FastifyRequest) => Promise<Principal | Refusal>;

/** What the API needs of the application. */
export interface RegistrationSettings {
  readonly identify: Identify;
  readonly owners: Owners;
}

/** Whether a pattern, or the raw path of a request, belongs to the API. */
const API = /^\/api(?:\/|$)/;

interface Admitted {
  readonly principal: Principal;
  readonly stranger: Refusal | undefined;
}

/**
 * Adds `routes`. From here on no route under `/api` can be added to `app` that does not say who
 * may call it.
 */
export function registerApi(
  app: FastifyInstance,
  settings: RegistrationSettings,
  routes: readonly ApiRoute[],
): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    assert(
      !API.test(url) || config?.access !== undefined,
      `Cannot add ${String(method)} ${url}: it does not say who has access`,
    );
  });
  const known = new Set<string>();
  for (const route of routes) {
    const { operationId, method, path, access } = route;
    assert(!known.has(operationId), `Cannot add ${method} ${path}: ${operationId} is taken`);
    known.add(operationId);
    const admitted = new WeakMap<FastifyRequest, Admitted>();
    app.route({
      method,
      url: path,
      config: { access },
      onRequest: async (request, reply) => {
        const caller = await identified(settings, request);
        admitted.set(request, caller);
        const refusal = await admit(settings, route, { request, caller });
        return refusal === undefined ? undefined : refuse(reply, refusal);
      },
      handler: async (request, reply) => {
        const caller = admitted.get(request);
        assert(caller !== undefined, `Cannot answer ${operationId}: nobody was admitted`);
        return answer(route, { request, reply, principal: caller.principal });
      },
    });
  }
}

async function identified(
  { identify }: RegistrationSettings,
  request: FastifyRequest,
): Promise<Admitted> {
  const known = await withDatabase(() => identify(request));
  return 'refused' in known
    ? { principal: { kind: 'anonymous' }, stranger: known }
    : { principal: known, stranger: undefined };
}

async function admit(
  { owners }: RegistrationSettings,
  { access, verb }: ApiRoute,
  { request, caller }: { readonly request: FastifyRequest; readonly caller: Admitted },
): Promise<Refusal | undefined> {
  const { id } = request.params as { readonly id?: string };
  return withDatabase(() => refuseAccess(owners, { access, verb, id, ...caller }));
}

async function answer(
  route: ApiRoute,
  asked: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly principal: Principal;
  },
): Promise<FastifyReply> {
  const { request, reply, principal } = asked;
  const parts = readRequest(route, request, route.verb);
  if ('refused' in parts) return refuse(reply, parts);
  const actor = actorOf(principal, request.socket.remoteAddress ?? null);
  const result = await withDatabase(() => route.answer({ ...parts, ...asked, actor }));
  if (result === TAKEN_OVER) return reply;
  if ('refused' in result) return refuse(reply, result);
  const { status, body, headers = {} } = result;
  const schema = route.answers[status];
  assert(schema !== undefined, `Cannot answer ${route.operationId}: ${status} is not declared`);
  reply.code(status).headers(headers);
  if (schema === null) return reply.send();
  if (route.mediaType !== undefined) return reply.type(route.mediaType).send(body);
  // What the schema does not name stays here, whatever a handler has put into its answer.
  const text = JSON.stringify(schema.parse(body));
  return reply.type('application/json; charset=utf-8').send(Buffer.from(text));
}

async function withDatabase<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error;
    const detail = 'Cannot answer request: the database does not answer; try again';
    return { refused: 'database_unavailable', detail };
  }
}
