/** What the typed client knows of the API, written from the document that the server sends. */
import type {
  ApiDocument,
  DocumentOperation,
  DocumentParameter,
} from '../../server/app/api/document.ts';
import { commentText, fieldName, typeText } from './type-text.ts';

const HEAD = '/** Made by tools/api-client.ts from the OpenAPI document: not to be edited. */\n';
const WRITTEN = new Set(['path', 'query']);

/** The files of the typed client that are made, by their paths in the repository. */
export function apiTypes(document: ApiDocument): Readonly<Record<string, string>> {
  return {
    'contract/api-schemas.ts': `${HEAD}${schemasText(document)}`,
    'contract/api-routes.ts': `${HEAD}${routesText(document)}`,
  };
}

function schemasText({ components: { schemas } }: ApiDocument): string {
  const fields = Object.entries(schemas)
    .toSorted(byName)
    .map(([name, schema]) => {
      return `${commentText(schema.description)}readonly ${name}: ${typeText(schema, 'received')};`;
    });
  return `\n/** What the API answers with, by the names of the document. */
export interface ApiSchemas {\n${fields.join('\n')}\n}\n`;
}

function routesText({ paths }: ApiDocument): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => answersJson(operation))
      .map(([method, operation]) => {
        const name = `'${method.toUpperCase()} ${path}'`;
        const request = requestText(operation);
        const answer = answerText(operation);
        return `${commentText(`${operation.summary}.`)}readonly ${name}: { readonly request: ${request}; readonly answer: ${answer} };`;
      }),
  );
  return `import type { ApiSchemas } from './api-schemas.ts';\n
/** Every route: what it is asked with, and what it answers when it does as asked. */
export interface ApiRoutes {\n${routes.join('\n')}\n}\n`;
}

function requestText({ parameters = [], requestBody }: DocumentOperation): string {
  const strange = parameters.find((each) => !WRITTEN.has(each.in));
  if (strange !== undefined) {
    throw new Error(`Cannot write a type: a parameter is in the ${strange.in}`);
  }
  const parts = [
    partText('params', parameters.filter(isInPath)),
    partText(
      'query',
      parameters.filter((each) => !isInPath(each)),
    ),
  ].filter((part) => part !== '');
  const body = requestBody?.content['application/json']?.schema;
  if (body !== undefined) {
    const mark = requestBody?.required === true ? '' : '?';
    parts.push(`readonly body${mark}: ${typeText(body, 'sent')};`);
  }
  return parts.length === 0 ? 'Readonly<Record<never, never>>' : `{ ${parts.join(' ')} }`;
}

function isInPath(parameter: DocumentParameter): boolean {
  return parameter.in === 'path';
}

function partText(part: 'params' | 'query', parameters: readonly DocumentParameter[]): string {
  if (parameters.length === 0) return '';
  const isSure = parameters.some(({ required }) => required);
  const fields = parameters.map(({ name, required, schema }) => {
    const type = typeText(schema, 'sent');
    return `readonly ${fieldName(name)}${required ? '' : '?'}: ${type}${required ? '' : ' | undefined'};`;
  });
  return `readonly ${part}${isSure ? '' : '?'}: { ${fields.join(' ')} };`;
}

/** A file to be written while it is read is nothing for a client that waits for the whole. */
function answersJson({ responses }: DocumentOperation): boolean {
  const contents = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => content);
  return contents.some((each) => each === undefined || 'application/json' in each);
}

/** The answers of success, of JSON or of nothing. */
function answerText({ responses }: DocumentOperation): string {
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => {
      if (content === undefined) return 'undefined';
      const json = content['application/json'];
      if (json === undefined) throw new Error('Cannot write a type: not every answer is JSON');
      return typeText(json.schema, 'received');
    });
  return [...new Set(answers)].join(' | ');
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
