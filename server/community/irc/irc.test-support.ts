/** A gateway over rooms and accounts that a test makes up. */
import type {
  ChatAuthor,
  ChatEntry,
  ChatMessage,
  ChatRole,
  ChatSettings,
} from '../../../contract/index.ts';
import { ManualClock, silentLog } from '../../base/index.ts';
import { IrcGateway } from './irc-gateway.ts';
import type { IrcSession } from './irc-session.ts';
import type { IrcOutcome, IrcPlace, IrcPost, IrcRoom, IrcWatcher } from './irc-world.ts';

const SETTINGS: ChatSettings = {
  ...{ slowModeS: 3, guestsMayPost: true, subscribersOnly: false, followersOnlyMinutes: null },
  ...{ emoteOnly: false, uniqueChat: false, shield: false },
};

/** A message of Anna's. */
export function said(seq: number, text: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    type: 'message',
    ...{ seq, id: `msg_${seq}`, timestamp: '2026-01-01T00:00:00.000Z', streamTime: 0 },
    broadcastId: null,
    author: { id: 'usr_anna', name: 'Anna', roles: [] },
    fragments: [{ type: 'text', text }],
    ...more,
  };
}

/** A room that keeps what it is given, and answers posts as it is told. */
export class TestRoom implements IrcRoom {
  settings = SETTINGS;
  readonly messages: ChatMessage[] = [];
  /** Ids of messages that were removed. */
  readonly takenBack = new Set<string>();
  readonly posts: IrcPost[] = [];
  readonly watching = new Set<IrcWatcher>();
  readonly watchers = {
    add: (watcher: IrcWatcher) => {
      this.watching.add(watcher);
      return () => {
        this.watching.delete(watcher);
      };
    },
  };
  /** Answers the next posts; undefined: they are messages. */
  answer: IrcOutcome | undefined;

  /** What the room gives by id. */
  readonly given = new Map<string, readonly ChatRole[]>();

  rolesOf({ id, roles }: Pick<ChatAuthor, 'id' | 'roles'>): readonly ChatRole[] {
    return [...roles, ...(this.given.get(id) ?? [])];
  }

  find(id: string): ChatMessage | undefined {
    return this.messages.find((message) => message.id === id);
  }

  findShown(id: string): ChatMessage | undefined {
    return this.takenBack.has(id) ? undefined : this.find(id);
  }

  async post(post: IrcPost): Promise<IrcOutcome> {
    this.posts.push(post);
    if (this.answer !== undefined) return this.answer;
    const { author, text, nonce } = post;
    const message = said(this.messages.length + 1, text, { author });
    this.happen(message, nonce);
    return { message };
  }

  /** Tells whoever watches. */
  happen(entry: ChatEntry, nonce: string | null = null): void {
    if (entry.type === 'message') this.messages.push(entry);
    if (entry.type === 'removal') for (const id of entry.ids) this.takenBack.add(id);
    for (const watcher of this.watching) watcher.entry(entry, nonce);
  }
}

/** What a client has been sent, and whether it was let go. */
export class TestClient {
  readonly session: IrcSession | undefined;
  unsentBytes = 0;
  isEnded = false;
  #text = '';

  constructor(gateway: IrcGateway, address = '192.0.2.1') {
    const isUnsent = (): number => this.unsentBytes;
    this.session = gateway.accept({
      address,
      get unsentBytes() {
        return isUnsent();
      },
      write: (lines) => {
        this.#text += lines.toString();
      },
      end: () => {
        this.isEnded = true;
      },
    });
  }

  /** Sends lines, and resolves when they were answered. */
  async send(...lines: readonly string[]): Promise<void> {
    for (const line of lines) this.session?.receive(Buffer.from(`${line}\r\n`));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The lines since the last time. */
  take(): readonly string[] {
    const lines = this.#text.split('\r\n').slice(0, -1);
    this.#text = '';
    return lines;
  }
}

/** A gateway with the channels `#show` and `#anna` of one stream, and `#closed`; tokens of Anna and Bob. */
export function testGateway() {
  const clock = new ManualClock();
  const room = new TestRoom();
  const revoked = new Set<string>();
  const places = new Map<string, IrcPlace>(
    ['show', 'anna', 'closed'].map((name) => [
      name,
      {
        streamId: name === 'closed' ? 'str_closed' : 'str_show',
        ...{ ownerId: 'usr_anna', title: 'The show', isOpen: name !== 'closed' },
      },
    ]),
  );
  const people: Readonly<Record<string, ChatAuthor>> = {
    'anna-token': { id: 'usr_anna', name: 'Anna', roles: ['broadcaster'] },
    'bob-token': { id: 'usr_bob', name: 'Bob B', roles: [] },
  };
  const gateway = new IrcGateway('irc-test', {
    world: {
      accountOf: async (token) => {
        const person = people[token];
        if (person === undefined) return undefined;
        const { id, name } = person;
        return {
          ...{ id, name, tokenId: token },
          speakerIn: async () => (revoked.has(token) ? undefined : { author: person }),
        };
      },
      placeOf: async (name) => places.get(name),
      roomOf: async () => room,
    },
    ...{ clock, log: silentLog },
    yieldTo: setImmediate,
  });
  return { clock, room, gateway, revoked };
}
