import { Component, type VNode } from 'preact';
import type { ChatFragment, ChatMessage, ChatRole } from '../../contract/index.ts';
import { type FeedLine, textOf } from './chat-feed.ts';
import type { ChatSession } from './chat-session.ts';

/** Hues of names, apart from each other and light enough to be read on the panel. */
const HUES = [4, 32, 52, 96, 150, 174, 196, 216, 250, 280, 308, 336];
/** Characters of what is answered. */
const QUOTE_LENGTH = 80;
const BADGES: Readonly<Record<ChatRole, string>> = {
  broadcaster: 'Host',
  moderator: 'Mod',
  vip: 'VIP',
  subscriber: 'Sub',
};

interface LineProps {
  readonly line: FeedLine;
  readonly session: ChatSession;
  /** Who reads: what names them stands out. */
  readonly you: { readonly id: string; readonly name: string } | null;
  readonly isOpen: boolean;
  readonly onToggle: (key: string) => void;
  readonly actions: (message: ChatMessage) => VNode;
}

/** One line of the panel; drawn again only when something about it has changed. */
export class ChatLine extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    const { line, you, isOpen } = this.props;
    const isSame = line.key === next.line.key && you?.name === next.you?.name;
    return !isSame || isOpen !== next.isOpen || isOpen;
  }

  override render({ line, session, you, isOpen, onToggle, actions }: LineProps): VNode {
    if (line.kind === 'notice') {
      return (
        <div class="chat-line chat-notice" tabIndex={-1}>
          {line.text}
        </div>
      );
    }
    const { message } = line;
    const answered = message.replyTo === undefined ? undefined : session.find(message.replyTo);
    return (
      <>
        <div
          class="chat-line"
          data-key={line.key}
          data-kind={message.kind}
          data-to-you={you !== null && isTo(message, answered, you)}
          tabIndex={-1}
        >
          {message.replyTo === undefined ? null : <Quote answered={answered} />}
          {message.author.roles.map((role) => (
            <span key={role} class="chat-badge" data-role={role}>
              {BADGES[role]}
            </span>
          ))}
          <bdi class="chat-name" style={{ '--hue': hueOf(message.author.id) }} title={timeOf(line)}>
            {message.author.name}
          </bdi>
          <span class="chat-colon">{message.kind === 'action' ? ' ' : ': '}</span>
          {/* Words of Arabic or Hebrew run their own way, and leave the rest of the line alone. */}
          <bdi>
            {message.fragments.map((fragment, index) => (
              <Piece key={index} fragment={fragment} you={you} />
            ))}
          </bdi>
          <button
            type="button"
            class="chat-more"
            tabIndex={-1}
            aria-expanded={isOpen}
            // Read aloud with each message that comes: so it says no name a second time.
            aria-label="Actions"
            onClick={() => onToggle(line.key)}
          >
            ⋯
          </button>
        </div>
        {isOpen ? actions(message) : null}
      </>
    );
  }
}

function Quote({ answered }: { readonly answered: ChatMessage | undefined }): VNode {
  const words = answered === undefined ? '' : textOf(answered);
  const text = words.length > QUOTE_LENGTH ? `${words.slice(0, QUOTE_LENGTH)}…` : words;
  return (
    <span class="chat-quote">
      {answered === undefined ? 'Answers a message' : `Answers ${answered.author.name}: ${text}`}
    </span>
  );
}

/** Text stays text: nothing that somebody wrote is read as markup. */
function Piece({
  fragment,
  you,
}: {
  readonly fragment: ChatFragment;
  readonly you: LineProps['you'];
}): VNode | string {
  switch (fragment.type) {
    case 'mention':
      return (
        <strong class="chat-mention" data-you={you !== null && isName(fragment.name, you.name)}>
          {fragment.text}
        </strong>
      );
    case 'link':
      return /^https?:/i.test(fragment.url) ? (
        <a href={fragment.url} target="_blank" rel="noopener noreferrer nofollow ugc">
          {fragment.text}
        </a>
      ) : (
        fragment.text
      );
    default:
      return fragment.text;
  }
}

function isTo(
  { author, fragments }: ChatMessage,
  answered: ChatMessage | undefined,
  you: { readonly id: string; readonly name: string },
): boolean {
  if (author.id === you.id) return false;
  if (answered?.author.id === you.id) return true;
  return fragments.some((piece) => piece.type === 'mention' && isName(piece.name, you.name));
}

function isName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function hueOf(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) {
    hash = (hash * 31 + id.charCodeAt(index)) >>> 0;
  }
  return HUES[hash % HUES.length] ?? 0;
}

function timeOf({ atMs }: FeedLine): string {
  return new Date(atMs).toLocaleTimeString(undefined, { timeStyle: 'medium' });
}
