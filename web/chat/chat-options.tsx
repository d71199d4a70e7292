import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { BarredPeople } from './barred-people.tsx';
import type { ChatSession } from './chat-session.ts';
import { ModeratorOptions } from './moderator-options.tsx';

/** What a viewer may choose. */
export function ChatOptions({ session }: { readonly session: ChatSession }): VNode {
  const details = useRef<HTMLDetailsElement>(null);
  const [isOpen, setOpen] = useState(false);
  useClosing(details);
  return (
    <details
      ref={details}
      class="chat-options"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary aria-label="Chat settings">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 7h9m4 0h3M4 17h3m4 0h9" />
          <circle cx="15" cy="7" r="2" />
          <circle cx="9" cy="17" r="2" />
        </svg>
      </summary>
      <div class="chat-sheet">
        <Pace session={session} />
        <ModeratorOptions session={session} />
        {isOpen && session.room.isModerator.value ? <BarredPeople session={session} /> : null}
      </div>
    </details>
  );
}

/** A sheet closes when something else is touched, and by Escape. */
function useClosing(details: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const over = new AbortController();
    const close = (event: Event): void => {
      const element = details.current;
      if (element === null || !element.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return;
        element.querySelector('summary')?.focus();
      } else if (event.target instanceof Node && element.contains(event.target)) {
        return;
      }
      element.open = false;
    };
    document.addEventListener('pointerdown', close, { signal: over.signal });
    document.addEventListener('keydown', close, { signal: over.signal });
    return () => over.abort();
  }, [details]);
}

function Pace({ session }: { readonly session: ChatSession }): VNode {
  const name = useId();
  const choice = (inStep: boolean, label: string, hint: string): VNode => (
    <label class="chat-choice">
      <input
        type="radio"
        name={name}
        checked={session.inStep.value === inStep}
        onChange={() => session.stayInStep(inStep)}
      />
      <span>
        {label}
        <small>{hint}</small>
      </span>
    </label>
  );
  return (
    <fieldset>
      <legend>Show messages</legend>
      {choice(false, 'At once', 'As soon as they are written, while you watch live')}
      {choice(
        true,
        'With the picture',
        'When what they speak of is on screen, also after rewinding',
      )}
    </fieldset>
  );
}
