/** What clients do in channels, once they are welcome. */
import type { ChatAuthor, ErrorCode } from '../../../contract/index.ts';
import type { IrcMessage } from '../../wire/irc/index.ts';
import { authorTags } from './author-tags.ts';
import { settingsLine } from './entry-lines.ts';
import type { IrcSession, Seat } from './irc-session.ts';
import type { IrcRefusal } from './irc-world.ts';
import type { CommandRun } from './opening-commands.ts';

/** Channels that a client may be in. */
const MOST_CHANNELS = 100;
/** How clients begin an action (CTCP); people do by the chat's command `/me`. */
const ACTION = '\u0001ACTION ';
/** Tags by which clients name the message that they answer. */
const REPLY_TAGS = ['reply-parent-msg-id', '+reply', '+draft/reply'];
/** What programs know a refusal by. */
const REFUSALS: Partial<Readonly<Record<ErrorCode, string>>> = {
  slow_mode: 'msg_slowmode',
  chat_banned: 'msg_banned',
  chat_timed_out: 'msg_timedout',
  subscribers_only: 'msg_subsonly',
  followers_only: 'msg_followersonly',
  emote_only: 'msg_emoteonly',
  message_repeated: 'msg_r9k',
  message_rejected: 'msg_rejected_mandatory',
  message_held: 'msg_rejected',
  chat_disabled: 'msg_channel_suspended',
  forbidden: 'no_permission',
};

/** Commands for those who are welcome. */
export const CHANNEL_COMMANDS: ReadonlyMap<string, CommandRun> = new Map<string, CommandRun>([
  ['JOIN', join],
  ['PART', part],
  ['PRIVMSG', speak],
  ['NOTICE', () => {}],
  ['NAMES', (session, { params: [channel = '*'] }) => sayNames(session, channel)],
  ['TOPIC', sayTopic],
  ['MODE', sayMode],
  ['WHO', (session, { params: [mask = '*'] }) => session.reply('315', mask, 'End of WHO list')],
  [
    'WHOIS',
    (session, { params }) => session.reply('318', params.at(-1) ?? '*', 'End of WHOIS list'),
  ],
  ['LIST', (session) => session.reply('323', 'End of LIST')],
  ['MOTD', (session) => session.reply('422', 'MOTD File is missing')],
  ['AWAY', () => {}],
]);

async function join(session: IrcSession, { params: [list = ''] }: IrcMessage): Promise<void> {
  if (list === '0') {
    for (const seat of [...session.seats.values()]) session.leave(seat);
    return;
  }
  for (const channel of list.split(',').slice(0, MOST_CHANNELS)) {
    if (session.isEnded) return;
    if (!session.seats.has(channel)) await joinOne(session, channel);
  }
}

async function joinOne(session: IrcSession, channel: string): Promise<void> {
  if (session.seats.size >= MOST_CHANNELS) {
    session.reply('405', channel, 'You have joined too many channels');
    return;
  }
  const { world } = session.home;
  const place = channel.startsWith('#') ? await world.placeOf(channel.slice(1)) : undefined;
  if (place?.isOpen !== true) {
    const why = place === undefined ? 'There is no such stream' : 'The stream has no chat';
    session.reply('403', channel || '*', why);
    session.notice(channel || '*', 'msg_channel_suspended', why);
    return;
  }
  const of = await session.home.enter(place.streamId);
  if (of === undefined) {
    session.reply('437', channel, 'Too many channels are open; try again later');
    return;
  }
  if (session.isEnded) {
    session.home.left(of);
    return;
  }
  const seat: Seat = {
    ...{ channel, of, place, dialect: session.dialect, noncePrefix: `${session.id}.` },
    write: (lines) => session.write(lines),
    closed: () => session.leave(seat),
  };
  session.seats.set(channel, seat);
  of.join(seat);
  sayJoined(session, seat);
  await sayState(session, seat);
}

function sayJoined(session: IrcSession, { channel, of, place: { streamId, title } }: Seat): void {
  const { dialect, nick } = session;
  const joined = { tags: new Map(), source: dialect.sourceOf(nick), command: 'JOIN' };
  session.say(dialect.write({ ...joined, params: [channel] }, undefined));
  session.reply('332', channel, title);
  sayNames(session, channel);
  session.say(settingsLine(of.room.settings, { dialect, channel, streamId }));
}

/** USERSTATE: how the client looks in the channel. */
async function sayState(session: IrcSession, { channel, of, place }: Seat): Promise<void> {
  if (!session.dialect.hasCommands) return;
  const speaker = await session.account?.speakerIn(place);
  if (speaker === undefined) return;
  const { author } = speaker;
  const roles = of.room.rolesOf(author);
  session.say(stateOf(session, channel, { ...author, roles }));
}

function stateOf(
  { dialect }: IrcSession,
  channel: string,
  author: ChatAuthor,
  id?: string,
): string {
  const tags = new Map(authorTags(author));
  if (id !== undefined) tags.set('id', id);
  return dialect.reply('USERSTATE', [channel], tags);
}

function part(session: IrcSession, { params: [list = ''] }: IrcMessage): void {
  for (const channel of list.split(',')) {
    const seat = session.seats.get(channel);
    if (seat === undefined) session.reply('442', channel || '*', "You're not on that channel");
    else session.leave(seat);
  }
}

async function speak(session: IrcSession, { params, tags }: IrcMessage): Promise<void> {
  const [target = '', said = ''] = params;
  const seat = session.seats.get(target);
  if (seat === undefined) {
    if (target.startsWith('#')) session.reply('442', target, "You're not on that channel");
    else session.reply('401', target || '*', 'There are no private messages here');
    return;
  }
  const speaker = await session.account?.speakerIn(seat.place);
  if (speaker === undefined) {
    const why = 'You may read: to write, send PASS with an API token that has chat:write';
    session.notice(target, 'no_permission', why);
    return;
  }
  const replyTo = REPLY_TAGS.map((tag) => tags.get(tag)).find(
    (id) => id !== undefined && id !== '',
  );
  session.posts += 1;
  const outcome = await seat.of.room.post({
    ...{ ...speaker, isGuest: false, replyTo, address: session.address, text: typed(said) },
    nonce: `${seat.noncePrefix}${session.posts}`,
  });
  if ('refused' in outcome) sayRefusal(session, target, outcome);
  else if ('commanded' in outcome) session.notice(target, 'cmd_success', outcome.commanded);
  else if (session.dialect.hasCommands) {
    const { message } = outcome;
    session.say(stateOf(session, target, message.author, message.id));
  }
}

/** What the chat is given. */
function typed(said: string): string {
  if (!said.startsWith(ACTION)) return said;
  return `/me ${said.slice(ACTION.length).replaceAll('\u0001', '').trim()}`;
}

function sayRefusal(session: IrcSession, target: string, { refused, detail }: IrcRefusal): void {
  session.notice(target, REFUSALS[refused] ?? refused, detail);
  const { dialect } = session;
  if (!dialect.hasCommands) session.reply('404', target, detail);
}

/** Oneself alone: who reads a stream's chat is nobody's business, and there may be thousands. */
function sayNames(session: IrcSession, channel: string): void {
  if (session.seats.has(channel)) session.reply('353', '=', channel, session.nick);
  session.reply('366', channel, 'End of NAMES list');
}

function sayTopic(session: IrcSession, { params: [channel = '*', topic] }: IrcMessage): void {
  const seat = session.seats.get(channel);
  if (seat === undefined) session.reply('442', channel, "You're not on that channel");
  else if (topic === undefined) session.reply('332', channel, seat.place.title);
  else session.reply('482', channel, "A stream's title is changed in the studio");
}

function sayMode(session: IrcSession, { params: [target = '*'] }: IrcMessage): void {
  if (session.seats.has(target)) session.reply('324', target, '+nt');
  else session.reply('221', '+i');
}
