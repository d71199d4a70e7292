/** What the page reads of the OpenAPI document, and finds in it. */

/** A schema of JSON Schema 2020-12, as far as the page shows it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** A parameter in the path or the query. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** Who may call a route. */
export type Access =
  | 'everybody'
  | {
      /** Roles that may do it to whatever there is, and those that may to what is their own. */
      readonly any: readonly string[];
      readonly own: readonly string[];
      /** What a token needs, any one of them; none: `admin`. */
      readonly scopes: readonly string[];
      readonly operator: 'always' | 'by-token' | 'never';
      /** No token may. */
      readonly isPersonal: boolean;
      readonly object?: string;
    };

/** One route. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
  readonly 'x-access': Access;
}

/** The document, as far as the page shows it. */
export interface ApiDocument {
  readonly info: { readonly version: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A route with where it is. */
export interface Route {
  /** In capitals. */
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Routes of one kind. */
export interface RouteGroup {
  readonly name: string;
  readonly description: string;
  readonly routes: readonly Route[];
}

/** The routes in which every word of `search` occurs, by their tags, in the document's order. */
export function groupsOf(document: ApiDocument, search: string): readonly RouteGroup[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, operation },
    })),
  );
  const found = routes.filter((route) => {
    const text = textOf(route);
    return words.every((word) => text.includes(word));
  });
  return document.tags
    .map(({ name, description }) => ({
      ...{ name, description },
      routes: found.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter((group) => group.routes.length > 0);
}

function textOf({ method, path, operation }: Route): string {
  const { operationId, summary, description = '', parameters = [], requestBody } = operation;
  const names = parameters.map(({ name }) => name);
  const fields = Object.keys(bodySchemaOf(operation)?.properties ?? {});
  const refusals = Object.values(operation.responses).map((response) => response.description);
  const words = [method, path, operationId, summary, description, ...names, ...fields, ...refusals];
  return (requestBody === undefined ? words : [...words, 'body']).join(' ').toLowerCase();
}

/** What a request's body is to be; undefined where there is none. */
export function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema;
}

/** The name of the component that a schema refers to. */
export function referredName({ $ref }: Schema): string | undefined {
  return $ref?.split('/').at(-1);
}

/** A schema's type in a few words: `string (date-time) or null`, `"main"`, `list of Stream`. */
export function typeWords(schema: Schema): string {
  const { type, items, format, anyOf, oneOf } = schema;
  const name = referredName(schema);
  if (name !== undefined) return name;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.map((each) => JSON.stringify(each)).join(' or ');
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeWords))].join(' or ');
  if (Array.isArray(type)) return type.join(' or ');
  if (type === 'array') return `list of ${items === undefined ? 'anything' : typeWords(items)}`;
  return `${String(type ?? 'anything')}${format === undefined ? '' : ` (${format})`}`;
}

/** What a value must not go beyond, in words; empty without a limit. */
export function limitWords(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, maxItems } = schema;
  return [
    schema.default === undefined ? '' : `${JSON.stringify(schema.default)} without it`,
    rangeWords(minimum, maximum, ''),
    rangeWords(minLength, maxLength, ' characters'),
    maxItems === undefined ? '' : `at most ${maxItems} items`,
  ]
    .filter((words) => words !== '')
    .join('; ');
}

function rangeWords(least: number | undefined, most: number | undefined, unit: string): string {
  const isUnlimited = most === undefined || most >= Number.MAX_SAFE_INTEGER;
  if (isUnlimited) return least === undefined || least <= 1 ? '' : `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

/** Who may call a route, in words; scopes stand in backticks. */
export function accessWords(access: Access): string {
  if (access === 'everybody') return 'Everybody, without signing in.';
  const { any, own, scopes, operator, isPersonal, object } = access;
  if (any.length === 0) {
    const token = isPersonal ? 'Tokens may not.' : tokenWords(scopes);
    return `Whoever is signed in, about their own account. ${token}`;
  }
  const owners = object === undefined ? 'for what is their own' : `if the ${object} is their own`;
  const people = [
    ...any.map(plural),
    ...own.map((role) => `${plural(role)} ${owners}`),
    ...(operator === 'never' ? [] : [OPERATOR[operator]]),
  ];
  const text = `${people.slice(0, -1).join(', ')} and ${people.at(-1)}.`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${tokenWords(scopes)}`;
}

const OPERATOR = {
  always: 'the operator (`API_TOKEN`, or this machine while the server has no account)',
  'by-token': 'the operator, by `API_TOKEN`',
} as const;

function plural(role: string): string {
  return role === 'admin' ? 'administrators' : `${role}s`;
}

function tokenWords(scopes: readonly string[]): string {
  const wanted = scopes.length === 0 ? ['admin'] : scopes;
  return `A token needs the scope ${wanted.map((scope) => `\`${scope}\``).join(' or ')}.`;
}

/** The refusals of a route: codes by status. */
export function refusalsOf({ responses }: Operation): readonly (readonly [string, string])[] {
  return Object.entries(responses)
    .filter(([status]) => !status.startsWith('2'))
    .map(([status, { description }]) => [status, description.replaceAll('`', '')] as const);
}
