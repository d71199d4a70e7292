import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './media-chrome-elements.ts';
import './player.css';
import { PhaseCurtain } from './phase-curtain.tsx';
import type { WatchSession } from './watch-session.ts';
import type { WatchPhase } from './watch-state.ts';

/** Longest wait for a picture before the controls are fetched anyway. Milliseconds. */
const CONTROLS_LATEST_MS = 1_500;

/** The video with its controls, and a curtain over it whenever there is no live picture to show. */
export function Player({ session }: { readonly session: WatchSession }): VNode {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) session.open(video.current);
    const timer = setTimeout(() => void loadControls(), CONTROLS_LATEST_MS);
    const stop = session.pictured.subscribe((pictured) => {
      if (pictured) void loadControls();
    });
    return () => {
      clearTimeout(timer);
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
    >
      <media-controller defaultstreamtype="live" fullscreenelement="player" noautoseektolive>
        {/* biome-ignore lint/a11y/useMediaCaption: a live picture without a caption track has none to offer */}
        <video ref={video} slot="media" playsInline />
        <media-loading-indicator slot="centered-chrome" noautohide loadingdelay="400" />
        <media-control-bar class="player-bar">
          <media-play-button />
          <media-mute-button />
          <media-volume-range />
          <LiveButton session={session} />
          <span class="player-gap" />
          <QualityMenu session={session} />
          <media-pip-button />
          <media-fullscreen-button />
        </media-control-bar>
      </media-controller>
      {session.playing.value === null && session.phase.value === 'live' && (
        <p class="sound-only">Sound only</p>
      )}
      <UnmuteHint session={session} video={video} />
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

/** Says LIVE at the live position, and leads back to it from behind. */
function LiveButton({ session }: { readonly session: WatchSession }): VNode | null {
  if (session.phase.value !== 'live') return null;
  const behind = session.behind.value;
  return (
    <button
      type="button"
      class="live-button"
      data-behind={behind}
      aria-label={behind ? 'Go live' : 'Live'}
      onClick={() => session.goLive()}
    >
      <span class="live-dot" aria-hidden="true" />
      {behind ? 'Go live' : 'Live'}
    </button>
  );
}

function QualityMenu({ session }: { readonly session: WatchSession }): VNode | null {
  const qualities = session.qualities.value;
  if (qualities.length < 2) return null;
  const playing = qualities.find(({ id }) => id === session.playing.value)?.label;
  return (
    <select
      class="quality"
      aria-label="Quality"
      value={session.quality.value}
      onChange={(event) => session.chooseQuality(Number(event.currentTarget.value))}
    >
      <option value={-1}>{playing === undefined ? 'Auto' : `Auto (${playing})`}</option>
      {qualities.map(({ id, label }) => (
        <option key={id} value={id}>
          {label}
        </option>
      ))}
    </select>
  );
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

async function loadControls(): Promise<void> {
  await import('./controls.ts');
}
