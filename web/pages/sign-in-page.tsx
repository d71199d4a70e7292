import type { VNode } from 'preact';
import { ask, Field, Form, Frame, me, pathAfterSignIn, typed } from '../base/index.ts';

/** Name and password. */
export function SignInPage(): VNode {
  const send = async (fields: FormData): Promise<string | undefined> => {
    const answer = await ask('POST /api/session', {
      body: { name: typed(fields, 'name').trim(), password: typed(fields, 'password') },
    });
    if (answer.failed !== undefined) return answer.failed;
    location.assign(pathAfterSignIn(location.search, location.origin));
    return undefined;
  };
  return (
    <Frame title="Sign in">
      <div class="desk narrow">
        <h1>Sign in</h1>
        {me.value?.hasAccounts === false ? (
          <p class="lead">
            This server has no accounts yet. Open the set-up link that it printed when it started.
          </p>
        ) : null}
        <Form action="Sign in" send={send}>
          <Field label="Name" name="name" autoComplete="username" maxLength={100} />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            maxLength={256}
          />
        </Form>
        <p class="hint">Forgot it? An administrator can give you a link for a new one.</p>
      </div>
    </Frame>
  );
}
