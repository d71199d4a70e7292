/** A call of a route as one types it into a terminal. */
import { bodySchemaOf, type Operation, type Route, type Schema } from './api-document.ts';

/** A `curl` that calls the route at `origin`; what is in capitals is to be filled in. */
export function curlExample({ method, path, operation }: Route, origin: string): string {
  const address = origin + path.replace(/\{(\w+)\}/g, (_, name: string) => capitals(name));
  const parts = [method === 'GET' ? `curl ${address}` : `curl -X ${method} ${address}`];
  if (operation['x-access'] !== 'everybody') {
    parts.push(`-H "Authorization: Bearer $TOKEN"`);
  }
  const body = exampleBody(operation);
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`);
  }
  return parts.join(' \\\n  ');
}

function exampleBody(operation: Operation): string | undefined {
  const schema = bodySchemaOf(operation);
  if (schema === undefined) return undefined;
  const { properties = {}, required = [] } = schema.oneOf?.[0] ?? schema.anyOf?.[0] ?? schema;
  // Where nothing must be there, the first field shows what may be.
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
  const fields = names.map((name) => [name, exampleOf(name, properties[name] ?? {})]);
  return JSON.stringify(Object.fromEntries(fields));
}

function exampleOf(name: string, schema: Schema): unknown {
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(name, schema.items)];
    default:
      return capitals(name);
  }
}

function capitals(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
}
