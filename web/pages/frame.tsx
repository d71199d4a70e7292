import type { ComponentChildren, VNode } from 'preact';

/** What every page has around its content: the name that leads home, and the main landmark. */
export function Frame({ children }: { readonly children: ComponentChildren }): VNode {
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
      </header>
      <main>{children}</main>
    </>
  );
}
