/** What stands above the messages: what is pinned, what is being asked, and where a raid goes. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { type ChatRaid, POLL_RESULT_MS } from '../../contract/index.ts';
import { me, signInAddress } from '../base/index.ts';
import { textOf } from './chat-feed.ts';
import type { ChatSession } from './chat-session.ts';
import { ownChoice } from './own-votes.ts';
import { calledOffWords, patienceMs } from './raid-watch.ts';
import { secondsText } from './words.ts';

/** How often the time that is left is shown. Milliseconds. */
const SHOW_MS = 250;

/** See the top of the file. */
export function ChatCards({ session }: { readonly session: ChatSession }): VNode {
  return (
    <div class="chat-cards">
      <Raid session={session} />
      {session.room.isModerator.value ? <Held session={session} /> : null}
      <Poll session={session} />
      <Pinned session={session} />
    </div>
  );
}

function Pinned({ session }: { readonly session: ChatSession }): VNode | null {
  const [hiddenId, hide] = useState<string | null>(null);
  const message = session.room.pinned.value;
  if (message === null || message.id === hiddenId) return null;
  return (
    <aside class="chat-card" aria-label="Pinned message">
      <h3>
        Pinned · {message.author.name}
        {session.room.isModerator.value ? (
          <Ending words="Unpin" onEnd={() => session.give('/unpin')} />
        ) : (
          <Ending words="Hide" onEnd={() => hide(message.id)} />
        )}
      </h3>
      <p dir="auto">{textOf(message)}</p>
    </aside>
  );
}

/** Messages that wait for a moderator, the oldest first. */
function Held({ session }: { readonly session: ChatSession }): VNode | null {
  useEffect(() => void session.room.askHeld(), [session]);
  const [held] = session.room.held.value;
  if (held === undefined) return null;
  const more = session.room.held.value.length - 1;
  return (
    <aside class="chat-card" aria-label="Message that waits">
      <h3>
        Waits for a moderator · {held.reason}
        {more === 0 ? '' : ` · ${more} more`}
      </h3>
      <p>
        <b>{held.author.name}</b>: <bdi>{textOf(held)}</bdi>
      </p>
      <span class="chat-verdict">
        <button type="button" onClick={() => void session.room.judge(held, true)}>
          Let in
        </button>
        <button type="button" onClick={() => void session.room.judge(held, false)}>
          Deny
        </button>
      </span>
    </aside>
  );
}

function Poll({ session }: { readonly session: ChatSession }): VNode | null {
  const [hiddenId, hide] = useState<string | null>(null);
  const poll = session.room.poll.value;
  // Before it is drawn: who comes later is not shown a result that is gone for all others.
  useLayoutEffect(() => {
    if (poll === null || poll.isOpen) return;
    const restMs = Date.parse(poll.endsAt) + POLL_RESULT_MS - session.serverMs();
    if (restMs <= 0) hide(poll.id);
    const timer = setTimeout(() => hide(poll.id), restMs);
    return () => clearTimeout(timer);
  }, [poll, session]);
  if (poll === null || (poll.id === hiddenId && !poll.isOpen)) return null;
  const isMember = session.room.you.value?.isGuest === false;
  const chosen = ownChoice(session.room.votes.value, poll.id);
  const mayVote = poll.isOpen && isMember && chosen === null;
  const all = poll.choices.reduce((sum, { votes }) => sum + votes, 0);
  return (
    <aside class="chat-card" aria-label="Poll">
      <h3>
        {poll.isOpen ? 'Poll' : 'Poll, ended'} · {all === 1 ? '1 vote' : `${all} votes`}
        {!poll.isOpen ? (
          <Ending words="Hide" onEnd={() => hide(poll.id)} />
        ) : session.room.isModerator.value ? (
          <Ending words="End poll" onEnd={() => session.give('/endpoll')} />
        ) : null}
      </h3>
      <p dir="auto">{poll.question}</p>
      <ul class="chat-poll">
        {poll.choices.map(({ text, votes }, index) => {
          const share = all === 0 ? 0 : Math.round((100 * votes) / all);
          return (
            <li key={index} style={{ '--share': `${share}%` }}>
              <span>{text}</span>
              <span>{share} %</span>
              {mayVote ? (
                <button
                  type="button"
                  aria-label={`Vote for ${text}`}
                  onClick={() => session.give(`/vote ${index + 1}`)}
                >
                  Vote
                </button>
              ) : chosen === index ? (
                <b>Your vote</b>
              ) : null}
            </li>
          );
        })}
      </ul>
      {poll.isOpen && !isMember ? <VoteHint /> : null}
    </aside>
  );
}

/** Why there is nothing to vote with. */
function VoteHint(): VNode {
  return me.value?.hasAccounts === false ? (
    <p class="chat-aside">Only who has an account may vote.</p>
  ) : (
    <p class="chat-aside">
      <a href={signInAddress(location.pathname)}>Sign in</a> to vote.
    </p>
  );
}

/** Takes a card away, from everybody or from here. */
function Ending({ words, onEnd }: { readonly words: string; readonly onEnd: () => void }): VNode {
  return (
    <button type="button" onClick={onEnd}>
      {words}
    </button>
  );
}

function Raid({ session }: { readonly session: ChatSession }): VNode | null {
  const { raid } = session.room.raids.value;
  return raid === null ? null : <RaidCountdown key={raid.id} raid={raid} session={session} />;
}

/** Goes along at the word of the server, each page a moment of its own later; who does not want to stays. */
function RaidCountdown({
  raid,
  session,
}: {
  readonly raid: ChatRaid;
  readonly session: ChatSession;
}): VNode {
  const left = (): number => Date.parse(raid.goesAt) - session.serverMs();
  const [leftMs, setLeftMs] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setLeftMs(left), SHOW_MS);
    const end =
      raid.state === 'gone'
        ? setTimeout(() => goAlong(raid), Math.random() * raid.spreadMs)
        : setTimeout(() => missRaid(session, raid), patienceMs(raid, session.serverMs()));
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [raid, session]);
  return (
    <aside class="chat-card" aria-label="Raid">
      <p>
        Everybody goes on to <b>{raid.streamTitle}</b>
        {leftMs > 0 ? ` in\u00a0${secondsText(leftMs).replace(' ', '\u00a0')}` : ' now'}.
      </p>
      <span class="chat-verdict">
        <button type="button" onClick={() => session.room.stay()}>
          Stay here
        </button>
        {session.room.you.value?.roles.includes('broadcaster') === true &&
        raid.state === 'announced' ? (
          <button type="button" onClick={() => session.give('/unraid')}>
            Call it off
          </button>
        ) : null}
      </span>
    </aside>
  );
}

/** The word to go has not come: the server that counted down is gone, and nobody else said so. */
function missRaid(session: ChatSession, raid: ChatRaid): void {
  session.room.stay();
  session.say(calledOffWords({ ...raid, reason: 'server_stopped' }));
}

function goAlong({ streamId }: ChatRaid): void {
  location.assign(`/watch/${encodeURIComponent(streamId)}`);
}
