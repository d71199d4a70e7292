/** What clients send to say who they are and what they know, and to see whether we are there. */
import type { IrcMessage } from '../../wire/irc/index.ts';
import { MAX_REST_BYTES } from '../../wire/irc/index.ts';
import { authorTags, nickOf } from './author-tags.ts';
import { CAPABILITIES, type Capability, Dialect } from './dialect.ts';
import type { IrcSession } from './irc-session.ts';

/** What a command does. */
export type CommandRun = (session: IrcSession, message: IrcMessage) => void | Promise<void>;

/** `justinfan123` is how programs say that they only read. */
const READER_NICK = /^[A-Za-z0-9_[\]\\`^{}|-]{1,30}$/;

/** Commands that may come before a client is welcome. */
export const OPENING_COMMANDS: ReadonlyMap<string, CommandRun> = new Map([
  ['CAP', negotiate],
  ['PASS', takeToken],
  ['NICK', takeNick],
  ['USER', () => {}],
  ['PING', answerPing],
  ['PONG', () => {}],
  ['QUIT', (session: IrcSession) => session.end('quit')],
]);

async function negotiate(session: IrcSession, { params }: IrcMessage): Promise<void> {
  const [subcommand = '', last = ''] = [params[0]?.toUpperCase(), params.at(-1)];
  switch (subcommand) {
    case 'LS':
      session.isNegotiating = !session.isWelcome;
      session.reply('CAP', 'LS', CAPABILITIES.join(' '));
      break;
    case 'LIST':
      session.reply('CAP', 'LIST', [...session.asked].join(' '));
      break;
    case 'REQ':
      request(session, last);
      break;
    case 'END':
      session.isNegotiating = false;
      await welcome(session);
      break;
    default:
      session.reply('410', subcommand, 'Invalid CAP command');
  }
}

/** All that is asked for or nothing (IRCv3 capability negotiation). */
function request(session: IrcSession, list: string): void {
  const wanted = list.split(' ').filter((each) => each !== '');
  const isKnown = wanted.every((each) => isCapability(each.replace(/^-/, '')));
  if (isKnown) {
    for (const each of wanted) {
      const name = each.replace(/^-/, '');
      if (each.startsWith('-')) session.asked.delete(name as Capability);
      else if (isCapability(name)) session.asked.add(name);
    }
    session.dialect = new Dialect(session.asked);
    for (const seat of session.seats.values()) seat.dialect = session.dialect;
  }
  session.reply('CAP', isKnown ? 'ACK' : 'NAK', list);
}

function isCapability(name: string): name is Capability {
  return CAPABILITIES.some((each) => each === name);
}

function takeToken(session: IrcSession, { params: [word = ''] }: IrcMessage): void {
  if (session.isWelcome) session.reply('462', 'You may not reregister');
  else session.token = word.replace(/^oauth:/, '');
}

async function takeNick(session: IrcSession, { params: [nick = ''] }: IrcMessage): Promise<void> {
  if (session.isWelcome) {
    session.reply('447', 'Your nick is your account’s and cannot be changed here');
    return;
  }
  if (nick === '' || (session.token === undefined && !READER_NICK.test(nick))) {
    session.reply(nick === '' ? '431' : '432', nick || '*', 'Erroneous nickname');
    return;
  }
  session.wantedNick = nick;
  await welcome(session);
}

/** Some ask without a word, and know the answer only if it has no source either. */
function answerPing(session: IrcSession, { params: [token] }: IrcMessage): void {
  const { dialect } = session;
  if (token === undefined) session.say('PONG\r\n');
  else session.say(dialect.reply('PONG', [dialect.server, token]));
}

/** Once it is known who it is and what it knows. */
async function welcome(session: IrcSession): Promise<void> {
  if (session.isWelcome || session.isNegotiating || session.wantedNick === undefined) return;
  const { token } = session;
  if (token !== undefined) {
    session.account = await session.home.world.accountOf(token);
    if (session.account === undefined) {
      session.end('bad_token');
      return;
    }
  }
  session.nick = nickOf(session.account ?? { id: 'guest', name: session.wantedNick });
  session.isWelcome = true;
  const { server } = session.dialect;
  session.reply('001', `Welcome, ${session.nick}`);
  session.reply('002', `Your host is ${server}`);
  session.reply('003', 'Each channel is the chat of a stream');
  session.reply('004', server, 'millrace', 'i', 'nt');
  session.reply(
    '005',
    ...['CHANTYPES=#', 'CHANNELLEN=100', 'CASEMAPPING=ascii', 'NETWORK=Millrace', 'UTF8ONLY'],
    ...[`LINELEN=${MAX_REST_BYTES}`, 'are supported by this server'],
  );
  session.reply('375', 'The chat of streams');
  const mayWrite = session.account !== undefined;
  session.reply('372', mayWrite ? 'JOIN #name or #id' : 'You may read: PASS takes an API token');
  session.reply('376', 'End of MOTD');
  if (session.dialect.hasCommands) sayWhoYouAre(session);
}

/** GLOBALUSERSTATE: how the client looks where it has no role. */
function sayWhoYouAre(session: IrcSession): void {
  const { account, dialect } = session;
  if (account === undefined) return;
  const { id, name } = account;
  const tags = new Map(authorTags({ id, name, roles: [] }));
  session.say(dialect.reply('GLOBALUSERSTATE', [], tags));
}
