import type { VNode } from 'preact';
import { Frame } from '../base/index.ts';

/** The answer to an address that names no page. */
export function NowherePage(): VNode {
  return (
    <Frame title="No page here">
      <div class="desk narrow">
        <h1>There is no page here</h1>
        <p class="lead">
          The address may be mistyped, or the page may be gone: <code>{location.pathname}</code>
        </p>
        <p>
          <a class="button quiet-button" href="/">
            Who is live
          </a>
        </p>
      </div>
    </Frame>
  );
}
