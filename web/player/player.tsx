import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import './media-chrome-elements.ts';
import './player.css';
import { afterPicture } from './after-picture.ts';
import type { ControlBar } from './control-bar.tsx';
import { PhaseCurtain } from './phase-curtain.tsx';
import type { WatchSession } from './watch-session.ts';
import type { WatchPhase } from './watch-state.ts';

/** The video with its controls, and a curtain over it whenever there is no live picture to show. */
export function Player({ session }: { readonly session: WatchSession }): VNode {
  const video = useRef<HTMLVideoElement>(null);
  const [Bar, setBar] = useState<typeof ControlBar | null>(null);
  useEffect(() => {
    if (video.current !== null) session.open(video.current);
    const load = async (): Promise<void> => {
      const { ControlBar: loaded } = await import('./control-bar.tsx');
      setBar(() => loaded);
    };
    const stop = afterPicture(session, () => void load());
    return () => {
      stop();
      session.close();
    };
  }, [session]);
  const latencyMs = session.latencyMs.value;
  return (
    <section
      id="player"
      class="player"
      aria-label="Live video"
      data-state={session.phase.value}
      data-latency-ms={latencyMs === null ? '' : Math.round(latencyMs)}
      data-rebuffers={session.rebuffers.value}
      data-behind={session.behind.value}
    >
      <media-controller
        defaultstreamtype="live"
        fullscreenelement="player"
        noautoseektolive
        nohotkeys
      >
        {/* biome-ignore lint/a11y/useMediaCaption: a live picture without a caption track has none to offer */}
        <video ref={video} slot="media" playsInline />
        <media-loading-indicator slot="centered-chrome" noautohide loadingdelay="400" />
        {Bar === null ? null : <Bar session={session} />}
      </media-controller>
      {session.playing.value === null && session.phase.value === 'live' && (
        <p class="sound-only">Sound only</p>
      )}
      <UnmuteHint session={session} video={video} />
      <p class="player-notice" role="status" data-shown={session.notice.value !== ''}>
        {session.notice.value}
      </p>
      <PhaseCurtain
        phase={shownPhase(session)}
        posterUrl={session.stream.value?.posterUrl ?? null}
        scheduledStart={announcedStart(session)}
      />
    </section>
  );
}

/** Before it is known why nothing is on air, nothing is said of that. */
function shownPhase({ phase, stream }: WatchSession): WatchPhase {
  return phase.value === 'waiting' && stream.value === null ? 'starting' : phase.value;
}

/** When a stream that was announced begins; null once it was live, and without an announcement. */
function announcedStart({ stream }: WatchSession): string | null {
  return stream.value?.status === 'scheduled' ? stream.value.scheduledStart : null;
}

function UnmuteHint({
  session,
  video,
}: {
  readonly session: WatchSession;
  readonly video: { readonly current: HTMLVideoElement | null };
}): VNode | null {
  const { muted } = session;
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    const onVolume = (): void => {
      if (!element.muted) muted.value = false;
    };
    element.addEventListener('volumechange', onVolume);
    return () => element.removeEventListener('volumechange', onVolume);
  }, [muted, video]);
  if (!muted.value || session.phase.value !== 'live') return null;
  const unmute = (): void => {
    if (video.current !== null) video.current.muted = false;
  };
  return (
    <button type="button" class="unmute" onClick={unmute}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 9v6h4l5 4V5L8 9H4z" fill="currentColor" />
        <path d="M16.5 9.5l5 5m0-5l-5 5" />
      </svg>
      Tap to unmute
    </button>
  );
}
