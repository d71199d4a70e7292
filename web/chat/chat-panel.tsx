import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ChatMessage } from '../../contract/index.ts';
import './chat.css';
import { ChatCards } from './chat-cards.tsx';
import { ChatComposer } from './chat-composer.tsx';
import { ChatLog } from './chat-log.tsx';
import { ChatOptions } from './chat-options.tsx';
import { ChatSession, type ChatSetup } from './chat-session.ts';

/** The picture is so far behind when it is worth saying that the chat is too. Milliseconds. */
const WORTH_SAYING_MS = 8_000;

/** The chat of a stream: what is said, who it is said to, and where to say something. */
export function ChatPanel(setup: ChatSetup): VNode {
  const [session] = useState(() => new ChatSession(setup));
  const [replyTo, setReplyTo] = useState<ChatMessage | null>(null);
  useEffect(() => {
    session.open();
    return () => session.close();
  }, [session]);
  return (
    <section class="chat" aria-label="Chat" data-link={session.link.value?.phase}>
      <header class="chat-head">
        <h2>Chat</h2>
        <ChatOptions session={session} />
      </header>
      <ChatCards session={session} />
      <Behind session={session} />
      <ChatLog session={session} onReply={setReplyTo} />
      <ChatComposer session={session} replyTo={replyTo} onReplied={() => setReplyTo(null)} />
    </section>
  );
}

/** Says that what is shown belongs to a picture of a while ago. */
function Behind({ session }: { readonly session: ChatSession }): VNode | null {
  const behindS = Math.round(session.behindMs.value / 1_000);
  if (session.behindMs.value < WORTH_SAYING_MS && !session.isHoldingBack.value) return null;
  const ago = behindS < 120 ? `${behindS} s` : `${Math.round(behindS / 60)} min`;
  return (
    <p class="chat-behind">
      With the picture, {ago} ago
      <button type="button" onClick={() => session.stayInStep(false)}>
        Newest
      </button>
    </p>
  );
}
