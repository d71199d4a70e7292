import type { VNode } from 'preact';
import { Frame } from '../base/index.ts';

/** The answer to an address that names no page. */
export function NowherePage(): VNode {
  return (
    <Frame>
      <div class="notice">
        <h1>There is no page here</h1>
        <p>
          See <a href="/">who is live</a>.
        </p>
      </div>
    </Frame>
  );
}
