import type { VNode } from 'preact';
import type { ChatMessage } from '../../contract/index.ts';
import type { ChatSession } from './chat-session.ts';

/** What can be done with a message: everybody may answer. */
export function LineActions({
  onReply,
}: {
  readonly message: ChatMessage;
  readonly session: ChatSession;
  readonly onReply: () => void;
  /** Something was done that ends it. */
  readonly onDone: () => void;
}): VNode {
  return (
    <span class="chat-actions">
      <button type="button" onClick={onReply}>
        Reply
      </button>
    </span>
  );
}
