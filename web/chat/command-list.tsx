import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ChatCommandView } from '../../contract/index.ts';
import { ask } from '../base/index.ts';
import type { ChatSession } from './chat-session.ts';
import { commandOf, completions } from './completion.ts';

/** What the field is told of completion. */
export interface Completion {
  readonly offered: readonly ChatCommandView[];
  /** Index of the one that Enter takes; below zero: none. */
  readonly chosen: number;
  /** How the command that is being typed goes on; empty: nothing to say. */
  readonly usage: string;
  choose(index: number): void;
  /** Whether the key was for the list. */
  onKey(event: KeyboardEvent): boolean;
}

/** Completion of commands; they are asked for when the first `/` is typed. */
export function useCompletion(
  session: ChatSession,
  text: string,
  setText: (text: string) => void,
): Completion {
  const [commands, setCommands] = useState<readonly ChatCommandView[]>([]);
  const [chosen, setChosen] = useState(0);
  const [closedFor, setClosedFor] = useState('');
  const isCommand = text.startsWith('/');
  useEffect(() => {
    if (!isCommand || commands.length > 0) return;
    void ask('GET /api/chat/commands').then((answer) => {
      if (answer.failed === undefined) setCommands(answer.value.commands);
    });
  }, [isCommand, commands.length]);
  useEffect(() => setChosen(0), [text]);
  const offered = text === closedFor ? [] : completions(commands, text, session.room.you.value);
  const choose = (index: number): void => {
    const command = offered[index];
    if (command !== undefined) setText(`/${command.name} `);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (offered.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((chosen + step + offered.length) % offered.length);
    else if (event.key === 'Tab' || event.key === 'Enter') {
      // A whole name that takes nothing more is sent.
      if (event.key === 'Enter' && text === `/${offered[chosen]?.name}`) return false;
      choose(chosen);
    } else if (event.key === 'Escape') setClosedFor(text);
    else return false;
    event.preventDefault();
    return true;
  };
  return { offered, chosen, usage: commandOf(commands, text)?.usage ?? '', choose, onKey };
}

/** The commands that may be meant. */
export function CommandList({
  id,
  completion: { offered, chosen, choose },
}: {
  readonly id: string;
  readonly completion: Completion;
}): VNode | null {
  if (offered.length === 0) return null;
  return (
    <div class="chat-commands" id={id} role="listbox" aria-label="Commands">
      {offered.map(({ name, usage, help }, index) => (
        <div
          key={name}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          // The field keeps the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            choose(index);
          }}
        >
          <code>{usage}</code>
          <small>{help}</small>
        </div>
      ))}
    </div>
  );
}
