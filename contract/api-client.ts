/** The typed client of the API: one `fetch` for each call, in browsers and in Node. */
import type { ApiRoutes } from './api-routes.ts';
import type { Problem } from './error-code.ts';

/** A route as the document names it: `GET /api/streams/{id}`. */
export type ApiRouteName = keyof ApiRoutes;

/** What a route answers. */
export type ApiAnswer<Name extends ApiRouteName> = ApiRoutes[Name]['answer'];

/** Which server a client asks, and as whom. */
export interface ApiClientSettings {
  /** Such as `https://live.example.org`; without it, whoever sent the page. */
  readonly origin?: string | undefined;
  /** An API token, or API_TOKEN. */
  readonly token?: string | undefined;
  /** More headers, asked for again before each call. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

/** What may be said of any call. */
export interface CallOptions {
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
  /** For a POST that must not be done twice: the same key with each try, best a random UUID. */
  readonly idempotencyKey?: string;
}

/** The arguments behind a route's name: none are needed where the route needs nothing. */
export type CallArguments<Name extends ApiRouteName> =
  Partial<ApiRoutes[Name]['request']> extends ApiRoutes[Name]['request']
    ? readonly [request?: ApiRoutes[Name]['request'] & CallOptions]
    : readonly [request: ApiRoutes[Name]['request'] & CallOptions];

/** A refusal, or what is no answer of the API. `message` is a sentence for people. */
export class ApiError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** What the server says; undefined when something before the server has refused. */
  readonly problem: Problem | undefined;
  /** In how many seconds to come again, where the server says so. */
  readonly retryAfterS: number | undefined;

  constructor(response: Response, problem: Problem | undefined) {
    super(problem?.detail ?? `Cannot call ${response.url}: no JSON, status ${response.status}`);
    this.name = 'ApiError';
    this.status = response.status;
    this.problem = problem;
    const after = response.headers.get('retry-after');
    this.retryAfterS = after === null ? undefined : Number(after);
  }
}

/** Any call, once its types are checked. */
interface Asked extends CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** Calls the routes of the API, each by its name. What goes wrong on the way is `fetch`'s error. */
export class ApiClient {
  readonly #settings: ApiClientSettings;

  constructor(settings: ApiClientSettings = {}) {
    this.#settings = settings;
  }

  /** What the route answers; throws `ApiError` when it refuses. */
  async call<Name extends ApiRouteName>(
    name: Name,
    ...[request]: CallArguments<Name>
  ): Promise<ApiAnswer<Name>> {
    const asked: Asked = request ?? {};
    const { body, signal, idempotencyKey } = asked;
    const [method = '', path = ''] = name.split(' ');
    const { origin = '', token, headers } = this.#settings;
    const response = await fetch(origin + addressOf(path, asked), {
      method,
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...headers?.(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new ApiError(response, await problemOf(response));
    if (response.status === 204) return undefined as ApiAnswer<Name>;
    // A page of something before the server is no answer of a route.
    if (!isJson(response)) throw new ApiError(response, undefined);
    // The document and the very schemas that write the answers are one: see tools/api-client.ts.
    return (await response.json()) as ApiAnswer<Name>;
  }
}

function addressOf(path: string, { params = {}, query = {} }: Asked): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, field: string) =>
    encodeURIComponent(params[field] ?? ''),
  );
  const search = new URLSearchParams();
  for (const [field, value] of Object.entries(query)) {
    if (value !== undefined) search.set(field, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  return isJson(response) ? ((await response.json()) as Problem) : undefined;
}

function isJson({ headers }: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(headers.get('content-type') ?? '');
}
