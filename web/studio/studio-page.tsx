import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Frame, me, signInAddress } from '../base/index.ts';
import { StreamDesk } from './stream-desk.tsx';
import './studio.css';
import { StreamShelf } from './stream-shelf.tsx';

/** All streams of whoever looks, or one of them; for who may broadcast. */
export function StudioPage({ streamId }: { readonly streamId: string | null }): VNode {
  const [title, setTitle] = useState<string>();
  return (
    <Frame title={title === undefined ? 'Studio' : `${title} · Studio`}>
      <div class="desk studio">
        {me.value === null ? null : !me.value.mayBroadcast ? (
          <Closed />
        ) : streamId === null ? (
          <StreamShelf />
        ) : (
          <StreamDesk id={streamId} named={setTitle} />
        )}
      </div>
    </Frame>
  );
}

/** Why the studio is closed to whoever looks, and what opens it. */
function Closed(): VNode {
  return (
    <>
      <h1>Studio</h1>
      {me.value?.user != null ? (
        <p>Your account is for watching. An administrator can make you a broadcaster.</p>
      ) : me.value?.hasAccounts ? (
        <p>
          <a href={signInAddress(location.pathname)}>Sign in</a> as a broadcaster to make streams.
        </p>
      ) : (
        <p>
          This server has no accounts yet. Open the set-up link that it printed when it started, or
          this page on the server’s own machine.
        </p>
      )}
    </>
  );
}
