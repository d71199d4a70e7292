import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { InvitationView } from '../../contract/index.ts';
import { type Answer, ask, Field, Form, Frame, typed } from '../base/index.ts';

/** Where a one-time link leads: the first administrator, somebody invited, or a new password. */
export function SetupPage(): VNode {
  const [secret, setSecret] = useState(secretOfAddress);
  const [found, setFound] = useState<Answer<InvitationView>>();
  useEffect(() => {
    // Another link that is put into the same tab loads no page.
    const follow = () => setSecret(secretOfAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    setFound(undefined);
    void ask('POST /api/invitations/look', { body: { secret } }).then(setFound);
  }, [secret]);
  return (
    <Frame title={titleOf(found)}>
      <div class="desk narrow">
        {found === undefined ? null : found.failed === undefined ? (
          <Acceptance invitation={found.value} secret={secret} />
        ) : (
          <>
            <h1>This link does not work</h1>
            <p role="alert">{found.failed}</p>
            <p class="hint">
              For the first account of a server: it prints a new link each time it starts.
            </p>
          </>
        )}
      </div>
    </Frame>
  );
}

function Acceptance({
  invitation,
  secret,
}: {
  readonly invitation: InvitationView;
  readonly secret: string;
}): VNode {
  const isNew = invitation.purpose !== 'password_reset';
  const send = async (fields: FormData): Promise<string | undefined> => {
    const displayName = typed(fields, 'displayName').trim();
    const answer = await ask('POST /api/invitations/accept', {
      body: {
        secret,
        ...(isNew ? { name: typed(fields, 'name').trim() } : {}),
        ...(displayName === '' ? {} : { displayName }),
        password: typed(fields, 'password'),
      },
    });
    if (answer.failed !== undefined) return answer.failed;
    // The used link must not stay in the history, where "back" would lead to it.
    location.replace(isNew ? firstPage(invitation) : '/account');
    return undefined;
  };
  return (
    <>
      <h1>{headline(invitation)}</h1>
      <p class="lead">{explanation(invitation)}</p>
      <Form action={isNew ? 'Make account' : 'Set password'} send={send}>
        {isNew ? (
          <>
            <Field
              label="Name"
              name="name"
              autoComplete="username"
              hint="To sign in with: letters, digits, dots, hyphens, underscores."
              minLength={2}
              maxLength={32}
              pattern="\s*[A-Za-z0-9][A-Za-z0-9._\-]+\s*"
              mismatch="Begin with a letter or digit, then letters, digits, dots, hyphens or underscores: no spaces, no accents."
            />
            <Field
              label="Display name"
              name="displayName"
              autoComplete="name"
              hint="What others see; without one, the name."
              maxLength={60}
              isOptional
            />
          </>
        ) : null}
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint="At least 10 characters; several words are easy to remember."
          minLength={10}
          maxLength={256}
        />
      </Form>
    </>
  );
}

/** Where a new account begins: what it was made for. */
function firstPage({ role }: InvitationView): string {
  return role === 'admin' || role === 'broadcaster' ? '/studio' : '/';
}

/** Behind the `#`, which browsers keep to themselves. */
function secretOfAddress(): string {
  return location.hash.slice(1);
}

function titleOf(found: Answer<InvitationView> | undefined): string | undefined {
  if (found === undefined) return undefined;
  return found.failed === undefined ? headline(found.value) : 'This link does not work';
}

function headline({ purpose, name }: InvitationView): string {
  switch (purpose) {
    case 'first_admin':
      return 'Set up this server';
    case 'invitation':
      return 'Join this server';
    case 'password_reset':
      return `A new password for ${name}`;
  }
}

function explanation({ purpose, role }: InvitationView): string {
  switch (purpose) {
    case 'first_admin':
      return 'Make the first account. It is an administrator’s: it can do everything.';
    case 'invitation':
      return `You were invited as ${role === 'admin' ? 'an administrator' : `a ${role}`}.`;
    case 'password_reset':
      return 'Setting it signs you out everywhere else.';
  }
}
