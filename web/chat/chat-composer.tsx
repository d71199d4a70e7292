import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type ChatMessage, MAX_CHAT_LENGTH } from '../../contract/index.ts';
import { me, signInAddress } from '../base/index.ts';
import { textOf } from './chat-feed.ts';
import type { ChatSession } from './chat-session.ts';
import { CommandList, useCompletion } from './command-list.tsx';
import { modesText, secondsText } from './words.ts';

/** From here on it is said how many characters are left. */
const COUNTED_FROM_LEFT = 100;
const TICK_MS = 250;

/** Where one writes, or the reason why one may not. */
export function ChatComposer({
  session,
  replyTo,
  onReplied,
}: {
  readonly session: ChatSession;
  readonly replyTo: ChatMessage | null;
  readonly onReplied: () => void;
}): VNode {
  const closed = useClosed(session);
  if (closed !== null) return closed;
  return <Writing session={session} replyTo={replyTo} onReplied={onReplied} />;
}

function Writing({
  session,
  replyTo,
  onReplied,
}: {
  readonly session: ChatSession;
  readonly replyTo: ChatMessage | null;
  readonly onReplied: () => void;
}): VNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const id = useId();
  const completion = useCompletion(session, text, setText);
  const { offered, chosen } = completion;
  const waitMs = useCountdown(session.waitUntilMs.value);
  const left = MAX_CHAT_LENGTH - [...text.trim()].length;
  const refused = session.refused.value;
  const isJoined = session.link.value?.phase === 'joined';
  const isWaiting = waitMs > 0 && !text.startsWith('/');
  const maySend = isJoined && !isWaiting && text.trim() !== '' && left >= 0;
  useEffect(() => {
    // What was refused is given back, unless something else was begun meanwhile.
    if (refused !== null && refused.text !== '')
      setText((now) => (now === '' ? refused.text : now));
  }, [refused]);
  useEffect(() => {
    if (replyTo !== null) field.current?.focus();
  }, [replyTo]);
  const send = (): void => {
    if (!maySend) return;
    session.post(text.trim(), replyTo?.id ?? null);
    setText('');
    onReplied();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While a word is composed, Enter chooses it.
    if (event.isComposing || completion.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && replyTo !== null) {
      onReplied();
    }
  };
  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {replyTo === null ? null : (
        <p class="chat-replying">
          <span>
            Answering <b>{replyTo.author.name}</b>: <bdi>{textOf(replyTo)}</bdi>
          </span>
          <button type="button" aria-label="Do not answer" onClick={onReplied}>
            ✕
          </button>
        </p>
      )}
      <CommandList id={`${id}-commands`} completion={completion} />
      <div class="chat-field">
        <label class="unseen" for={id}>
          Message
        </label>
        <textarea
          ref={field}
          id={id}
          dir="auto"
          rows={1}
          value={text}
          placeholder={placeholder(session)}
          enterkeyhint="send"
          autoComplete="off"
          aria-autocomplete="list"
          aria-controls={offered.length > 0 ? `${id}-commands` : undefined}
          aria-activedescendant={offered.length > 0 ? `${id}-commands-${chosen}` : undefined}
          aria-describedby={`${id}-note`}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value.replace(/\n/g, ' '));
            // What was refused is another text now.
            session.refused.value = null;
          }}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="chat-send" disabled={!maySend}>
          {isWaiting ? secondsText(waitMs) : 'Send'}
        </button>
      </div>
      <Note id={`${id}-note`} session={session} usage={completion.usage} left={left} />
      <p class="chat-refused" role="alert">
        {refused?.words}
      </p>
    </form>
  );
}

/** Beneath the field: as whom one writes, or how a command goes on; and what has to be minded. */
function Note({
  id,
  session,
  usage,
  left,
}: {
  readonly id: string;
  readonly session: ChatSession;
  readonly usage: string;
  /** Characters that may still be written. */
  readonly left: number;
}): VNode {
  const isCounted = left < COUNTED_FROM_LEFT;
  const modes = session.refused.value === null && usage === '' ? modesText(session.room) : '';
  return (
    <p class="chat-note" id={id}>
      <Standing session={session} usage={usage} />
      {isCounted ? (
        <span data-over={left < 0}>{left < 0 ? `${-left} too many` : `${left} left`}</span>
      ) : modes === '' ? null : (
        <span>{modes}</span>
      )}
    </p>
  );
}

function Standing({
  session: { room, link },
  usage,
}: {
  readonly session: ChatSession;
  readonly usage: string;
}): VNode | null {
  const you = room.you.value;
  if (you === null) return null;
  // Said here as well: the field's own words are gone once something is written.
  if (link.value?.phase !== 'joined') return <span>Reconnecting…</span>;
  if (usage !== '') return <span>{usage}</span>;
  return (
    <span>
      As <bdi class="chat-as">{you.name}</bdi>
    </span>
  );
}

/** Why nobody like this viewer may write now; null: they may. */
function useClosed(session: ChatSession): VNode | null {
  const { isBanned, untilMs } = session.room.standing.value;
  const timeoutMs = useCountdown(untilMs ?? 0);
  const { link } = session;
  if (link.value?.phase === 'stopped') {
    const isOutdated = link.value.stopped === 'outdated';
    return (
      <p class="chat-closed">
        {isOutdated
          ? 'This page is older than the server. Load it anew to chat.'
          : 'The chat is closed.'}
      </p>
    );
  }
  if (isBanned)
    return <p class="chat-closed">You are banned from this chat. You may still read it.</p>;
  if (timeoutMs > 0) {
    const wait = secondsText(timeoutMs);
    return <p class="chat-closed">A moderator has timed you out. You may write again in {wait}.</p>;
  }
  if (!isShutOut(session)) return null;
  const modes = modesText(session.room);
  return (
    <p class="chat-closed">
      {me.value?.hasAccounts === false ? (
        'Only who has an account may write here.'
      ) : (
        <>
          <a href={signInAddress(location.pathname)}>Sign in</a> to write here.
        </>
      )}
      {modes === '' ? null : <small>{modes}</small>}
    </p>
  );
}

/** Whether no guest may write; one whom a moderator gave a role is asked for what it allows. */
function isShutOut({ room: { you, settings, isModerator } }: ChatSession): boolean {
  if (you.value?.isGuest !== true || settings.value === null || isModerator.value) return false;
  const { guestsMayPost, subscribersOnly, followersOnlyMinutes } = settings.value;
  const isForMembers = subscribersOnly || followersOnlyMinutes !== null;
  return !guestsMayPost || (isForMembers && you.value.roles.length === 0);
}

function placeholder({ room, link }: ChatSession): string {
  if (link.value?.phase !== 'joined')
    return room.you.value === null ? 'Connecting…' : 'Reconnecting…';
  return 'Say something';
}

/** Milliseconds until a moment, told again as they go by; 0 when it has come. */
function useCountdown(untilMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    setNowMs(Date.now());
    if (untilMs <= Date.now()) return;
    const timer = setInterval(() => {
      setNowMs(Date.now());
      if (Date.now() >= untilMs) clearInterval(timer);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [untilMs]);
  return Math.max(0, untilMs - nowMs);
}
