import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { countdownText, momentOf } from '../base/index.ts';
import type { WatchPhase } from './watch-state.ts';

/** How often the countdown is looked at: twice a second, so that none is left out. Milliseconds. */
const COUNT_MS = 500;

/** Phases with a picture to look at: in `closing` the last one, for as long as it takes to ask why. */
type Uncovered = 'live' | 'closing';

interface Notice {
  readonly title: string;
  readonly text: string;
  /** Whether something is under way that a moving mark should show. */
  readonly busy: boolean;
}

const NOTICES: Readonly<Record<Exclude<WatchPhase, Uncovered>, Notice>> = {
  starting: { title: 'Joining the broadcast', text: '', busy: true },
  reconnecting: {
    title: 'Reconnecting',
    text: 'The picture comes back by itself.',
    busy: true,
  },
  interrupted: {
    title: 'The broadcaster lost the connection',
    text: 'The picture comes back by itself when they do.',
    busy: true,
  },
  away: {
    title: 'The server went away',
    text: 'The picture comes back by itself when the server and the broadcaster do.',
    busy: true,
  },
  waiting: {
    title: 'Not live yet',
    text: 'This page starts by itself when the broadcast begins.',
    busy: true,
  },
  ended: {
    title: 'The broadcast has ended',
    text: 'If it goes live again, this page starts by itself.',
    busy: false,
  },
  missing: {
    title: 'No stream at this address',
    text: 'Check the link, or see who is live.',
    busy: false,
  },
  unsupported: {
    title: 'This browser cannot play the broadcast',
    text: 'Media Source Extensions are missing. A current Chrome, Edge, Firefox or Safari has them.',
    busy: false,
  },
};

/**
 * Covers the picture with a sentence for every phase in which there is none; while a broadcast is
 * being joined its poster shows through.
 */
export function PhaseCurtain({
  phase,
  posterUrl,
  scheduledStart,
}: {
  readonly phase: WatchPhase;
  readonly posterUrl: string | null;
  /** When the broadcast is announced to begin, ISO 8601; null: not announced. */
  readonly scheduledStart: string | null;
}): VNode {
  // A stream that was live before, and is announced again, is waited for like a new one.
  const isAnnounced = scheduledStart !== null && (phase === 'waiting' || phase === 'ended');
  const isUncovered = phase === 'live' || phase === 'closing';
  const notice = isUncovered ? null : NOTICES[isAnnounced ? 'waiting' : phase];
  const kept = useRef<string | null>(null);
  // What was shown stays until the curtain has faded; while live no other one is worth its bytes.
  if (!isUncovered) kept.current = phase === 'starting' ? posterUrl : null;
  const poster = kept.current;
  return (
    <div class="curtain" role="status" data-shown={notice !== null}>
      {poster === null ? null : (
        // The media itself must not wait for its announcement.
        <img class="curtain-poster" src={poster} alt="" decoding="async" fetchpriority="low" />
      )}
      {notice === null ? null : (
        <>
          {isAnnounced ? null : notice.busy ? <Ripple /> : <StillWater />}
          <p class="curtain-title">{notice.title}</p>
          {isAnnounced ? <Countdown scheduledStart={scheduledStart} /> : null}
          {notice.text === '' ? null : <p class="curtain-text">{notice.text}</p>}
          {phase === 'missing' ? (
            <a class="button quiet-button curtain-way" href="/">
              Who is live
            </a>
          ) : null}
        </>
      )}
    </div>
  );
}

/** The announced start, and the time until then second by second. */
function Countdown({ scheduledStart }: { readonly scheduledStart: string }): VNode {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), COUNT_MS);
    return () => clearInterval(timer);
  }, []);
  const left = countdownText(scheduledStart, nowMs);
  if (left === '') return <p class="curtain-start">It should begin at any moment.</p>;
  return (
    <>
      {/* A reader of screens is told the time below, and not each second of the way there. */}
      <p class="curtain-count" aria-hidden="true">
        {left}
      </p>
      <p class="curtain-start">Begins {momentOf(scheduledStart)}</p>
    </>
  );
}

function Ripple(): VNode {
  return (
    <span class="ripple" aria-hidden="true">
      <span />
      <span />
      <span />
    </span>
  );
}

function StillWater(): VNode {
  return (
    <svg class="still-water" viewBox="0 0 48 24" aria-hidden="true">
      <path d="M4 8h40M10 15h28M18 22h12" />
    </svg>
  );
}
