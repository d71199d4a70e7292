import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { StreamView } from '../../contract/index.ts';
import { Frame, me, signInAddress, sinceText } from '../base/index.ts';
import { askIngest, loadEngine } from '../player/index.ts';
import { LiveList } from './live-list.ts';

/** How long a card shows one poster. Milliseconds. */
const POSTER_REFRESH_MS = 10_000;

/** Who is live, or how to be the first. `host` is the name this page was opened under. */
export function HomePage({ host }: { readonly host: string }): VNode {
  const list = useMemo(() => new LiveList(), []);
  useEffect(() => list.open(), [list]);
  const streams = list.streams.value;
  return (
    <Frame title="Live now">
      <div class="home">
        <div class="home-head">
          <h1>Live now</h1>
          <p role="status" class="home-status">
            {statusText(streams, list.unreachable.value)}
          </p>
        </div>
        {streams === null ? null : <NoAccounts />}
        {streams === null ? null : streams.length === 0 ? (
          <QuietChannel host={host} />
        ) : (
          <ul class="cards">
            {streams.map((stream) => (
              <li key={stream.id}>
                <StreamCard stream={stream} nowMs={list.heardAtMs.value} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Frame>
  );
}

/** What a new server wants next, for whoever sits at it. */
function NoAccounts(): VNode | null {
  const [isClosed, setClosed] = useState(false);
  const known = me.value;
  if (known === null || known.hasAccounts || !known.mayBroadcast || isClosed) return null;
  return (
    <aside class="home-hint">
      <p>
        <strong>This server has no account yet</strong>, so whoever sits at its machine may use the{' '}
        <a href="/studio">studio</a>. To let others broadcast, make the first account: open the
        set-up link that the server printed when it started.
      </p>
      <button class="button quiet-button" type="button" onClick={() => setClosed(true)}>
        Hide
      </button>
    </aside>
  );
}

function statusText(streams: readonly StreamView[] | null, unreachable: boolean): string {
  if (unreachable) return 'The server does not answer. Trying again.';
  if (streams === null || streams.length === 0) return '';
  return streams.length === 1 ? '1 broadcast' : `${streams.length} broadcasts`;
}

function StreamCard({
  stream,
  nowMs,
}: {
  readonly stream: StreamView;
  readonly nowMs: number;
}): VNode {
  const poster = posterAt(stream, nowMs);
  const since = stream.startedAt === null ? '' : sinceText(stream.startedAt, nowMs);
  // Whoever points at a card is about to watch: the player's code can come meanwhile.
  const ready = (): void => void loadEngine();
  return (
    <a class="card" href={stream.watchUrl} onPointerEnter={ready} onFocus={ready}>
      <span class="card-water" style={{ '--hue': hueOf(stream.id) }} aria-hidden="true">
        <svg viewBox="0 0 320 120" preserveAspectRatio="none" aria-hidden="true">
          <path d="M0 62c54-34 106-34 160 0s106 34 160 0v58H0z" />
          <path d="M0 84c54-30 106-30 160 0s106 30 160 0v36H0z" />
        </svg>
        {poster === null ? null : <Poster key={stream.broadcastId} address={poster} />}
        <span class="card-play" />
      </span>
      <span class="card-body">
        <span class="card-title">{stream.title}</span>
        <span class="card-line">
          <span class="badge">Live</span>
          {since === '' ? null : (
            <span>{since === 'just now' ? 'Started just now' : `On air for ${since}`}</span>
          )}
          {stream.category === '' ? null : <bdi class="category">{stream.category}</bdi>}
        </span>
      </span>
    </a>
  );
}

/** The water stays until the picture is there, and comes back when it cannot be had. */
function Poster({ address }: { readonly address: string }): VNode {
  const [shown, setShown] = useState(false);
  return (
    <img
      class="card-poster"
      src={address}
      alt=""
      decoding="async"
      data-shown={shown}
      onLoad={() => setShown(true)}
      onError={() => setShown(false)}
    />
  );
}

/** The address under which all visitors of the same ten seconds find the poster in a cache. */
function posterAt({ posterUrl }: StreamView, nowMs: number): string | null {
  return posterUrl === null ? null : `${posterUrl}?at=${Math.floor(nowMs / POSTER_REFRESH_MS)}`;
}

/** A colour of water, always the same one for a stream: 160 to 260 degrees, green to violet. */
function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_009;
  return 160 + (sum % 100);
}

function QuietChannel({ host }: { readonly host: string }): VNode {
  const [server, setServer] = useState(`rtmp://${host}/live`);
  useEffect(() => {
    void askIngest().then((ingest) => {
      if (ingest !== null) setServer(ingest.rtmpUrl);
    });
  }, []);
  return (
    <section class="quiet" aria-labelledby="go-live">
      <svg class="quiet-water" viewBox="0 0 120 40" aria-hidden="true">
        <path d="M4 14c18-13 36-13 56 0s38 13 56 0" />
        <path d="M4 27c18-13 36-13 56 0s38 13 56 0" opacity=".5" />
      </svg>
      <h2 id="go-live">Nobody is live at the moment</h2>
      <p>
        It could be you. Put these into OBS under <em>Settings → Stream → Custom</em>, or into any
        encoder that speaks RTMP:
      </p>
      <dl class="recipe">
        <div>
          <dt>Server</dt>
          <dd>
            <code>{server}</code>
          </dd>
        </div>
        <div>
          <dt>Stream key</dt>
          <dd>
            <KeyPlace />
          </dd>
        </div>
      </dl>
      <p class="quiet-note">Your broadcast appears here a moment after it starts.</p>
    </section>
  );
}

/** Where whoever looks finds a key. */
function KeyPlace(): VNode {
  if (me.value?.mayBroadcast) {
    return (
      <>
        yours, from the <a href="/studio">studio</a>
        {me.value.hasAccounts ? '' : ' or as the server printed it'}
      </>
    );
  }
  if (me.value?.user == null && me.value?.hasAccounts) {
    return (
      <>
        yours: <a href={signInAddress(location.pathname)}>sign in</a> as a broadcaster
      </>
    );
  }
  return <>yours, from whoever runs this server</>;
}
