import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../../../contract/index.ts';
import { actorOf, type Principal } from '../../account/index.ts';
import { assert } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { refuse } from '../http/index.ts';
import { type Access, type Owners, refuseAccess } from './access.ts';
import type { Claim, IdempotencyKeys, KeptAnswer } from './idempotency.ts';
import { KnownCredentials } from './known-credentials.ts';
import type { RateLimits, RateStanding } from './rate-limits.ts';
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
  readonly limits: RateLimits;
  /** Whether this header Authorization has API_TOKEN; told without a database. */
  readonly isOperator?: ((authorization: string) => boolean) | undefined;
  /** Of what viewers' pages send by themselves; without it that counts like all else. */
  readonly viewerLimits?: RateLimits | undefined;
  /** Without it, requests that are sent again are done again. */
  readonly idempotency?: IdempotencyKeys | undefined;
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
  const credentials = new KnownCredentials();
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
        const early = countedAhead(settings, credentials, { request, reply });
        if (early !== undefined) return refuse(reply, early);
        const caller = await identified(settings, credentials, request);
        admitted.set(request, caller);
        const refusal =
          counted(settings, route, { request, reply, caller }) ??
          (await admit(settings, route, { request, caller }));
        return refusal === undefined ? undefined : refuse(reply, refusal);
      },
      handler: async (request, reply) => {
        const caller = admitted.get(request);
        assert(caller !== undefined, `Cannot answer ${operationId}: nobody was admitted`);
        return send(reply, await answered(settings, route, { request, reply, ...caller }));
      },
    });
  }
}

async function identified(
  { identify, limits }: RegistrationSettings,
  credentials: KnownCredentials,
  request: FastifyRequest,
): Promise<Admitted> {
  const { authorization } = request.headers;
  const known = await withDatabase(() => identify(request));
  if ('refused' in known && known.refused === 'unauthorized') {
    limits.countRefused(request.clientAddress);
    if (authorization !== undefined) credentials.forget(authorization);
  }
  if (!('refused' in known) && authorization !== undefined) credentials.remember(authorization);
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

/** Counts the request against its caller's budget, and tells how that stands. */
function counted(
  { limits, viewerLimits }: RegistrationSettings,
  { budget }: ApiRoute,
  asked: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly caller: Admitted;
  },
): Refusal | undefined {
  const { request, reply, caller } = asked;
  const table = budget === 'viewers' && viewerLimits !== undefined ? viewerLimits : limits;
  return told(reply, table.count(caller.principal, request.clientAddress));
}

/** Refuses a bearer token unseen that is not known, where too many came from that were refused. */
function countedAhead(
  { limits, isOperator }: RegistrationSettings,
  credentials: KnownCredentials,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Refusal | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const standing = limits.refusedTooOften(request.clientAddress);
  if (standing === undefined || credentials.has(authorization)) return undefined;
  if (isOperator?.(authorization) === true) return undefined;
  return told(reply, standing);
}

function told(reply: FastifyReply, standing: RateStanding): Refusal | undefined {
  const { limit, remaining, resetS, isExceeded } = standing;
  reply.headers({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetS),
  });
  if (!isExceeded) return undefined;
  reply.header('retry-after', String(resetS));
  const detail = `Cannot answer request: there were ${limit} within a minute; wait ${resetS} s`;
  return { refused: 'too_many_requests', detail };
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly principal: Principal;
}

type Outcome = KeptAnswer | Refusal | typeof TAKEN_OVER;

/** Answers, by an answer that was given before when the request says that it is the same. */
async function answered(
  { idempotency }: RegistrationSettings,
  route: ApiRoute,
  asked: Asked,
): Promise<Outcome> {
  const { request, principal } = asked;
  const key = request.headers['idempotency-key'];
  const isKeyed = isRepeatable(route) && idempotency !== undefined && key !== undefined;
  if (!isKeyed) return answer(route, asked);
  const { method, url: path, body } = request;
  const named = { key: String(key), principal, method, path, body };
  const claim = await withDatabase(() => idempotency.claim(named));
  if ('refused' in claim) return claim;
  if (claim.isNew) return answerOnce(route, asked, claim);
  asked.reply.header('idempotency-replayed', 'true');
  return claim.answer;
}

/** Keeps an answer that is final; a refusal or a fault leaves the key free for another try. */
async function answerOnce(
  route: ApiRoute,
  asked: Asked,
  claim: Claim & { readonly isNew: true },
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    outcome = await answer(route, asked);
    return outcome;
  } finally {
    const done = typeof outcome === 'object' && !('refused' in outcome) ? outcome : undefined;
    // It is done: that its answer could not be kept must not make it look undone.
    await withDatabase(() => (done === undefined ? claim.giveUp() : claim.keep(done)));
  }
}

/** Whether a request of this route may bear an Idempotency-Key. */
export function isRepeatable({ method, access }: ApiRoute): boolean {
  return method === 'POST' && access !== 'everybody';
}

async function answer(route: ApiRoute, asked: Asked): Promise<Outcome> {
  const { request, principal } = asked;
  const parts = readRequest(route, request, route.verb);
  if ('refused' in parts) return parts;
  const actor = actorOf(principal, request.clientAddress ?? null);
  const result = await withDatabase(() => route.answer({ ...parts, ...asked, actor }));
  if (result === TAKEN_OVER || 'refused' in result) return result;
  const { status, body, headers = {} } = result;
  const schema = route.answers[status];
  assert(schema !== undefined, `Cannot answer ${route.operationId}: ${status} is not declared`);
  if (schema === null) return { status, headers, text: null };
  const type = route.mediaType ?? 'application/json; charset=utf-8';
  // What the schema does not name stays here, whatever a handler has put into its answer.
  const read = schema.parse(body);
  const text = route.mediaType === undefined ? JSON.stringify(read) : String(read);
  return { status, headers: { 'content-type': type, ...headers }, text };
}

function send(reply: FastifyReply, outcome: Outcome): FastifyReply {
  if (outcome === TAKEN_OVER) return reply;
  if ('refused' in outcome) return refuse(reply, outcome);
  const { status, headers, text } = outcome;
  reply.code(status).headers(headers);
  return text === null ? reply.send() : reply.send(Buffer.from(text));
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
