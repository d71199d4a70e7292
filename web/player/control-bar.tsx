/** The controls beneath the picture, and the keys that do the same. Loaded on its own: the picture comes first. */
import './controls.ts';
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { SeekBar } from './seek-bar.tsx';
import { SeekScale, type SeekView } from './seek-scale.ts';
import { clockText, lengthPhrase } from './seek-words.ts';
import { type KeyPlace, type Shortcut, STEP_S, shortcutOf } from './shortcuts.ts';
import type { WatchSession } from './watch-session.ts';

/** What the bar shows before the engine has told where playback is. */
const AT_LIVE: SeekView = {
  spanS: 0,
  behindS: 0,
  playedShare: 1,
  bufferedShare: 1,
  isLive: true,
};

/** See the top of the file. */
export function ControlBar({ session }: { readonly session: WatchSession }): VNode {
  const bar = useRef<HTMLElement>(null);
  const view = useSeekView(session);
  useShortcuts(session, bar);
  return (
    <media-control-bar ref={bar} class="player-bar" onMouseDown={leaveFocus}>
      <SeekBar view={view} onSeek={(behindS) => session.seekTo(behindS)} />
      <div class="player-buttons">
        <media-play-button />
        <BackButton session={session} />
        <media-mute-button />
        <media-volume-range />
        {view.isLive ? <LiveButton session={session} view={view} /> : <Clock view={view} />}
        <span class="player-gap" />
        <QualityMenu session={session} />
        <media-pip-button />
        <media-fullscreen-button />
      </div>
    </media-control-bar>
  );
}

/** A control that a pointer pressed does not keep the keyboard: a space pauses then, and presses nothing again. */
function leaveFocus(event: MouseEvent): void {
  const { target } = event;
  if (target instanceof Element && target.closest('select, media-volume-range') !== null) return;
  event.preventDefault();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

function useSeekView({ place, behind }: WatchSession): SeekView {
  const scale = useRef(new SeekScale());
  const [view, setView] = useState(AT_LIVE);
  useEffect(
    () =>
      place.subscribe((at) => {
        if (at === null) scale.current = new SeekScale();
        const isAtLive = at?.isLive === true && !behind.peek();
        setView(
          at === null ? AT_LIVE : scale.current.look(performance.now() / 1_000, at, isAtLive),
        );
      }),
    [place, behind],
  );
  return view;
}

function BackButton({ session }: { readonly session: WatchSession }): VNode {
  return (
    <button
      type="button"
      class="back-button"
      aria-label={`Back ${STEP_S} seconds`}
      title={`Back ${STEP_S} s`}
      onClick={() => session.seekBy(-STEP_S)}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M7.2 5.6A8.4 8.4 0 1 1 3.8 14" />
        <path d="M8.6 1.9 6.4 6l4.2 2.1" />
        <text x="12.4" y="15.6">
          {STEP_S}
        </text>
      </svg>
    </button>
  );
}

/** Says LIVE at the live position, and from behind how far that is, and leads back to it. */
function LiveButton({
  session,
  view,
}: {
  readonly session: WatchSession;
  readonly view: SeekView;
}): VNode {
  const behind = session.behind.value;
  const far = behind && view.behindS > 0;
  return (
    <button
      type="button"
      class="live-button"
      data-behind={behind}
      aria-label={behind ? `Go live${far ? `, ${lengthPhrase(view.behindS)} behind` : ''}` : 'Live'}
      onClick={() => session.goLive()}
    >
      <span class="live-dot" aria-hidden="true" />
      Live
      {far ? <span class="live-distance">-{clockText(view.behindS)}</span> : null}
    </button>
  );
}

/** Of what is over: how much of it was seen. */
function Clock({ view }: { readonly view: SeekView }): VNode {
  return (
    <span class="player-clock">
      {clockText(view.spanS - view.behindS)} / {clockText(view.spanS)}
    </span>
  );
}

function QualityMenu({ session }: { readonly session: WatchSession }): VNode | null {
  const qualities = session.qualities.value;
  if (qualities.length < 2) return null;
  const playing = qualities.find(({ id }) => id === session.playing.value)?.label;
  const isAuto = session.quality.value === -1;
  const chosen = qualities.find(({ id }) => id === session.quality.value)?.label;
  return (
    <span class="quality-box">
      <span class="quality-now" aria-hidden="true">
        {isAuto ? 'Auto' : chosen}
        {isAuto && playing !== undefined ? <span class="quality-playing"> ({playing})</span> : null}
      </span>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d="M2.5 4.5 6 8l3.5-3.5" />
      </svg>
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
    </span>
  );
}

function useShortcuts(session: WatchSession, bar: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, repeat: isRepeated, ctrlKey, altKey, metaKey } = event;
      const controller = bar.current?.parentElement;
      if (event.defaultPrevented || ctrlKey || altKey || metaKey || !controller) return;
      const place = keyPlaceOf(event, controller);
      const shortcut = shortcutOf({ key, place, isRepeated });
      if (shortcut === null || session.phase.value !== 'live') return;
      event.preventDefault();
      // As after a key on one of them, the controls show themselves for a while.
      controller.dispatchEvent(new Event('keyup'));
      carryOut(shortcut, session, controller);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [session, bar]);
}

function carryOut(shortcut: Shortcut, session: WatchSession, controller: HTMLElement): void {
  switch (shortcut.kind) {
    case 'play':
      session.togglePlay();
      break;
    case 'mute':
      session.toggleMute();
      break;
    case 'fullscreen': {
      const request = document.fullscreenElement === null ? 'enter' : 'exit';
      controller.dispatchEvent(new Event(`media${request}fullscreenrequest`));
      break;
    }
    case 'oldest':
      session.seekTo(Number.POSITIVE_INFINITY);
      break;
    case 'live':
      session.seekTo(0);
      break;
    case 'seek':
      session.seekBy(shortcut.deltaS);
      break;
  }
}

function keyPlaceOf(event: KeyboardEvent, controller: HTMLElement): KeyPlace {
  const [target] = event.composedPath();
  if (!(target instanceof Element) || target === document.body) return 'page';
  if (target.closest('input[type="range"]') !== null) return 'range';
  if (target.closest('input, textarea, select, [contenteditable]') !== null) return 'typing';
  if (target.closest('[role="slider"]') !== null) return 'slider';
  // Also what lies over the picture.
  if (controller.parentElement?.contains(target) !== true) return 'reading';
  return target.closest('button, a, [role="button"]') === null ? 'page' : 'button';
}
