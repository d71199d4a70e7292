/** JSON Schema, as far as the API's document uses it, to the text of TypeScript types. */
import type { DocumentSchema } from '../../server/app/api/document.ts';

/** Which way a value goes: what is sent may leave a field out by giving undefined. */
export type Direction = 'sent' | 'received';

/** What a schema may say that a type cannot: such limits are the server's to check. */
const UNTYPED = new Set([
  ...['description', 'default', 'format', 'pattern', 'readOnly', 'propertyNames'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
]);
const TYPED = new Set([
  ...['$ref', 'type', 'properties', 'required', 'items', 'additionalProperties'],
  ...['anyOf', 'oneOf', 'allOf', 'enum', 'const'],
]);
const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};
const REFERENCE = /^#\/components\/schemas\/(\w+)$/;

/**
 * The type of what fits `schema`; `direction` is which way it goes. Throws for a schema that says
 * what has no type here, so that nothing is left out in silence.
 */
export function typeText(schema: DocumentSchema, direction: Direction): string {
  const strange = Object.keys(schema).find((key) => !UNTYPED.has(key) && !TYPED.has(key));
  if (strange !== undefined) throw new Error(`Cannot write a type: "${strange}" is not known here`);
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return referenceText($ref);
  if ('const' in schema) return literal(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map(literal));
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return union(choices.map((each) => typeText(each, direction)));
  if (allOf !== undefined) return allOf.map((each) => `(${typeText(each, direction)})`).join(' & ');
  if (Array.isArray(type)) {
    return union(type.map((each: string) => typeText({ ...schema, type: each }, direction)));
  }
  if (type === undefined) return 'unknown';
  if (type === 'array') return arrayText(schema, direction);
  if (type === 'object') return objectText(schema, direction);
  const simple = SIMPLE[String(type)];
  if (simple === undefined) throw new Error(`Cannot write a type: "${type}" is none of JSON's`);
  return simple;
}

/** Words as a comment before what they are about; nothing for nothing. */
export function commentText(words: string | undefined): string {
  return words === undefined ? '' : `/** ${words.replaceAll('*/', '* /')} */\n`;
}

/** The name of a field, in quotes where it needs them. */
export function fieldName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

function referenceText(reference: string): string {
  const name = REFERENCE.exec(reference)?.[1];
  if (name === undefined) throw new Error(`Cannot write a type: ${reference} leads elsewhere`);
  return `ApiSchemas['${name}']`;
}

function arrayText({ items }: DocumentSchema, direction: Direction): string {
  const item = items === undefined ? 'unknown' : typeText(items, direction);
  return `readonly ${item.includes(' ') ? `(${item})` : item}[]`;
}

function objectText(schema: DocumentSchema, direction: Direction): string {
  const { properties = {}, required = [], additionalProperties: rest } = schema;
  const fields = Object.entries(properties).map(([name, property]) => {
    const isSure = required.includes(name);
    const orNot = isSure || direction === 'received' ? '' : ' | undefined';
    const type = typeText(property, direction);
    const comment = commentText(property.description);
    return `${comment}readonly ${fieldName(name)}${isSure ? '' : '?'}: ${type}${orNot};`;
  });
  if (fields.length > 0) {
    const isLong = fields.some((field) => field.startsWith('/**'));
    return isLong ? `{\n${fields.join('\n')}\n}` : `{ ${fields.join(' ')} }`;
  }
  const value = typeof rest === 'object' ? typeText(rest, direction) : 'unknown';
  return `Readonly<Record<string, ${value}>>`;
}

/** One type for several; a literal that another of them covers says nothing more. */
function union(types: readonly string[]): string {
  const several = new Set(types);
  const isCovered = (type: string): boolean => type.startsWith("'") && several.has('string');
  return [...several].filter((type) => !isCovered(type)).join(' | ');
}

function literal(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
