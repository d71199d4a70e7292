/** The chat of a stream, without a WebSocket: to post, to read what was said, and to get a ticket. */
import type { ChatRole, Refusal } from '../../../contract/index.ts';
import { mayDo, type Principal } from '../../account/index.ts';
import { cleanLine, type Member } from '../../community/chat/index.ts';
import { bearerOf, memberOf } from '../chat/index.ts';
import { unknownObject } from './access.ts';
import { DUTY_FACTS, onDuty } from './chat-duty.ts';
import { chatFilterRoutes } from './chat-filter-routes.ts';
import { historyRoute } from './chat-history-route.ts';
import { chatModerationRoutes } from './chat-moderation-routes.ts';
import { type ChatRouteSettings, roomOf, viewOf } from './chat-room.ts';
import {
  chatChangesSchema,
  chatCommandedSchema,
  chatCommandsSchema,
  chatDraftSchema,
  chatPostSchema,
  chatSettingsSchema,
  chatTicketSchema,
} from './chat-schemas.ts';
import { chatStageRoutes } from './chat-stage-routes.ts';
import { followRoutes } from './follow-routes.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

/** Why a message may not get into a room. */
const POST_PROBLEMS = [
  'chat_disabled',
  'unknown_command',
  'chatter_not_found',
  'message_not_found',
  'slow_mode',
  'chat_banned',
  'chat_timed_out',
  'subscribers_only',
  'followers_only',
  'emote_only',
  'message_repeated',
  'message_rejected',
  'message_held',
] as const;

/** Everything under `/api/streams/{id}/chat`; the WebSocket there is another door. */
export function chatRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  return [
    historyRoute(settings),
    postRoute(settings),
    ticketRoute(settings),
    commandsRoute(settings),
    ...settingsRoutes(settings),
    ...chatFilterRoutes(settings),
    ...chatStageRoutes(settings),
    ...chatModerationRoutes(settings.desk),
    ...followRoutes(settings),
  ];
}

function postRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'post to chat of stream';
  return defineRoute({
    ...{ method: 'POST', path: '/api/streams/:id/chat', operationId: 'postChat', tag: 'chat' },
    summary: 'Say something, or give a command',
    description:
      'Whoever may write to the stream may speak as somebody from elsewhere, by `userId` and `username`, ' +
      'administrators also as accounts and guests; all others speak as themselves. What begins with `/` is a command (see `/api/chat/commands`), ' +
      'which is answered by 200; `//` begins a message with a `/`. Slow mode is per author; `Retry-After` says how long to wait.',
    verb,
    access: { action: 'chat.post' },
    params: byId,
    body: chatDraftSchema,
    problems: ['stream_not_found', ...POST_PROBLEMS, 'chat_unavailable'],
    answers: { 200: chatCommandedSchema, 201: chatPostSchema },
    answer: async ({ params: { id }, body, principal, request, reply }) => {
      const place = await roomOf(settings, verb, id);
      if ('refused' in place) return place;
      if (!place.isOpen) {
        return { refused: 'chat_disabled', detail: 'Cannot post: the stream has no chat' };
      }
      const speaker = await speakerOf(settings, { principal, ownerId: place.ownerId, ...body });
      if ('refused' in speaker) return speaker;
      const { content: text, nonce = null, replyTo } = body;
      const address = request.clientAddress;
      const posted = await place.room.post({
        ...{ isGuest: false, text, nonce, replyTo },
        ...{ address: speaker.isSelf ? address : undefined, ...speaker },
      });
      if ('commanded' in posted) return { status: 200, body: posted };
      if ('refused' in posted) {
        const { refused, detail, retryAfterMs } = posted;
        if (retryAfterMs !== undefined) {
          reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
        }
        return { refused, detail };
      }
      const isKept = await posted.kept;
      return { status: 201, body: { ...viewOf(posted.message), isKept } };
    },
  });
}

function ticketRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'enter chat of stream';
  const path = '/api/streams/:id/chat/ticket';
  return defineRoute({
    ...{ method: 'POST', path, operationId: 'createChatTicket', tag: 'chat' },
    summary: 'A ticket with which to join by WebSocket as who asks: once, within 30 seconds',
    verb,
    access: { action: 'chat.post' },
    params: byId,
    problems: ['stream_not_found'],
    answers: { 201: chatTicketSchema },
    answer: async ({ params: { id }, principal }) => {
      const place = await settings.placeOf(id);
      if (place === undefined) return unknownObject('stream', verb, id);
      const member = await memberOf(settings.accounts, principal, place.ownerId);
      const { ticket, expiresAtMs } = await settings.chat.issueTicket(id, member);
      return { status: 201, body: { ticket, expiresAt: new Date(expiresAtMs).toISOString() } };
    },
  });
}

function commandsRoute({ commands }: ChatRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/chat/commands', operationId: 'listChatCommands', tag: 'chat' },
    summary: 'What may be typed behind a `/`, for help and completion',
    verb: 'list commands of the chat',
    access: 'everybody',
    answers: { 200: chatCommandsSchema },
    answer: async () => ({ status: 200, body: { commands: commands.views } }),
  });
}

function settingsRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const path = '/api/streams/:id/chat/settings';
  const [show, change] = ['show chat settings of stream', 'change chat settings of stream'];
  return [
    defineRoute({
      ...{ method: 'GET', path, operationId: 'getChatSettings', tag: 'chat' },
      summary: 'How the chat is set',
      verb: show,
      access: 'everybody',
      params: byId,
      problems: ['stream_not_found', 'chat_unavailable'],
      answers: { 200: chatSettingsSchema },
      answer: async ({ params: { id } }) => {
        const place = await roomOf(settings, show, id);
        return 'refused' in place ? place : { status: 200, body: place.room.settings };
      },
    }),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'PATCH', path, operationId: 'updateChatSettings' },
      summary: 'Change how the chat is set; everybody in it is told; for moderators',
      verb: change,
      params: byId,
      body: chatChangesSchema,
      answers: { 200: chatSettingsSchema },
      answer: async (call) => {
        const { desk } = settings;
        const duty = await onDuty(desk, call, { verb: change });
        if ('refused' in duty) return duty;
        return { status: 200, body: await desk.moderation.change(duty.by, call.body) };
      },
    }),
  ];
}

/** Ids that this server gives to accounts, to guests, and to its operator. */
const KNOWN_HERE = /^(?:(?:usr|guest)_|operator$)/;

/** Who is to be named as the author of what `principal` posts. */
async function speakerOf(
  settings: ChatRouteSettings,
  {
    principal,
    ownerId,
    userId,
    username,
  }: {
    readonly principal: Principal;
    readonly ownerId: string;
    readonly userId?: string | undefined;
    readonly username?: string | undefined;
  },
): Promise<(Member & { readonly isSelf: boolean }) | Refusal> {
  const isSelf = userId === undefined || ('userId' in principal && principal.userId === userId);
  if (isSelf) return { isSelf, ...(await memberOf(settings.accounts, principal, ownerId)) };
  if (mayDo(principal, 'chat.speak', ownerId) !== 'allowed') {
    return { refused: 'forbidden', detail: 'Cannot post: you may speak for yourself alone' };
  }
  if (KNOWN_HERE.test(userId) && mayDo(principal, 'chat.speak.known', ownerId) !== 'allowed') {
    const detail =
      'Cannot post: only administrators may speak for accounts and guests of this server; ' +
      'give people from elsewhere ids of your own, such as "elsewhere:42"';
    return { refused: 'forbidden', detail };
  }
  const name = cleanLine(username ?? userId);
  const roles: readonly ChatRole[] = userId === ownerId ? ['broadcaster'] : [];
  if (name !== '') {
    return { isSelf, author: { id: userId, name, roles }, bearer: bearerOf(principal) };
  }
  const errors = [{ field: 'username', message: 'must not be blank' }];
  const detail = 'Cannot post to chat of stream: username must not be blank';
  return { refused: 'invalid_request', detail, errors };
}
