import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiAnswer, SCOPE_WORDS, SCOPES } from '../../contract/index.ts';
import {
  ask,
  browserWords,
  dayOf,
  endOfDay,
  Field,
  Form,
  Frame,
  me,
  Once,
  signInAddress,
  today,
  typed,
} from '../base/index.ts';

/** One's own account: password, where one is signed in, and API tokens. */
export function AccountPage(): VNode {
  const user = me.value?.user ?? null;
  const leave = async (): Promise<void> => {
    await ask('DELETE /api/session');
    location.assign('/');
  };
  if (user === null) {
    return (
      <Frame title="Your account">
        <div class="desk narrow">
          <h1>Your account</h1>
          {me.value === null ? null : (
            <p>
              <a href={signInAddress(location.pathname)}>Sign in</a> to see it.
            </p>
          )}
        </div>
      </Frame>
    );
  }
  return (
    <Frame title="Your account">
      <div class="desk">
        <div class="desk-head">
          <h1>Your account</h1>
          <p class="lead">
            <bdi>{user.displayName}</bdi>
            {user.displayName === user.name ? '' : ` (${user.name})`}, {user.role}
          </p>
          <button class="button quiet-button" type="button" onClick={() => void leave()}>
            Sign out
          </button>
        </div>
        <Sessions />
        <Tokens />
        <Password />
      </div>
    </Frame>
  );
}

function Sessions(): VNode {
  const [sessions, reload] = useList('GET /api/sessions');
  const [failed, setFailed] = useState<string>();
  const end = async (id: string): Promise<void> => {
    const answer = await ask('DELETE /api/sessions/{id}', { params: { id } });
    setFailed(answer.failed);
    await reload();
  };
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      <ul class="rows">
        {sessions.map((session) => (
          <li key={session.id}>
            <span class="row-text">
              <strong title={session.userAgent ?? ''}>{browserWords(session.userAgent)}</strong>
              <span class="hint">
                {session.isCurrent ? 'This browser' : `Last seen ${dayOf(session.lastSeenAt)}`}
                {session.remoteAddress === null
                  ? ''
                  : `, from ${plainAddress(session.remoteAddress)}`}
              </span>
            </span>
            {session.isCurrent ? null : (
              <button
                class="button quiet-button"
                type="button"
                onClick={() => void end(session.id)}
              >
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="failure" role="alert">
        {failed}
      </p>
    </section>
  );
}

function Tokens(): VNode {
  const [tokens, reload] = useList('GET /api/tokens');
  const [made, setMade] = useState<string>();
  const create = async (fields: FormData): Promise<string | undefined> => {
    const day = typed(fields, 'expires');
    const chosen = fields.getAll('scope');
    if (chosen.length === 0) return 'Choose what it may do.';
    const answer = await ask('POST /api/tokens', {
      body: {
        name: typed(fields, 'name'),
        scopes: SCOPES.filter((scope) => chosen.includes(scope)),
        expiresAt: day === '' ? null : endOfDay(day),
      },
    });
    if (answer.failed !== undefined) return answer.failed;
    setMade(answer.value.token);
    await reload();
    return undefined;
  };
  const revoke = async (id: string): Promise<void> => {
    await ask('DELETE /api/tokens/{id}', { params: { id } });
    await reload();
  };
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">API tokens</h2>
      <p class="lead">
        For programs that act for you. A token can do no more than you can. What there is to ask:{' '}
        <a href="/api/docs">the API</a>.
      </p>
      <ul class="rows">
        {tokens.map((token) => (
          <li key={token.id}>
            <span class="row-text">
              <strong>
                {token.name} <code>…{token.last4}</code>
              </strong>
              <span class="hint">
                {token.scopes.join(', ')}; {endWords(token.expiresAt)};{' '}
                {token.lastUsedAt === null ? 'never used' : `used ${dayOf(token.lastUsedAt)}`}
              </span>
            </span>
            <button
              class="button quiet-button"
              type="button"
              aria-label={`Revoke ${token.name}`}
              onClick={() => void revoke(token.id)}
            >
              Revoke
            </button>
          </li>
        ))}
      </ul>
      {made === undefined ? null : <Once label="Your new token." text={made} />}
      <Form action="Make token" send={create}>
        <Field label="What it is for" name="name" autoComplete="off" maxLength={60} />
        <fieldset class="field">
          <legend>What it may do</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="choice scope">
              <input type="checkbox" name="scope" value={scope} />
              <span class="scope-words">
                <code>{scope}</code> <span class="hint">{SCOPE_WORDS[scope]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field
          label="Works until"
          name="expires"
          type="date"
          autoComplete="off"
          hint="The end of that day. Empty: until you revoke it."
          min={today()}
          isOptional
        />
      </Form>
    </section>
  );
}

function endWords(expiresAt: string | null): string {
  if (expiresAt === null) return 'no end';
  return `${Date.parse(expiresAt) <= Date.now() ? 'ended' : 'until'} ${dayOf(expiresAt)}`;
}

function Password(): VNode {
  const [done, setDone] = useState(false);
  const change = async (fields: FormData): Promise<string | undefined> => {
    setDone(false);
    const answer = await ask('PUT /api/me/password', {
      body: { currentPassword: typed(fields, 'current'), newPassword: typed(fields, 'next') },
    });
    if (answer.failed !== undefined) return answer.failed;
    me.value = answer.value;
    setDone(true);
    return undefined;
  };
  return (
    <section aria-labelledby="password">
      <h2 id="password">Password</h2>
      <p class="lead">A new one signs you out everywhere else.</p>
      <Form action="Change password" send={change}>
        <Field
          label="Present password"
          name="current"
          type="password"
          autoComplete="current-password"
          maxLength={256}
        />
        <Field
          label="New password"
          name="next"
          type="password"
          autoComplete="new-password"
          minLength={10}
          maxLength={256}
        />
      </Form>
      <p role="status">{done ? 'Your password is changed.' : ''}</p>
    </section>
  );
}

/** Routes that answer with a list that needs no pages. */
type ShortList = 'GET /api/sessions' | 'GET /api/tokens' | 'GET /api/invitations';

/** A list of the API and how to read it again; empty until it is there. */
export function useList<Name extends ShortList>(
  name: Name,
): readonly [ApiAnswer<Name>['data'], () => Promise<void>] {
  const [items, setItems] = useState<ApiAnswer<Name>['data']>([]);
  const load = async (): Promise<void> => {
    const answer = await ask<ShortList>(name);
    if (answer.failed === undefined) setItems(answer.value.data);
  };
  useEffect(() => void load(), [name]);
  return [items, load];
}

/** An IPv4 address as people write it, where it came to the server within one of IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
