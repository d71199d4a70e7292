import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { ErrorCode, Refusal } from '../../../contract/index.ts';
import { type Log, Violation } from '../../base/index.ts';
import { clientAddress } from './client-address.ts';
import type { HttpLimits } from './limits.ts';
import type { ManagementGuard } from './management-guard.ts';
import { RefusedError, refuse } from './problem.ts';
import { faceOf, type ResponseTally } from './response-tally.ts';
import { RouteTable } from './route-table.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers an address that names nothing to somebody who reads it in a browser. */
    readonly sendUnknownPage?: (reply: FastifyReply) => Promise<FastifyReply>;
  }

  interface FastifyRequest {
    /** Whoever asks, with trusted proxies left out; undefined when the peer is gone already. */
    readonly clientAddress: string | undefined;
  }
}

/** What the application server needs. */
export interface AppSettings {
  readonly log: Log;
  readonly limits: HttpLimits;
  readonly guard: ManagementGuard;
  readonly responses: ResponseTally;
  /** Addresses of proxies whose word is taken for who asks, in CIDR. */
  readonly trustedProxies?: () => readonly string[] | undefined;
  /** Whether people come by HTTPS: this port speaks it, or PUBLIC_URL does. */
  readonly isHttps?: boolean;
}

/** A stream id may have 100 characters; a longer one must reach the route to be refused by name. */
const MAX_PARAMETER_LENGTH = 2048;
/** What is for the operator's eyes, though it is only read: figures, and streams not live yet. */
const MANAGED_READS = /^\/(?:metrics(?:[/?]|$)|api\/streams(?:\?|$))/;
/** A year, for this name alone: what else is below it is not ours. Ignored over plain HTTP. */
const TRANSPORT_SECURITY = 'max-age=31536000';
/** Methods that read. All others under a managed face manage. */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** What a person is told for the errors that fastify raises before a route runs. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    refused: 'unsupported_media_type',
    detail: 'Cannot read body: send it with the header "Content-Type: application/json"',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    refused: 'invalid_request',
    detail: 'Cannot read body: its size is not what Content-Length says',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    refused: 'invalid_request',
    detail: `Cannot read address: a part of it has more than ${MAX_PARAMETER_LENGTH} characters`,
  },
  FST_ERR_BAD_URL: {
    refused: 'invalid_request',
    detail: 'Cannot read address: its percent-encoding is malformed',
  },
};

/** A fastify instance with the manners of the house: problems, limits, guard, metrics. */
export function createApp(settings: AppSettings): FastifyInstance {
  const { limits, responses } = settings;
  const routes = new RouteTable();
  const onError = (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    answerError(settings, { error, request, reply });
  };
  const app = Fastify({
    bodyLimit: limits.maxBodyBytes,
    frameworkErrors: onError,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
  });
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      const { remoteAddress } = this.socket;
      return clientAddress({ remoteAddress, headers: this.headers }, settings.trustedProxies?.());
    },
  });
  app.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (settings.isHttps) reply.header('strict-transport-security', TRANSPORT_SECURITY);
    if (faceOf(request.url) !== 'page') reply.header('cache-control', 'no-store');
    const refusal = guarded(settings.guard, request);
    return refusal === undefined ? undefined : refuse(reply, refusal);
  });
  app.addHook('onResponse', async (request, reply) => {
    responses.count(faceOf(request.url), reply.statusCode);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser(app));
  app.setErrorHandler(onError);
  app.setNotFoundHandler((request, reply) => answerUnknown(routes, request, reply));
  return app;
}

/** Parses a body of JSON; none at all is undefined, so that an action without input needs none. */
function jsonParser(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (
    request: FastifyRequest,
    bytes: Buffer,
    done: (error: Error | null, body?: unknown) => void,
  ): void => {
    if (bytes.length === 0) {
      done(null, undefined);
      return;
    }
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      done(malformed('it is not UTF-8'));
      return;
    }
    const parsed = parse(request, text, (error, body) => {
      done(error === null ? null : malformed(error.message), body);
    });
    if (parsed instanceof Promise) parsed.then((body) => done(null, body), done);
  };
}

function malformed(why: string): RefusedError {
  return new RefusedError({ refused: 'malformed_json', detail: `Cannot read body: ${why}` });
}

/**
 * Asks the guard where it is due. Both the pattern that the router found and the address as sent
 * are looked at, because `/%61pi/streams` reaches the same route as `/api/streams`.
 */
function guarded(guard: ManagementGuard, request: FastifyRequest): Refusal | undefined {
  // A route that says who may call it is guarded by that.
  if (request.routeOptions.config?.access !== undefined) return undefined;
  // Nothing is there to be guarded: a program that mistyped is told that, and not to get a token.
  if (request.is404 && request.method !== 'OPTIONS') return undefined;
  const manages = [request.routeOptions.url ?? request.url, request.url].some((path) =>
    isManagement(request.method, path),
  );
  if (!manages) return undefined;
  return guard.check({
    remoteAddress: request.socket.remoteAddress,
    httpVersion: request.raw.httpVersion,
    headers: request.headers,
  });
}

function isManagement(method: string, path: string): boolean {
  const face = faceOf(path);
  if (MANAGED_READS.test(path)) return true;
  return (face === 'streams' || face === 'api') && !READING.has(method);
}

function answerUnknown(
  routes: RouteTable,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<FastifyReply> {
  const { method, server } = request;
  const allowed = routes.allowed(request.url);
  if (allowed.length === 0) {
    if (isRead(request) && server.sendUnknownPage !== undefined) {
      return server.sendUnknownPage(reply);
    }
    const detail = `Cannot ${method} this address: nothing is there`;
    return refuse(reply, { refused: 'not_found', detail });
  }
  const allow = allowed.join(', ');
  reply.header('allow', allow);
  if (method === 'OPTIONS') return reply.code(204).send();
  return refuse(reply, {
    refused: 'method_not_allowed',
    detail: `Cannot ${method} here: only ${allow} ${allowed.length === 1 ? 'is' : 'are'} allowed`,
  });
}

/** Whether a person reads the answer in a browser, and not a program of one of the other faces. */
function isRead({ method, url, headers }: FastifyRequest): boolean {
  const wantsPage = headers.accept?.includes('text/html') === true;
  return READING.has(method) && faceOf(url) === 'page' && wantsPage;
}

function answerError(
  { log, limits, responses }: AppSettings,
  failed: {
    readonly error: Error;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  },
): void {
  const { error, request, reply } = failed;
  const refusal = refusalOf(error, limits);
  if (refusal === undefined) {
    responses.countFault();
    const route = request.routeOptions.url;
    log.error({ error, method: request.method, route }, 'http request failed');
  }
  refuse(
    reply,
    refusal ?? { refused: 'internal_error', detail: 'Cannot answer request: the server failed' },
  );
}

/** The refusal that an error stands for; undefined for a fault of ours. */
function refusalOf(error: Error, { maxBodyBytes }: HttpLimits): Refusal | undefined {
  if (error instanceof RefusedError) return error.refusal;
  if (error instanceof Violation) return { refused: 'invalid_request', detail: error.message };
  const { code = '', statusCode = 500 }: Partial<FastifyError> = error;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const detail = `Cannot read body: it is larger than ${maxBodyBytes} bytes`;
    return { refused: 'body_too_large', detail };
  }
  const framework = FRAMEWORK_REFUSALS[code];
  if (framework !== undefined) return framework;
  if (statusCode < 400 || statusCode > 499) return undefined;
  const refused: ErrorCode = BY_STATUS[statusCode] ?? 'invalid_request';
  return { refused, detail: error.message };
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
};
