import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChatAuthor, ChatMessage } from '../../contract/index.ts';
import { isModerating } from './chat-room.ts';
import type { ChatSession } from './chat-session.ts';

/** How long a timeout from the menu lasts, in seconds, and how that is said. */
const TIMEOUTS: readonly (readonly [number, string])[] = [
  [60, '1 min'],
  [600, '10 min'],
  [86_400, '1 day'],
];

/** What can be done with a message: everybody may answer, moderators may do more. */
export function LineActions({
  message,
  session,
  onReply,
  onDone,
}: {
  readonly message: ChatMessage;
  readonly session: ChatSession;
  readonly onReply: () => void;
  /** Something was done that ends it. */
  readonly onDone: () => void;
}): VNode {
  const [isSure, setSure] = useState(false);
  const { author, id } = message;
  const isOwn = author.id === session.room.you.value?.id;
  const give = (command: string): void => {
    onDone();
    session.give(command);
  };
  const mayModerate = session.room.isModerator.value;
  const isPinned = session.room.pinned.value?.id === id;
  const mayBar = mayModerate && !isOwn && !isModerating(author);
  return (
    <span class="chat-actions">
      <button type="button" onClick={onReply}>
        Reply
      </button>
      {mayModerate ? (
        <button type="button" onClick={() => give(isPinned ? '/unpin' : `/pin ${id}`)}>
          {isPinned ? 'Unpin' : 'Pin'}
        </button>
      ) : null}
      {mayModerate ? (
        <button type="button" onClick={() => give(`/delete ${id}`)}>
          Delete
        </button>
      ) : null}
      {mayBar ? (
        <button
          type="button"
          data-grave
          aria-label={isSure ? `Ban ${author.name} for good` : undefined}
          onClick={() => (isSure ? give(`/ban ${callOf(author)}`) : setSure(true))}
        >
          {isSure ? 'Ban for good' : 'Ban…'}
        </button>
      ) : null}
      {mayBar ? (
        <span class="chat-timeouts">
          Time out
          {TIMEOUTS.map(([seconds, words]) => (
            <button
              key={seconds}
              type="button"
              data-grave
              aria-label={`Time ${author.name} out for ${words}`}
              onClick={() => give(`/timeout ${callOf(author)} ${seconds}`)}
            >
              {words}
            </button>
          ))}
        </span>
      ) : null}
    </span>
  );
}

/** How a command calls somebody: by the id where it has one, since names need not be one person's. */
function callOf({ id, name }: ChatAuthor): string {
  return /^(usr|guest)_[a-z0-9]+$/.test(id) ? id : `"${name.replaceAll('"', '')}"`;
}
