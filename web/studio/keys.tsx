/** The keys of a stream: its own, and those of guests. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { IngestView, StreamKeyView, StreamView } from '../../contract/index.ts';
import { ask, ConfirmButton, CopyButton, Field, Form, momentOf, typed } from '../base/index.ts';
import { EncoderRecipe } from './encoder-recipe.tsx';
import { useRefresh } from './refresh.ts';
import { timeTyped } from './stream-fields.tsx';

/** How long the old key may work on beside a new one. Seconds. */
const OVERLAPS = [
  { seconds: 3_600, words: 'works for another hour' },
  { seconds: 86_400, words: 'works for another day' },
  { seconds: 0, words: 'is refused at once' },
] as const;

/** What to put into an encoder, and who else may publish. */
export function Keys({ stream }: { readonly stream: StreamView }): VNode {
  const { id } = stream;
  const [keys, setKeys] = useState<readonly StreamKeyView[]>([]);
  const [failed, setFailed] = useState<string>();
  const load = async (): Promise<void> => {
    const answer = await ask('GET /api/streams/{id}/keys', { params: { id } });
    setFailed(answer.failed);
    if (answer.failed === undefined) setKeys(answer.value.data);
  };
  useRefresh(id, load);
  const working = keys.filter((key) => works(key, Date.now()));
  return (
    <>
      <section aria-labelledby="encoder">
        <h2 id="encoder">Your encoder</h2>
        <OwnKey id={id} keys={working.filter(({ main }) => main)} reload={load} />
      </section>
      <section aria-labelledby="guests">
        <h2 id="guests">Guests’ keys</h2>
        <p class="lead">Let somebody else go live here without your own key.</p>
        <Guests id={id} keys={working.filter(({ main }) => !main)} reload={load} />
        <p class="failure" role="alert">
          {failed}
        </p>
      </section>
    </>
  );
}

interface KeyPart {
  readonly id: string;
  readonly keys: readonly StreamKeyView[];
  readonly reload: () => Promise<void>;
}

function OwnKey({ id, keys, reload }: KeyPart): VNode {
  const [ingest, setIngest] = useState<IngestView | null>(null);
  const [streamKey, setStreamKey] = useState<string>();
  const [failed, setFailed] = useState<string>();
  const [overlapSeconds, setOverlapSeconds] = useState<number>(OVERLAPS[0].seconds);
  useEffect(() => {
    void ask('GET /api/ingest').then((answer) => {
      if (answer.failed === undefined) setIngest(answer.value);
    });
  }, []);
  const rotate = async (): Promise<void> => {
    const answer = await ask('POST /api/streams/{id}/keys', {
      params: { id },
      body: { kind: 'main', overlapSeconds },
    });
    setFailed(answer.failed);
    if (answer.failed !== undefined) return;
    setStreamKey(answer.value.streamKey);
    await reload();
  };
  return (
    <>
      <EncoderRecipe ingest={ingest} streamKey={streamKey} keyHint={hintOf(keys)} />
      <p class="hint" role="status">
        {streamKey === undefined
          ? 'A key is shown once, when it is made. Lost it? Make a new one.'
          : `The new key is shown only now. Whoever has it can broadcast. ${oldKeyWords(keys)}`}
      </p>
      <div class="form">
        <label class="field">
          <span>After a new key, the old one</span>
          <select
            value={overlapSeconds}
            onChange={(event) => setOverlapSeconds(Number(event.currentTarget.value))}
          >
            {OVERLAPS.map(({ seconds, words }) => (
              <option key={seconds} value={seconds}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <ConfirmButton
          label="New key"
          question={rotationQuestion(overlapSeconds)}
          confirmation="Make a new key"
          refusal="Keep the old one"
          act={rotate}
        />
        <p class="failure" role="alert">
          {failed}
        </p>
      </div>
    </>
  );
}

function Guests({ id, keys, reload }: KeyPart): VNode {
  const [made, setMade] = useState<{ readonly name: string; readonly streamKey: string }>();
  const [failed, setFailed] = useState<string>();
  const issue = async (fields: FormData): Promise<string | undefined> => {
    const answer = await ask('POST /api/streams/{id}/keys', {
      params: { id },
      body: {
        kind: 'guest',
        name: typed(fields, 'name'),
        expiresAt: timeTyped(fields, 'expiresAt'),
      },
    });
    if (answer.failed !== undefined) return answer.failed;
    setMade(answer.value);
    await reload();
    return undefined;
  };
  const revoke = async (keyId: string): Promise<void> => {
    const answer = await ask('DELETE /api/streams/{id}/keys/{keyId}', { params: { id, keyId } });
    setFailed(answer.failed);
    await reload();
  };
  return (
    <>
      <ul class="rows">
        {keys.map((key) => (
          <li key={key.id}>
            <span class="row-text">
              <strong>
                {key.name} <code>…{key.last4}</code>
              </strong>
              <span class="hint">{[endOf(key), usedText(key)].join(', ')}</span>
            </span>
            <ConfirmButton
              label={`Revoke ${key.name}`}
              question="Whoever publishes by it is cut off."
              confirmation="Revoke it"
              act={() => revoke(key.id)}
            />
          </li>
        ))}
      </ul>
      <p class="failure" role="alert">
        {failed}
      </p>
      {made === undefined ? null : (
        <div class="once" role="status">
          <p>The key for {made.name}. It is shown only now.</p>
          <code class="secret">{made.streamKey}</code>
          <CopyButton label="the guest’s key" text={made.streamKey} />
        </div>
      )}
      <Form action="Make guest key" send={issue}>
        <Field label="Who it is for" name="name" autoComplete="off" maxLength={100} />
        <Field
          label="Works until"
          name="expiresAt"
          type="datetime-local"
          autoComplete="off"
          hint="Empty: until you revoke it."
          isOptional
        />
      </Form>
    </>
  );
}

/** What a new key does to the one that encoders hold now. */
function rotationQuestion(overlapSeconds: number): string {
  if (overlapSeconds === 0) {
    return (
      'The key in your encoder stops working at once: a broadcast that runs goes on, but the ' +
      'encoder cannot come back with it.'
    );
  }
  const end = momentOf(new Date(Date.now() + overlapSeconds * 1_000).toISOString());
  return `The key in your encoder works on until ${end}. Put the new one in before.`;
}

/** Until when the key before the newest works. */
function oldKeyWords(keys: readonly StreamKeyView[]): string {
  const ends = keys.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt]));
  const last = ends.toSorted().at(-1);
  return last === undefined
    ? 'The old one is refused.'
    : `The old one works until ${momentOf(last)}.`;
}

function works({ revokedAt, expiresAt }: StreamKeyView, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs);
}

/** How to tell which key an encoder holds; during an overlap there are two. */
function hintOf(keys: readonly StreamKeyView[]): string {
  if (keys.length === 0) return 'none works';
  return keys
    .map((key) => {
      const end = key.expiresAt === null ? '' : ` until ${momentOf(key.expiresAt)}`;
      return `ends in …${key.last4}${end}, ${usedText(key)}`;
    })
    .join('; ');
}

function endOf({ expiresAt }: StreamKeyView): string {
  return expiresAt === null ? 'no end' : `until ${momentOf(expiresAt)}`;
}

function usedText({ lastUsedAt }: StreamKeyView): string {
  return lastUsedAt === null ? 'never used' : `used ${momentOf(lastUsedAt)}`;
}
