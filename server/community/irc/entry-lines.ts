/** What happens in a room, as lines of IRC. */
import type {
  ChatEntry,
  ChatFragment,
  ChatMessage,
  ChatPurge,
  ChatRemoval,
  ChatSettings,
} from '../../../contract/index.ts';
import { authorTags, emotesTag, nickOf } from './author-tags.ts';
import type { Dialect } from './dialect.ts';
import type { IrcRoom } from './irc-world.ts';

/** What is told as USERNOTICE. */
const NOTICES: ReadonlySet<ChatMessage['kind']> = new Set(['announcement', 'raid']);

/** Where lines are for. */
export interface Hearing {
  readonly dialect: Dialect;
  /** As the client calls it, with `#`. */
  readonly channel: string;
  readonly streamId: string;
  readonly room: Pick<IrcRoom, 'find' | 'findShown'>;
}

/** The lines of an entry, none for what the dialect cannot say. */
export function entryLines(entry: ChatEntry, hearing: Hearing): string {
  switch (entry.type) {
    case 'message':
      return NOTICES.has(entry.kind) ? noticeLines(entry, hearing) : messageLines(entry, hearing);
    case 'removal':
      return hearing.dialect.hasCommands ? removalLines(entry, hearing) : '';
    case 'purge':
      return hearing.dialect.hasCommands ? purgeLine(entry, hearing) : '';
    case 'clear': {
      const { dialect, channel, streamId } = hearing;
      const tags = new Map([['room-id', streamId]]);
      return dialect.hasCommands ? dialect.reply('CLEARCHAT', [channel], tags) : '';
    }
  }
}

/** ROOMSTATE: how the room is set, or, when it was set as `before`, what has changed since. */
export function settingsLine(
  settings: ChatSettings,
  { dialect, channel, streamId }: Omit<Hearing, 'room'>,
  before?: ChatSettings,
): string {
  const known = new Map(before === undefined ? [] : settingTags(before));
  const changed = settingTags(settings).filter(([tag, value]) => known.get(tag) !== value);
  if (!dialect.hasCommands || changed.length === 0) return '';
  return dialect.reply('ROOMSTATE', [channel], new Map([...changed, ['room-id', streamId]]));
}

function settingTags(settings: ChatSettings): readonly (readonly [string, string])[] {
  return [
    ['emote-only', flag(settings.emoteOnly)],
    ['followers-only', String(settings.followersOnlyMinutes ?? -1)],
    ['r9k', flag(settings.uniqueChat)],
    ['slow', String(settings.slowModeS)],
    ['subs-only', flag(settings.subscribersOnly)],
  ];
}

function messageLines(message: ChatMessage, hearing: Hearing): string {
  const { dialect, channel: target } = hearing;
  const { author, timestamp, fragments, kind } = message;
  const tags = new Map([...messageTags(message, hearing), ...replyTags(message, hearing)]);
  const source = dialect.sourceOf(nickOf(author));
  const speech = { target, text: textOf(fragments), isAction: kind === 'action', timestamp };
  return dialect.speech({ tags, source, command: 'PRIVMSG' }, speech);
}

/** An announcement or a raid. */
function noticeLines(message: ChatMessage, hearing: Hearing): string {
  const { dialect, channel: target } = hearing;
  const { author, timestamp, kind = '' } = message;
  const text = textOf(message.fragments);
  const login = nickOf(author);
  if (!dialect.hasCommands) {
    const said = { tags: new Map(), source: dialect.sourceOf(login), command: 'NOTICE' };
    return dialect.speech(said, { target, text, isAction: false, timestamp });
  }
  const tags = new Map([
    ...messageTags(message, hearing),
    ['login', login] as const,
    ['msg-id', kind] as const,
    ['system-msg', kind === 'raid' ? text : ''] as const,
    ...(kind === 'raid' ? ([['msg-param-displayName', author.name]] as const) : []),
    ...(kind === 'raid' ? ([['msg-param-login', login]] as const) : []),
    ...(kind === 'raid' ? [] : ([['msg-param-color', 'PRIMARY']] as const)),
  ]);
  const params = [target, text];
  return dialect.write(
    { tags, source: dialect.server, command: 'USERNOTICE', params },
    message.timestamp,
  );
}

function messageTags(
  { id, author, fragments, timestamp }: ChatMessage,
  { streamId }: Hearing,
): readonly (readonly [string, string])[] {
  return [
    ...authorTags(author),
    ['emotes', emotesTag(fragments)],
    ['first-msg', '0'],
    ['flags', ''],
    ['id', id],
    ['msgid', id],
    ['returning-chatter', '0'],
    ['room-id', streamId],
    ['tmi-sent-ts', String(Date.parse(timestamp))],
    ['turbo', '0'],
  ];
}

function replyTags(
  { replyTo }: ChatMessage,
  { room }: Hearing,
): readonly (readonly [string, string])[] {
  if (replyTo === undefined) return [];
  const parent = room.findShown(replyTo);
  const id = [
    ['reply-parent-msg-id', replyTo],
    ['+draft/reply', replyTo],
  ] as const;
  if (parent === undefined) return id;
  const { author, fragments } = parent;
  return [
    ...id,
    ['reply-parent-user-id', author.id],
    ['reply-parent-user-login', nickOf(author)],
    ['reply-parent-display-name', author.name],
    ['reply-parent-msg-body', textOf(fragments)],
  ];
}

/** A message that was said too long ago to be known is told by its id alone. */
function removalLines({ ids }: ChatRemoval, { dialect, channel, streamId, room }: Hearing): string {
  return ids
    .map((id) => {
      const message = room.find(id);
      const tags = new Map([
        ['login', message === undefined ? '' : nickOf(message.author)],
        ['room-id', streamId],
        ['target-msg-id', id],
      ]);
      return dialect.reply('CLEARMSG', [channel, textOf(message?.fragments ?? [])], tags);
    })
    .join('');
}

function purgeLine(
  { authorId, authorName, durationS }: ChatPurge,
  { dialect, channel, streamId }: Hearing,
): string {
  const tags = new Map([
    ...(durationS === null ? [] : ([['ban-duration', String(durationS)]] as const)),
    ['room-id', streamId] as const,
    ['target-user-id', authorId] as const,
  ]);
  const nick = nickOf({ id: authorId, name: authorName });
  return dialect.reply('CLEARCHAT', [channel, nick], tags);
}

function textOf(fragments: readonly ChatFragment[]): string {
  return fragments.map(({ text }) => text).join('');
}

function flag(isOn: boolean): string {
  return isOn ? '1' : '0';
}
