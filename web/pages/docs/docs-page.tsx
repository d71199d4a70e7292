import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask, Frame } from '../../base/index.ts';
import { type ApiDocument, groupsOf } from './api-document.ts';
import './docs.css';
import { RouteCard } from './route-card.tsx';
import { Words } from './words.tsx';

/** The API as its own document describes it. */
export function DocsPage(): VNode {
  const [document, setDocument] = useState<ApiDocument>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    void ask('GET /api/openapi.json').then((answer) => {
      setFailed(answer.failed);
      // Of the document its own type says no more than that it is one.
      if (answer.failed === undefined) setDocument(answer.value as object as ApiDocument);
    });
  }, []);
  return (
    <Frame title="API">
      <div class="docs">
        <div class="desk-head">
          <h1>The API</h1>
          <p class="lead">
            What programs may ask of this server, and its pages as well. The same as{' '}
            <a href="/api/openapi.json">OpenAPI 3.1</a>
            {document === undefined ? '' : `, version ${document.info.version}`}. What is refused,
            and why, is a list of its own: <a href="/docs/errors">errors</a>.
          </p>
        </div>
        <p class="failure" role="alert">
          {failed}
        </p>
        {document === undefined ? null : <Routes document={document} />}
      </div>
    </Frame>
  );
}

function Routes({ document }: { readonly document: ApiDocument }): VNode {
  const [search, setSearch] = useState('');
  const groups = useMemo(() => groupsOf(document, search), [document, search]);
  const named = decodeURIComponent(location.hash.slice(1));
  const count = groups.reduce((sum, { routes }) => sum + routes.length, 0);
  useEffect(() => globalThis.document.getElementById(named)?.scrollIntoView(), [named]);
  return (
    <>
      <div class="docs-search">
        <input
          type="search"
          placeholder="Search: streams, keyId, key_not_found"
          aria-label="Search the API"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <p class="hint" role="status">
          {count === 1 ? '1 route' : `${count} routes`}
        </p>
      </div>
      {search === '' ? (
        <nav class="docs-groups" aria-label="Groups">
          {groups.map(({ name }) => (
            <a key={name} href={`#group-${name}`}>
              {name}
            </a>
          ))}
        </nav>
      ) : null}
      {groups.map(({ name, description, routes }) => (
        <section key={name} id={`group-${name}`} aria-labelledby={`title-${name}`}>
          <h2 id={`title-${name}`}>{name}</h2>
          <p class="lead">
            <Words text={description} />
          </p>
          {routes.map((route) => (
            <RouteCard
              key={route.operation.operationId}
              route={route}
              schemas={document.components.schemas}
              isOpen={route.operation.operationId === named}
            />
          ))}
        </section>
      ))}
    </>
  );
}
