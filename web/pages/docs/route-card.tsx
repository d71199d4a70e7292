/** One route: who may call it, with what, and what comes back. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { CopyButton } from '../../base/index.ts';
import {
  accessWords,
  bodySchemaOf,
  type Operation,
  type Parameter,
  type Route,
  refusalsOf,
} from './api-document.ts';
import { curlExample } from './curl-example.ts';
import { FieldWords, type Schemas, SchemaTable } from './schema-table.tsx';
import { Words } from './words.tsx';

/** A route, closed until somebody opens it; `isOpen` is for the one that the address names. */
export function RouteCard({
  route,
  schemas,
  isOpen,
}: {
  readonly route: Route;
  readonly schemas: Schemas;
  readonly isOpen: boolean;
}): VNode {
  const { method, path, operation } = route;
  const [opened, setOpened] = useState(isOpen);
  return (
    <details
      class="route"
      id={operation.operationId}
      open={isOpen}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary>
        <span class="method" data-method={method}>
          {method}
        </span>
        <code class="path">{path}</code>
        <span class="summary">
          <Words text={operation.summary} />
        </span>
      </summary>
      {opened ? <RouteBody route={route} schemas={schemas} /> : null}
    </details>
  );
}

function RouteBody({
  route,
  schemas,
}: {
  readonly route: Route;
  readonly schemas: Schemas;
}): VNode {
  const { operation } = route;
  const { description, parameters = [] } = operation;
  const body = bodySchemaOf(operation);
  const example = curlExample(route, location.origin);
  return (
    <div class="route-body">
      {description === undefined ? null : (
        <p>
          <Words text={description} />
        </p>
      )}
      <p>
        <strong>Who may:</strong> <Words text={accessWords(operation['x-access'])} />{' '}
        <a href={`#${operation.operationId}`} class="hint">
          Link to this
        </a>
      </p>
      <Parameters title="In the path" parameters={parameters.filter((each) => isInPath(each))} />
      <Parameters title="Query" parameters={parameters.filter((each) => !isInPath(each))} />
      {body === undefined ? null : (
        <>
          <h4>Body</h4>
          <SchemaTable schema={body} schemas={schemas} />
        </>
      )}
      <Answers operation={operation} schemas={schemas} />
      <Refusals operation={operation} />
      <h4>Example</h4>
      <div class="example">
        <pre>
          <code>{example}</code>
        </pre>
        <CopyButton label="the example" text={example} />
      </div>
    </div>
  );
}

function isInPath(parameter: Parameter): boolean {
  return parameter.in === 'path';
}

function Parameters({
  title,
  parameters,
}: {
  readonly title: string;
  readonly parameters: readonly Parameter[];
}): VNode | null {
  if (parameters.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <dl class="fields">
        {parameters.map(({ name, required, description, schema }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
              {required ? null : <span class="hint"> optional</span>}
            </dt>
            <dd>
              <FieldWords
                schema={description === undefined ? schema : { ...schema, description }}
              />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Answers({
  operation,
  schemas,
}: {
  readonly operation: Operation;
  readonly schemas: Schemas;
}): VNode {
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  return (
    <>
      <h4>Answer</h4>
      {answers.map(([status, { description, content = {} }]) => (
        <div key={status}>
          <p>
            <strong>{status}</strong> {description}
          </p>
          {Object.entries(content).map(([type, { schema }]) => (
            <div key={type}>
              {type === 'application/json' ? null : <p class="hint">{type}</p>}
              <SchemaTable schema={schema} schemas={schemas} />
            </div>
          ))}
        </div>
      ))}
    </>
  );
}

function Refusals({ operation }: { readonly operation: Operation }): VNode {
  return (
    <>
      <h4>Problems</h4>
      <ul class="problems">
        {refusalsOf(operation).map(([status, codes]) => (
          <li key={status}>
            <strong>{status}</strong> <code>{codes}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
