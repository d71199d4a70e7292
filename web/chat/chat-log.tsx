import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChatMessage } from '../../contract/index.ts';
import type { PendingPost } from './chat-feed.ts';
import { ChatLine } from './chat-line.tsx';
import type { ChatSession } from './chat-session.ts';
import { LineActions } from './line-actions.tsx';
import { typedLine } from './typed-line.ts';

/** Who is so near the end reads what comes; who is further away reads back. Pixels. */
const NEAR_END_PX = 40;
const MOST_COUNTED = 99;

/** What was said. Follows what comes, until somebody reads back. */
export function ChatLog({
  session,
  onReply,
}: {
  readonly session: ChatSession;
  readonly onReply: (message: ChatMessage) => void;
}): VNode {
  const log = useRef<HTMLDivElement>(null);
  const [openKey, setOpenKey] = useState<string | null>(null);
  const isReading = session.isReading.value;
  const lines = session.lines.value;
  const pending = session.pending.value;
  const follow = (): void => {
    setOpenKey(null);
    session.release();
  };
  /** What had the focus goes with it: who uses the keyboard goes on from the messages. */
  const leave = (): void => {
    follow();
    log.current?.focus({ preventScroll: true });
  };
  useOpenedInView(log, openKey, isReading);
  useLayoutEffect(() => {
    const element = log.current;
    if (element !== null && !isReading) element.scrollTop = element.scrollHeight;
  }, [lines, pending, isReading]);
  useFollowedSize(log, isReading);
  const onScroll = (element: HTMLElement): void => {
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (openKey !== null && isOpenedGone(element)) setOpenKey(null);
    if (!isAtEnd && !isReading) session.hold();
    else if (isAtEnd && isReading && openKey === null && session.unseen.value === 0) follow();
  };
  const toggle = (key: string): void => {
    if (openKey !== key) session.hold();
    setOpenKey(openKey === key ? null : key);
  };
  return (
    <div class="chat-middle">
      <div
        ref={log}
        class="chat-log"
        role="log"
        aria-label="Messages"
        aria-live={session.isBusy.value || isReading ? 'off' : 'polite'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        onScroll={({ currentTarget }) => onScroll(currentTarget)}
        onKeyDown={(event) => walk(event, { toggle, leave })}
      >
        {lines.length === 0 && pending.length === 0 ? <Silence session={session} /> : null}
        {lines.map((line) => (
          <ChatLine
            key={line.key}
            line={line}
            session={session}
            you={session.room.you.value}
            isOpen={line.key === openKey}
            onToggle={toggle}
            actions={(message) => (
              <LineActions
                message={message}
                session={session}
                onReply={() => {
                  leave();
                  onReply(message);
                }}
                onDone={leave}
              />
            )}
          />
        ))}
        {isReading ? null : <Pending session={session} />}
      </div>
      {isReading ? (
        <button type="button" class="chat-newer" onClick={leave}>
          {newerText(session.unseen.value)}
        </button>
      ) : null}
    </div>
  );
}

/** What was sent, at once, until it comes back as everybody sees it. */
function Pending({ session }: { readonly session: ChatSession }): VNode {
  return (
    <>
      {session.pending.value.map((post) => (
        <PendingLine key={post.nonce} post={post} name={session.room.you.value?.name ?? 'You'} />
      ))}
    </>
  );
}

function PendingLine({ post, name }: { readonly post: PendingPost; readonly name: string }): VNode {
  const { text, kind } = typedLine(post.text);
  const isSent = post.id !== null;
  return (
    <div class="chat-line chat-pending" data-kind={kind} data-sent={isSent}>
      <bdi class="chat-name">{name}</bdi>
      <span class="chat-colon">{kind === 'action' ? ' ' : ': '}</span>
      <bdi>{text}</bdi>
      {isSent ? null : <span class="unseen"> (sending)</span>}
    </div>
  );
}

function Silence({ session }: { readonly session: ChatSession }): VNode {
  const isJoined = session.link.value?.phase === 'joined';
  return <p class="chat-silence">{isJoined ? 'No messages.' : 'Opening the chat…'}</p>;
}

/** A message stays in sight beside what can be done with it, also when that asks once more and grows. */
function useOpenedInView(
  log: { readonly current: HTMLElement | null },
  openKey: string | null,
  isReading: boolean,
): void {
  useLayoutEffect(() => {
    const element = log.current;
    const actions = element?.querySelector('.chat-actions');
    const line = actions?.previousElementSibling;
    if (openKey === null || !isReading || !element || !actions || !line) return;
    const place = (): void => bringInView(element, line, actions);
    place();
    const observer = new ResizeObserver(place);
    observer.observe(actions);
    return () => observer.disconnect();
  }, [log, openKey, isReading]);
}

/** Of a message that is longer than there is room for, its author and beginning. */
function bringInView(log: HTMLElement, line: Element, actions: Element): void {
  // Where the panel is low, they lie over the field beneath, which the page may have to be scrolled to.
  actions.scrollIntoView({ block: 'nearest' });
  const frame = log.getBoundingClientRect();
  const menu = actions.getBoundingClientRect();
  const message = line.getBoundingClientRect();
  const isBeneath = getComputedStyle(actions).position === 'absolute';
  const floor = isBeneath ? Math.min(frame.bottom, menu.top) : frame.bottom - menu.height;
  const above = message.top - frame.top;
  const hidden = Math.max(0, message.bottom - floor);
  log.scrollTop += above < 0 ? above : Math.min(above, hidden);
}

/** Whether a message has been scrolled out of sight whose menu, on a low panel, stays where it is. */
function isOpenedGone(log: HTMLElement): boolean {
  const line = log.querySelector('.chat-actions')?.previousElementSibling;
  if (!line) return false;
  const [frame, message] = [log.getBoundingClientRect(), line.getBoundingClientRect()];
  return message.bottom <= frame.top || message.top >= frame.bottom;
}

/** The end stays in view when the panel changes its size. */
function useFollowedSize(log: { readonly current: HTMLElement | null }, isReading: boolean): void {
  useLayoutEffect(() => {
    const element = log.current;
    if (element === null || isReading) return;
    const observer = new ResizeObserver(() => {
      element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [log, isReading]);
}

/** Arrows go from line to line, Enter opens what can be done with one, Escape goes back to the end. */
function walk(
  event: KeyboardEvent & { readonly currentTarget: HTMLElement },
  { toggle, leave }: { toggle: (key: string) => void; leave: () => void },
): void {
  const { key, currentTarget: log, target } = event;
  if (target instanceof HTMLElement && target.closest('button, a, select, input') !== null) {
    if (key === 'Escape') leave();
    return;
  }
  const line = document.activeElement?.closest<HTMLElement>('.chat-line') ?? null;
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const next =
      key === 'ArrowUp'
        ? line === null
          ? log.querySelector<HTMLElement>('.chat-line:last-of-type')
          : lineBeside(line, 'previousElementSibling')
        : lineBeside(line, 'nextElementSibling');
    if (!(next instanceof HTMLElement)) return;
    next.focus();
  } else if (key === 'Enter' && line?.dataset.key !== undefined) {
    toggle(line.dataset.key);
  } else if (key === 'Escape') {
    leave();
  } else {
    return;
  }
  event.preventDefault();
}

/** The next line in a direction: what can be done with one stands between it and the next. */
function lineBeside(
  line: Element | null,
  direction: 'previousElementSibling' | 'nextElementSibling',
): Element | null | undefined {
  const next = line?.[direction];
  return next?.classList.contains('chat-actions') === true ? next[direction] : next;
}

function newerText(unseen: number): string {
  if (unseen === 0) return 'Back to the newest';
  if (unseen > MOST_COUNTED) return `More than ${MOST_COUNTED} new messages`;
  return unseen === 1 ? '1 new message' : `${unseen} new messages`;
}
