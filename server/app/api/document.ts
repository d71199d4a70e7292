/** The OpenAPI document, made of the very schemas that check requests and answers. */
import { z } from 'zod';
import { ERROR_STATUS, type ErrorCode } from '../../../contract/index.ts';
import { type ActionRule, ruleOf, sessionCookieName } from '../../account/index.ts';
import { type Access, NOT_FOUND } from './access.ts';
import type { ApiRoute, Tag } from './route.ts';
import { namedSchemas } from './schema.ts';

/** A schema of JSON Schema 2020-12, as far as the document uses it. */
export interface DocumentSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, DocumentSchema>>;
  readonly required?: readonly string[];
  readonly items?: DocumentSchema;
  readonly additionalProperties?: DocumentSchema | boolean;
  readonly anyOf?: readonly DocumentSchema[];
  readonly oneOf?: readonly DocumentSchema[];
  readonly allOf?: readonly DocumentSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** A parameter in the path, the query or the head of a request. */
export interface DocumentParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: DocumentSchema;
}

/** Bodies by media type. */
type Content = Readonly<Record<string, { readonly schema: DocumentSchema }>>;

interface DocumentResponse {
  readonly description: string;
  readonly content?: Content;
}

/** Who may call a route: everybody, or the roles, scopes and others that its action allows. */
type DocumentAccess = 'everybody' | (Exclude<Access, 'everybody'> & ActionRule);

/** One route, as OpenAPI calls it. */
export interface DocumentOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly Tag[];
  readonly security: readonly object[];
  readonly parameters?: readonly DocumentParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, DocumentResponse>>;
  readonly 'x-access': DocumentAccess;
}

/** The document: OpenAPI 3.1. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly object[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** By path and method, in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, DocumentSchema>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

type Components = Record<string, DocumentSchema>;

const PROBLEM = '#/components/schemas/Problem';
const TAG_DESCRIPTIONS: Readonly<Record<Tag, string>> = {
  streams: 'What lasts: a title, an owner, an address to watch. Each going-live is a broadcast.',
  keys: 'What an encoder shows to publish.',
  chat: 'What is said beside a stream.',
  viewers: 'How many watch, and the pages that say so.',
  accounts: 'People, how they sign in, and the tokens of their programs.',
  webhooks: 'Addresses of other programs that are told what happens.',
  events: 'What happens, for whoever asks or holds a connection.',
  audit: 'Who did what to which object, from where.',
  server: 'What anybody may ask the server about itself.',
  document: 'This description of the API.',
};

const problemSchema: DocumentSchema = {
  type: 'object',
  description: 'RFC 9457. Programs match `code`, which never changes; `detail` is for people.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', description: 'A relative address that names the code.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERROR_STATUS) },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      description: 'The fields that do not fit.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** Describes `routes` in OpenAPI 3.1. */
export function describeApi(routes: readonly ApiRoute[], version: string): ApiDocument {
  const components: Components = { Problem: problemSchema };
  const paths: Record<string, Record<string, DocumentOperation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const method = route.method.toLowerCase();
    paths[path] = { ...paths[path], [method]: operationOf(route, components) };
  }
  const used = new Set(routes.map(({ tag }) => tag));
  const tags = Object.entries(TAG_DESCRIPTIONS).filter(([name]) => used.has(name as Tag));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: 'Control of a Millrace server: streams, their keys, and who is live.',
      license: { name: 'UNLICENSED', identifier: 'LicenseRef-unlicensed' },
    },
    servers: [{ url: '/', description: 'The server that sent this.' }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token, or `API_TOKEN`.' },
        session: {
          ...{ type: 'apiKey', in: 'cookie', name: sessionCookieName('secure') },
          description: 'Set by `POST /api/session`; for pages, which also send `X-CSRF-Token`.',
        },
      },
    },
  };
}

function operationOf(route: ApiRoute, components: Components): DocumentOperation {
  const { operationId, summary, description, tag, access } = route;
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
  ];
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: access === 'everybody' ? [] : [{ token: [] }, { session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body, components) }),
    responses: { ...successes(route, components), ...refusals(route) },
    'x-access': access === 'everybody' ? access : { ...access, ...ruleOf(access.action) },
  };
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  components: Components,
): DocumentParameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', components);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function bodyOf(
  schema: z.ZodType,
  components: Components,
): NonNullable<DocumentOperation['requestBody']> {
  return {
    required: !schema.safeParse(undefined).success,
    content: { 'application/json': { schema: schemaOf(schema, 'input', components) } },
  };
}

function successes(route: ApiRoute, components: Components): DocumentOperation['responses'] {
  const { answers, mediaType = 'application/json' } = route;
  const entries = Object.entries(answers).map(([status, schema]) => {
    const description = SUCCESSES[status] ?? 'Done.';
    if (schema === null) return [status, { description }];
    const content = { [mediaType]: { schema: schemaOf(schema, 'output', components) } };
    return [status, { description, content }];
  });
  return Object.fromEntries(entries);
}

const SUCCESSES: Readonly<Record<string, string>> = {
  200: 'As asked.',
  201: 'Made.',
  202: 'Accepted; it is being done.',
  204: 'Done; there is nothing to say.',
};

function refusals(route: ApiRoute): DocumentOperation['responses'] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of problemsOf(route)) {
    const status = ERROR_STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const entries = [...byStatus].map(([status, codes]) => {
    const description = codes.map((code) => `\`${code}\``).join(', ');
    return [status, { description, content: { 'application/problem+json': problemReference } }];
  });
  return Object.fromEntries(entries);
}

const problemReference = { schema: { $ref: PROBLEM } };

/** The refusals of a route: its own, and those that its parts bring. */
export function problemsOf({ access, params, query, body, problems = [] }: ApiRoute) {
  const codes = new Set<ErrorCode>();
  if ([params, query, body].some((part) => part !== undefined)) codes.add('invalid_request');
  if (body !== undefined) {
    for (const code of BODY_PROBLEMS) codes.add(code);
  }
  if (access !== 'everybody') {
    codes.add('unauthorized').add('forbidden');
    if (access.object !== undefined) codes.add(NOT_FOUND[access.object]);
  }
  for (const code of problems) codes.add(code);
  return codes.add('too_many_requests').add('database_unavailable');
}

const BODY_PROBLEMS: readonly ErrorCode[] = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
];

/** A schema as JSON Schema; what has a name goes to `components`. */
function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Components,
): DocumentSchema {
  const {
    $defs = {},
    $schema,
    id,
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    metadata: namedSchemas,
    override: ({ zodSchema, jsonSchema }) => {
      // What a schema was told by describe() and meta() stands in another registry than the names.
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
    },
    unrepresentable: 'any',
    target: 'draft-2020-12',
  });
  for (const [name, each] of Object.entries($defs)) components[name] = referring(each);
  if (typeof id !== 'string') return referring(rest);
  components[id] = referring(rest);
  return { $ref: `#/components/schemas/${id}` };
}

/** The same with references to components, and without names where they stand. */
function referring(schema: object): DocumentSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === 'id' && typeof value === 'string') return undefined;
    if (key !== '$ref' || typeof value !== 'string') return value;
    return value.replace('#/$defs/', '#/components/schemas/');
  });
}
