import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { signInAddress } from './sign-in.ts';
import { me } from './visitor.ts';

/**
 * What every page has around its content: the name that leads home, and the main landmark. `title`
 * is what the page is about, for tabs and histories; without it, nothing is known of that yet.
 */
export function Frame({
  title,
  children,
}: {
  readonly title: string | undefined;
  readonly children: ComponentChildren;
}): VNode {
  // With what is drawn, and not after it: nobody is shown a page under the title of another.
  useLayoutEffect(() => {
    document.title = title === undefined ? 'Millrace' : `${title} · Millrace`;
  }, [title]);
  return (
    <>
      <header class="site-header">
        <a class="brand" href="/" aria-label="Millrace, home">
          <svg viewBox="0 0 32 24" aria-hidden="true">
            <path d="M2 6.5c4.4-4.2 9-4.2 14 0s9.6 4.2 14 0" />
            <path d="M2 13c4.4-4.2 9-4.2 14 0s9.6 4.2 14 0" opacity=".7" />
            <path d="M2 19.500c4.4-4.2 9-4.2 14 0s9.6 4.2 14 0" opacity=".4" />
          </svg>
          Millrace
        </a>
        <Visitor />
      </header>
      <main>{children}</main>
    </>
  );
}

/** Where else one may go, and who is signed in; nothing while that is not known. */
function Visitor(): VNode | null {
  if (me.value === null) return null;
  const { user, hasAccounts, mayBroadcast } = me.value;
  return (
    <nav class="visitor" aria-label="Site">
      {mayBroadcast ? <a href="/studio">Studio</a> : null}
      {user?.role === 'admin' ? <a href="/admin/people">People</a> : null}
      {user !== null ? (
        <a class="visitor-name" href="/account">
          {user.displayName}
        </a>
      ) : hasAccounts ? (
        <a href={signInAddress(location.pathname)}>Sign in</a>
      ) : null}
    </nav>
  );
}
