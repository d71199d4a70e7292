import type { VNode } from 'preact';
import type { IngestView } from '../../contract/index.ts';
import { CopyButton } from '../base/index.ts';

/** What to put into an encoder; with a key only when it has just been made. */
export function EncoderRecipe({
  ingest,
  streamKey,
  keyHint,
}: {
  readonly ingest: IngestView | null;
  readonly streamKey?: string | undefined;
  /** What stands in place of the key. */
  readonly keyHint?: string;
}): VNode {
  const server = ingest?.rtmpUrl;
  return (
    <dl class="recipe encoder">
      <div>
        <dt>Server</dt>
        <dd>
          <code>{server ?? '…'}</code>
        </dd>
        {server === undefined ? null : <CopyButton label="server" text={server} />}
      </div>
      <div>
        <dt>Stream key</dt>
        <dd>{streamKey === undefined ? keyHint : <code class="secret">{streamKey}</code>}</dd>
        {streamKey === undefined ? null : <CopyButton label="stream key" text={streamKey} />}
      </div>
    </dl>
  );
}
