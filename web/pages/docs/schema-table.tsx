/** What a value is made of, as a list of its fields. */
import type { VNode } from 'preact';
import { limitWords, referredName, type Schema, typeWords } from './api-document.ts';
import { Words } from './words.tsx';

/** Schemas by their names in the document. */
export type Schemas = Readonly<Record<string, Schema>>;

/** How deep what is inside of a field is shown at once; deeper is another look at the document. */
const MAX_DEPTH = 3;

/** The fields of a schema; of each of them when there is a choice. */
export function SchemaTable({
  schema,
  schemas,
  depth = 0,
}: {
  readonly schema: Schema;
  readonly schemas: Schemas;
  readonly depth?: number;
}): VNode | null {
  const meant = resolve(schema, schemas);
  const choices = meant.oneOf ?? meant.anyOf;
  if (choices !== undefined) {
    const tables = choices
      .map((each) => resolve(each, schemas))
      .filter((each) => each.properties !== undefined);
    return (
      <div class="choices">
        {tables.map((each, index) => (
          <div key={typeWords(each) + String(index)} class="choice-table">
            <p class="hint">{index === 0 ? 'Either' : 'or'}</p>
            <SchemaTable schema={each} schemas={schemas} depth={depth} />
          </div>
        ))}
      </div>
    );
  }
  const { properties, required = [] } = meant;
  if (properties === undefined) return null;
  return (
    <dl class="fields">
      {Object.entries(properties).map(([name, field]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
            {required.includes(name) ? null : <span class="hint"> optional</span>}
          </dt>
          <dd>
            <FieldWords schema={field} />
            {depth < MAX_DEPTH ? <Inside schema={field} schemas={schemas} depth={depth} /> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A field's type, what it means, and its limits. */
export function FieldWords({ schema }: { readonly schema: Schema }): VNode {
  const limits = limitWords(schema);
  return (
    <>
      <span class="type">{typeWords(schema)}</span>
      {limits === '' ? null : <span class="hint"> {limits}</span>}
      {schema.description === undefined ? null : (
        <p class="meaning">
          <Words text={schema.description} />
        </p>
      )}
    </>
  );
}

/** What the field is made of, for who wants to know. */
function Inside({
  schema,
  schemas,
  depth,
}: {
  readonly schema: Schema;
  readonly schemas: Schemas;
  readonly depth: number;
}): VNode | null {
  const inner = schema.type === 'array' ? schema.items : schema;
  if (inner === undefined) return null;
  const object = [inner, ...(inner.anyOf ?? [])].find(
    (each) => resolve(each, schemas).properties !== undefined,
  );
  if (object === undefined) return null;
  return (
    <details class="inside">
      <summary>{referredName(object) ?? 'Fields'}</summary>
      <SchemaTable schema={object} schemas={schemas} depth={depth + 1} />
    </details>
  );
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = referredName(schema);
  return name === undefined ? schema : (schemas[name] ?? {});
}
