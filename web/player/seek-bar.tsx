import type { TargetedPointerEvent, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { behindAt, type SeekView } from './seek-scale.ts';
import { placePhrase, placeText } from './seek-words.ts';

/** So much of the bar's right end is live: a finger need not meet its last pixel. */
const LIVE_SHARE = 0.985;

type BarEvent = TargetedPointerEvent<HTMLDivElement>;

/**
 * The window of a broadcast from its oldest moment to live. A pointer shows the time behind live, and goes there when
 * it is let go; keys are the page's. `media-time-range` would do for a recording: of a window that slides it tells
 * media time, trembles, and does not go back by less than 3 % of its width (muxinc/media-chrome#1306).
 */
export function SeekBar({
  view,
  onSeek,
}: {
  readonly view: SeekView;
  /** Is told seconds behind live. */
  readonly onSeek: (behindS: number) => void;
}): VNode {
  /** Where the pointer is, as a share of the bar. */
  const [pointed, setPointed] = useState<number | null>(null);
  const [isDragged, setIsDragged] = useState(false);
  const shareOf = (event: BarEvent): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const press = (event: BarEvent): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setIsDragged(true);
    setPointed(shareOf(event));
  };
  const letGo = (event: BarEvent): void => {
    if (!isDragged) return;
    onSeek(secondsAt(shareOf(event), view));
    setIsDragged(false);
    // A finger that is lifted points nowhere.
    if (event.pointerType !== 'mouse') setPointed(null);
  };
  const forget = (): void => {
    setIsDragged(false);
    setPointed(null);
  };
  const share = isDragged && pointed !== null ? pointed : view.playedShare;
  const toldS = isDragged && pointed !== null ? secondsAt(pointed, view) : view.behindS;
  return (
    <div
      class="seek"
      role="slider"
      tabIndex={0}
      aria-label="Seek"
      aria-orientation="horizontal"
      aria-valuemin={-Math.round(view.spanS)}
      aria-valuemax={0}
      aria-valuenow={-Math.min(Math.round(toldS), Math.round(view.spanS))}
      aria-valuetext={placePhrase(toldS, view)}
      data-dragged={isDragged}
      onPointerDown={press}
      onPointerMove={(event) => setPointed(shareOf(event))}
      onPointerUp={letGo}
      onPointerCancel={forget}
      onPointerLeave={() => isDragged || setPointed(null)}
    >
      <span class="seek-track">
        <span class="seek-buffered" style={{ width: percent(view.bufferedShare) }} />
        <span class="seek-played" style={{ width: percent(share) }} />
      </span>
      <span class="seek-thumb" style={{ left: percent(share) }} />
      {pointed === null ? null : (
        <span
          class="seek-preview"
          aria-hidden="true"
          style={{ left: `clamp(1.5rem, ${percent(pointed)}, 100% - 1.5rem)` }}
        >
          {placeText(secondsAt(pointed, view), view)}
        </span>
      )}
    </div>
  );
}

function secondsAt(share: number, view: SeekView): number {
  return view.isLive && share > LIVE_SHARE ? 0 : behindAt(share, view);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
