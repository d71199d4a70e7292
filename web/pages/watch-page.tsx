import type { VNode } from 'preact';
import { Frame } from '../base/index.ts';
import { latencyText, Player, type WatchSession } from '../player/index.ts';

/** One stream: the player, and beneath it what is being watched and how close to live. */
export function WatchPage({ session }: { readonly session: WatchSession }): VNode {
  const isMissing = session.phase.value === 'missing';
  return (
    <Frame title={isMissing ? 'No such stream' : session.stream.value?.title}>
      <div class="watch">
        <Player session={session} />
        <div class="watch-foot">
          <h1>{session.stream.value?.title ?? '\u00a0'}</h1>
          <StatusLine session={session} />
          <Description text={session.stream.value?.description ?? ''} />
        </div>
      </div>
    </Frame>
  );
}

function Description({ text }: { readonly text: string }): VNode | null {
  return text === '' ? null : <p class="watch-text">{text}</p>;
}

function StatusLine({ session }: { readonly session: WatchSession }): VNode {
  const phase = session.phase.value;
  const live = phase === 'live';
  const offAir = phase === 'waiting' || phase === 'ended';
  const latencyMs = session.latencyMs.value;
  const viewers = session.viewers.value;
  return (
    <div class="watch-line">
      {live ? <span class="badge">Live</span> : null}
      {offAir ? (
        <span class="badge" data-off>
          Off air
        </span>
      ) : null}
      {phase === 'interrupted' || phase === 'reconnecting' ? (
        <span class="badge" data-wait>
          Reconnecting
        </span>
      ) : null}
      {live && viewers !== null ? <span class="viewers">{viewersText(viewers)}</span> : null}
      {live && latencyMs !== null ? <span class="latency">{latencyText(latencyMs)}</span> : null}
      {live && session.behind.value ? (
        <button type="button" class="go-live" onClick={() => session.goLive()}>
          Go live
        </button>
      ) : null}
    </div>
  );
}

function viewersText(count: number): string {
  return count === 1 ? '1 viewer' : `${count.toLocaleString('en')} viewers`;
}
