import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Frame } from '../base/index.ts';
import type { ChatPanel } from '../chat/index.ts';
import { afterPicture, latencyText, Player, type WatchSession } from '../player/index.ts';
import { FollowButton } from './follow-button.tsx';

/** One stream: the player, beneath it what is being watched and how close to live, and the chat beside it. */
export function WatchPage({
  streamId,
  session,
}: {
  readonly streamId: string;
  readonly session: WatchSession;
}): VNode {
  const isMissing = session.phase.value === 'missing';
  const hasChat = !isMissing && session.stream.value?.chatEnabled !== false;
  return (
    <Frame title={isMissing ? 'No such stream' : session.stream.value?.title}>
      <div class="watch" data-chat={hasChat}>
        <div class="watch-main">
          <Player session={session} />
          <div class="watch-foot">
            <h1>{session.stream.value?.title ?? '\u00a0'}</h1>
            <StatusLine streamId={streamId} session={session} />
            <Description text={session.stream.value?.description ?? ''} />
          </div>
        </div>
        {hasChat ? <ChatPlace streamId={streamId} session={session} /> : null}
      </div>
    </Frame>
  );
}

/** The chat, fetched after the picture if there is to be one. */
function ChatPlace({
  streamId,
  session,
}: {
  readonly streamId: string;
  readonly session: WatchSession;
}): VNode {
  const [Panel, setPanel] = useState<typeof ChatPanel | null>(null);
  useEffect(() => {
    const load = async (): Promise<void> => {
      const { ChatPanel: loaded } = await import('../chat/index.ts');
      setPanel(() => loaded);
    };
    return afterPicture(session, () => void load());
  }, [session]);
  return (
    <div class="watch-chat">
      {Panel === null ? null : (
        <Panel
          streamId={streamId}
          pictureMs={() => session.captureMs()}
          isAway={() => session.away.value}
          serverMs={() => session.serverMs()}
          onViewers={(count) => session.noteViewers(count)}
        />
      )}
    </div>
  );
}

function Description({ text }: { readonly text: string }): VNode | null {
  return text === '' ? null : <p class="watch-text">{text}</p>;
}

function StatusLine({
  streamId,
  session,
}: {
  readonly streamId: string;
  readonly session: WatchSession;
}): VNode {
  const stream = session.stream.value;
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
      {phase === 'interrupted' || phase === 'reconnecting' || phase === 'away' ? (
        <span class="badge" data-wait>
          Reconnecting
        </span>
      ) : null}
      {stream === null || stream.category === '' ? null : (
        <bdi class="category">{stream.category}</bdi>
      )}
      {live && viewers !== null ? <span class="viewers">{viewersText(viewers)}</span> : null}
      {live && latencyMs !== null ? <span class="latency">{latencyText(latencyMs)}</span> : null}
      {stream === null ? null : (
        <FollowButton streamId={streamId} broadcasterId={stream.broadcasterId} />
      )}
    </div>
  );
}

function viewersText(count: number): string {
  return count === 1 ? '1 viewer' : `${count.toLocaleString('en')} viewers`;
}
