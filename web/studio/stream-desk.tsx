import type { VNode } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { StreamView } from '../../contract/index.ts';
import { ask, ConfirmButton, Form, me } from '../base/index.ts';
import { Keys } from './keys.tsx';
import { useNow, useRefresh } from './refresh.ts';
import { StreamFields, streamTyped } from './stream-fields.tsx';
import { isOnAir, StatusBadge, standing } from './stream-words.tsx';

/** How long one poster is shown. Milliseconds. */
const POSTER_REFRESH_MS = 10_000;

/** What a part of the desk does to the stream that it is about. */
interface Part {
  readonly stream: StreamView;
  /** Shows the stream as the server has it now. */
  readonly changed: (stream: StreamView) => void;
}

/** One stream: how it stands, its keys, what is said of it, and its end. */
export function StreamDesk({
  id,
  named,
}: {
  readonly id: string;
  /** Told its title, when it is known and when it changes. */
  readonly named: (title: string) => void;
}): VNode {
  const [stream, setStream] = useState<StreamView>();
  const [failed, setFailed] = useState<string>();
  const title = stream?.title;
  // The page's own title is drawn with the stream.
  useLayoutEffect(() => {
    if (title !== undefined) named(title);
  }, [title]);
  useRefresh(id, async () => {
    const answer = await ask('GET /api/streams/{id}', { params: { id } });
    if (answer.failed === undefined) setStream(answer.value);
    const isUnknown = answer.failed !== undefined && answer.code === 'stream_not_found';
    setFailed(isUnknown ? 'There is no such stream.' : answer.failed);
  });
  return (
    <>
      <a class="back" href="/studio">
        ← All streams
      </a>
      <p class="failure" role="alert">
        {failed}
      </p>
      {stream === undefined ? null : !isOwn(stream) ? (
        <>
          <h1>{stream.title}</h1>
          <p>
            This stream is somebody else’s. <a href={stream.watchUrl}>Watch it</a>
          </p>
        </>
      ) : (
        <>
          <Head stream={stream} changed={setStream} />
          <Keys stream={stream} />
          <About stream={stream} changed={setStream} />
          <Removal stream={stream} changed={setStream} />
        </>
      )}
    </>
  );
}

function isOwn({ broadcasterId }: StreamView): boolean {
  const user = me.value?.user ?? null;
  return user === null || user.role === 'admin' || user.id === broadcasterId;
}

function Head({ stream, changed }: Part): VNode {
  const nowMs = useNow();
  const [failed, setFailed] = useState<string>();
  const end = async (): Promise<void> => {
    const answer = await ask('POST /api/streams/{id}/end', { params: { id: stream.id } });
    setFailed(answer.failed);
    if (answer.failed === undefined) changed(answer.value);
  };
  const { posterUrl } = stream;
  return (
    <div class="desk-head">
      <h1>{stream.title}</h1>
      <p class="stand" role="status">
        <StatusBadge stream={stream} />
        <span class="lead">{standing(stream, nowMs)}</span>
      </p>
      {posterUrl === null ? null : (
        <img
          class="stand-poster"
          src={`${posterUrl}?at=${Math.floor(nowMs / POSTER_REFRESH_MS)}`}
          alt="What viewers see"
        />
      )}
      <div class="actions">
        <a class="button quiet-button" href={stream.watchUrl}>
          Watch page
        </a>
        {isOnAir(stream) ? (
          <ConfirmButton
            label="End broadcast"
            question="Viewers see the end, and the encoder is refused for a minute."
            confirmation="End it"
            act={end}
          />
        ) : null}
      </div>
      <p class="failure" role="alert">
        {failed}
      </p>
    </div>
  );
}

function About({ stream, changed }: Part): VNode {
  const [saved, setSaved] = useState(false);
  const save = async (fields: FormData): Promise<string | undefined> => {
    setSaved(false);
    const { scheduledStart, ...traits } = streamTyped(fields);
    const answer = await ask('PATCH /api/streams/{id}', {
      params: { id: stream.id },
      body: {
        ...traits,
        disabled: fields.has('disabled'),
        // What is live cannot be announced: only a change of it is worth a refusal.
        ...(isSameMinute(scheduledStart, stream.scheduledStart) ? {} : { scheduledStart }),
      },
    });
    if (answer.failed !== undefined) return answer.failed;
    changed(answer.value);
    setSaved(true);
    return undefined;
  };
  return (
    <section aria-labelledby="about">
      <h2 id="about">What viewers read</h2>
      <Form action="Save" send={save}>
        <StreamFields stream={stream} />
        <label class="choice">
          <input type="checkbox" name="disabled" defaultChecked={stream.disabled} /> Disabled:
          nobody may publish
        </label>
      </Form>
      <p role="status" class="saved">
        {saved ? 'Saved.' : ''}
      </p>
    </section>
  );
}

/** Whether two times look the same in a field that knows no seconds. */
function isSameMinute(left: string | null, right: string | null): boolean {
  return left?.slice(0, 'YYYY-MM-DDThh:mm'.length) === right?.slice(0, 'YYYY-MM-DDThh:mm'.length);
}

function Removal({ stream }: Part): VNode {
  const [failed, setFailed] = useState<string>();
  const remove = async (): Promise<void> => {
    const answer = await ask('DELETE /api/streams/{id}', { params: { id: stream.id } });
    setFailed(answer.failed);
    if (answer.failed === undefined) location.assign('/studio');
  };
  return (
    <section aria-labelledby="removal">
      <h2 id="removal">Delete</h2>
      <p class="lead">
        {isOnAir(stream)
          ? 'What is on air has to be ended first.'
          : 'Its page, its keys and its address are gone for good.'}
      </p>
      {isOnAir(stream) ? null : (
        <div class="actions">
          <ConfirmButton
            label="Delete stream"
            question={`“${stream.title}” cannot be brought back.`}
            confirmation="Delete it"
            act={remove}
          />
        </div>
      )}
      <p class="failure" role="alert">
        {failed}
      </p>
    </section>
  );
}
