import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { CreatedStream, StreamView } from '../../contract/index.ts';
import { ask, Form, me } from '../base/index.ts';
import { EncoderRecipe } from './encoder-recipe.tsx';
import { useNow, useRefresh } from './refresh.ts';
import { StreamFields, streamTyped } from './stream-fields.tsx';
import { StatusBadge, standing } from './stream-words.tsx';

/** Streams that are asked for at once, and at most shown; who has more searches. */
const PAGE = 50;
/** Whose streams an operator makes, who has no account: as the first stream of a new server. */
const OPERATOR = 'me';

/** The streams of whoever looks, or all of them for who runs the server; and how to make another. */
export function StreamShelf(): VNode {
  const user = me.value?.user ?? null;
  const [isAll, setAll] = useState(user === null || user.role === 'admin');
  const [search, setSearch] = useState('');
  const [streams, setStreams] = useState<readonly StreamView[]>();
  const [more, setMore] = useState(false);
  const [failed, setFailed] = useState<string>();
  const refresh = async (): Promise<void> => {
    const answer = await ask('GET /api/streams', {
      query: {
        limit: PAGE,
        q: search.trim() === '' ? undefined : search.trim(),
        broadcasterId: isAll ? undefined : user?.id,
      },
    });
    setFailed(answer.failed);
    if (answer.failed !== undefined) return;
    setStreams(answer.value.data);
    setMore(answer.value.next_cursor !== null);
  };
  useRefresh(`${isAll} ${search}`, refresh);
  return (
    <>
      <div class="desk-head">
        <h1>Studio</h1>
        <p class="lead">A stream lasts: the same page and key, however often you go live.</p>
      </div>
      <NewStream isFirst={streams?.length === 0 && search === ''} made={() => void refresh()} />
      <section aria-labelledby="streams">
        <div class="shelf-head">
          <h2 id="streams">{isAll ? 'Streams' : 'Your streams'}</h2>
          {user?.role === 'admin' ? (
            <label class="choice">
              <span class="unseen">Whose streams</span>
              <select
                value={isAll ? 'all' : 'own'}
                onChange={(event) => setAll(event.currentTarget.value === 'all')}
              >
                <option value="all">Everybody’s</option>
                <option value="own">Yours</option>
              </select>
            </label>
          ) : null}
          <input
            class="search"
            type="search"
            placeholder="Search"
            aria-label="Search streams"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
        <p class="failure" role="alert">
          {failed}
        </p>
        <Rows streams={streams} />
        {more ? <p class="hint">Only the newest {PAGE} are shown. Search for others.</p> : null}
      </section>
    </>
  );
}

function Rows({ streams }: { readonly streams: readonly StreamView[] | undefined }): VNode | null {
  const nowMs = useNow();
  if (streams === undefined) return null;
  if (streams.length === 0) return <p class="hint">None yet.</p>;
  return (
    <ul class="rows">
      {streams.map((stream) => (
        <li key={stream.id}>
          <span class="row-text">
            <a class="row-link" href={`/studio/${encodeURIComponent(stream.id)}`}>
              {stream.title}
            </a>
            <span class="hint">
              {[stream.category, standing(stream, nowMs)].filter((word) => word !== '').join(' · ')}
            </span>
          </span>
          <StatusBadge stream={stream} />
        </li>
      ))}
    </ul>
  );
}

function NewStream({
  isFirst,
  made,
}: {
  /** Nothing else is there to be done. */
  readonly isFirst: boolean;
  readonly made: () => void;
}): VNode {
  const [stream, setStream] = useState<CreatedStream>();
  const [open, setOpen] = useState(false);
  const create = async (fields: FormData): Promise<string | undefined> => {
    const owner = me.value?.user === null ? { broadcasterId: OPERATOR } : {};
    const answer = await ask('POST /api/streams', {
      body: { ...streamTyped(fields), ...owner, once: fields.has('once') },
    });
    if (answer.failed !== undefined) return answer.failed;
    setStream(answer.value);
    setOpen(false);
    made();
    return undefined;
  };
  return (
    <>
      {stream === undefined ? null : <Made stream={stream} />}
      {open || isFirst ? (
        <section aria-labelledby="new-stream">
          <h2 id="new-stream">New stream</h2>
          <Form action="Make stream" send={create}>
            <StreamFields />
            <label class="choice">
              <input type="checkbox" name="once" /> One broadcast alone: its key works no more
              afterwards
            </label>
          </Form>
        </section>
      ) : (
        <button class="button shelf-new" type="button" onClick={() => setOpen(true)}>
          New stream
        </button>
      )}
    </>
  );
}

/** The one moment in which the key is to be seen. */
function Made({ stream }: { readonly stream: CreatedStream }): VNode {
  return (
    <section class="once made" role="status" aria-labelledby="made">
      <h2 id="made">“{stream.title}” is ready</h2>
      <p>
        Put these into OBS under Settings → Stream → Custom. The key is shown only now; whoever has
        it can broadcast.
      </p>
      <EncoderRecipe ingest={stream.ingest} streamKey={stream.streamKey} />
      <p>
        <a href={`/studio/${stream.id}`}>Manage it</a> ·{' '}
        <a href={stream.watchUrl}>Its watch page</a>
      </p>
    </section>
  );
}
