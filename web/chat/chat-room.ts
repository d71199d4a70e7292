/** What stands in a room beside its messages, as the socket tells it, and what may be done about it. */
import { computed, signal } from '@preact/signals';
import type {
  ChatAuthor,
  ChatFrame,
  ChatHeld,
  ChatMessage,
  ChatPoll,
  ChatRaid,
  ChatSettings,
} from '../../contract/index.ts';
import { ask } from '../base/index.ts';
import { afterAnswer, NO_VOTES, withSent } from './own-votes.ts';
import { hearRaid, NO_RAID, stayBehind } from './raid-watch.ts';
import { voteIn } from './typed-line.ts';

/** Messages that wait for a moderator and are held here. */
const MOST_HELD = 50;

/** Who this page writes as. */
export type You = ChatAuthor & { readonly isGuest: boolean };

/** What a moderator has said about who writes here. */
export interface Standing {
  readonly isBanned: boolean;
  /** Milliseconds since the epoch; null: no timeout. */
  readonly untilMs: number | null;
}

/** What a room is opened with. */
export interface ChatRoomSetup {
  readonly streamId: string;
  /** The server's clock. */
  readonly serverMs: () => number;
  /** Is told how many watch, whenever that has changed. */
  readonly onViewers: (count: number) => void;
  /** Says something to who looks at this page alone. */
  readonly say: (text: string) => void;
}

/** See the top of the file. */
export class ChatRoom {
  readonly you = signal<You | null>(null);
  readonly settings = signal<ChatSettings | null>(null);
  readonly standing = signal<Standing>({ isBanned: false, untilMs: null });
  readonly pinned = signal<ChatMessage | null>(null);
  readonly poll = signal<ChatPoll | null>(null);
  /** What this page voted for. */
  readonly votes = signal(NO_VOTES);
  readonly raids = signal(NO_RAID);
  readonly held = signal<readonly ChatHeld[]>([]);
  readonly isModerator = computed(() => isModerating(this.you.value));
  readonly #setup: ChatRoomSetup;

  constructor(setup: ChatRoomSetup) {
    this.#setup = setup;
  }

  /** Takes in what a frame tells of the room. */
  hear(frame: ChatFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.you.value = frame.you;
        this.settings.value = frame.settings;
        break;
      case 'settings':
        this.settings.value = frame.settings;
        break;
      case 'moderated': {
        const { roles, isBanned, untilMs } = frame;
        const you = this.you.value;
        if (you !== null) this.you.value = { ...you, roles };
        this.standing.value = { isBanned, untilMs };
        break;
      }
      case 'viewers':
        this.#setup.onViewers(frame.count);
        break;
      case 'pinned':
        this.pinned.value = frame.message;
        break;
      case 'poll':
        this.poll.value = frame.poll;
        break;
      case 'commanded':
      case 'refused':
        this.votes.value = afterAnswer(this.votes.value, frame);
        break;
      case 'raid':
        this.#hearRaid(frame.raid);
        break;
      case 'held':
        this.held.value = withHeld(this.held.value, frame.held);
        break;
    }
  }

  /** Something was put on its way: a vote is shown at once, typed or pressed. */
  sent({ nonce, text }: { readonly nonce: string; readonly text: string }): void {
    const index = voteIn(text);
    const poll = this.poll.value;
    if (index === undefined || poll?.choices[index] === undefined) return;
    this.votes.value = withSent(this.votes.value, nonce, { pollId: poll.id, index });
  }

  /** The viewer does not go along with the raid. */
  stay(): void {
    this.raids.value = stayBehind(this.raids.value);
  }

  /** Asks what waits for a moderator; what comes to wait later is told. */
  async askHeld(): Promise<void> {
    const params = { id: this.#setup.streamId };
    const answer = await ask('GET /api/streams/{id}/chat/held', { params });
    if (answer.failed === undefined) this.held.value = answer.value.held;
  }

  /** Lets a message in that waits, or does not. */
  async judge({ id: heldId }: ChatHeld, isApproved: boolean): Promise<void> {
    const request = { params: { id: this.#setup.streamId, heldId } };
    const answer = await (isApproved
      ? ask('POST /api/streams/{id}/chat/held/{heldId}/approve', request)
      : ask('POST /api/streams/{id}/chat/held/{heldId}/deny', request));
    this.held.value = this.held.value.filter(({ id }) => id !== heldId);
    if (answer.failed !== undefined) this.#setup.say(answer.failed);
  }

  /** Shields the chat in one go, or sets it as it was before. */
  async shield(isRaised: boolean): Promise<void> {
    const request = { params: { id: this.#setup.streamId } };
    const answer = await (isRaised
      ? ask('PUT /api/streams/{id}/chat/shield', request)
      : ask('DELETE /api/streams/{id}/chat/shield', request));
    if (answer.failed === undefined) this.settings.value = answer.value;
    else this.#setup.say(answer.failed);
  }

  #hearRaid(raid: ChatRaid): void {
    const { watch, words } = hearRaid(this.raids.value, raid, this.#setup.serverMs());
    this.raids.value = watch;
    if (words !== null) this.#setup.say(words);
  }
}

/** Whether somebody may moderate. */
export function isModerating(who: ChatAuthor | null): boolean {
  return who?.roles.some((role) => role === 'moderator' || role === 'broadcaster') === true;
}

function withHeld(all: readonly ChatHeld[], held: ChatHeld): readonly ChatHeld[] {
  const others = all.filter(({ id }) => id !== held.id);
  return held.state === 'waiting' ? [...others, held].slice(-MOST_HELD) : others;
}
