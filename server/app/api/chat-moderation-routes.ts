/** Moderation of a stream's chat over the plain API: what commands do as well, and lists. */
import type { ChatDesk } from '../chat/index.ts';
import { banCursorOf, memberCursorOf } from './chat-cursor.ts';
import { DUTY_FACTS, onDuty } from './chat-duty.ts';
import {
  chatBanDraftSchema,
  chatBanSchema,
  chatBansQuerySchema,
  chatBansSchema,
  chatDeedsQuerySchema,
  chatDeedsSchema,
  chatMemberDraftSchema,
  chatMembersQuerySchema,
  chatMembersSchema,
  inChat,
  messageInChat,
  roleInChat,
} from './chat-moderation-schemas.ts';
import { pageOf } from './paging.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

const CHAT = '/api/streams/:id/chat' as const;

/** Bans, roles, messages and the trail of who did what. */
export function chatModerationRoutes(desk: ChatDesk): readonly ApiRoute[] {
  return [
    deedsRoute(desk),
    messageRoute(desk),
    clearRoute(desk),
    ...banRoutes(desk),
    ...memberRoutes(desk),
  ];
}

function deedsRoute(desk: ChatDesk): ApiRoute {
  const verb = 'read what moderators did in chat of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'GET', path: `${CHAT}/moderation`, operationId: 'listChatDeeds', verb },
    summary: 'Who did what in the chat, newest first; for its moderators',
    params: byId,
    query: chatDeedsQuerySchema,
    answers: { 200: chatDeedsSchema },
    answer: async (call) => {
      const { params, query } = call;
      const duty = await onDuty(desk, call, { verb });
      if ('refused' in duty) return duty;
      const { limit, cursor: before } = query;
      const rows = await desk.moderation.deeds(params.id, { limit: limit + 1, before });
      const body = pageOf(rows, limit, {
        viewOf: ({ at, actor, action, changes }) => {
          const { kind, id } = actor;
          return { at: at.toISOString(), actor: { kind, id }, action, changes };
        },
        keyOf: ({ position }) => position,
      });
      return { status: 200, body };
    },
  });
}

function messageRoute(desk: ChatDesk): ApiRoute {
  const verb = 'delete message in chat of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'DELETE', path: `${CHAT}/messages/:messageId`, operationId: 'deleteChatMessage' },
    ...{ verb, params: messageInChat },
    summary: 'Take one message back, here and in history; for moderators',
    problems: [...DUTY_FACTS.problems, 'message_not_found'],
    answers: { 204: null },
    answer: async (call) => {
      const duty = await onDuty(desk, call, { verb });
      if ('refused' in duty) return duty;
      const refusal = await desk.moderation.remove(duty.by, call.params.messageId);
      return refusal ?? { status: 204, body: null };
    },
  });
}

function clearRoute(desk: ChatDesk): ApiRoute {
  const verb = 'clear chat of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'POST', path: `${CHAT}/clear`, operationId: 'clearChat', verb, params: byId },
    summary: 'Take everything that was said out of sight; for moderators',
    answers: { 204: null },
    answer: async (call) => {
      const duty = await onDuty(desk, call, { verb });
      if ('refused' in duty) return duty;
      await desk.moderation.clear(duty.by);
      return { status: 204, body: null };
    },
  });
}

function banRoutes(desk: ChatDesk): readonly ApiRoute[] {
  const path = `${CHAT}/bans/:authorId` as const;
  const [list, bar, lift] = ['list bans of chat of stream', 'ban from chat', 'unban from chat'];
  return [
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'GET', path: `${CHAT}/bans`, operationId: 'listChatBans', verb: list },
      summary: 'Bans and timeouts that hold, newest first, page by page; for moderators',
      params: byId,
      query: chatBansQuerySchema,
      answers: { 200: chatBansSchema },
      answer: async (call) => {
        const duty = await onDuty(desk, call, { verb: list });
        if ('refused' in duty) return duty;
        const { limit, cursor: behind } = call.query;
        const rows = await desk.moderation.bans(call.params.id, { limit: limit + 1, behind });
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next_cursor = last === undefined ? null : banCursorOf(last);
        return { status: 200, body: { bans: page.map(viewOfBan), next_cursor } };
      },
    }),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'PUT', path, operationId: 'putChatBan', verb: bar },
      summary: 'Ban somebody, or time them out, and hide what they wrote; for moderators',
      params: inChat,
      body: chatBanDraftSchema,
      answers: { 200: chatBanSchema },
      answer: async (call) => {
        const duty = await onDuty(desk, call, { verb: bar });
        if ('refused' in duty) return duty;
        const { durationS = null, reason = '', username } = call.body;
        const { authorId } = call.params;
        const target = await desk.targetOf(authorId, duty.ownerId, username ?? authorId);
        const ban = await desk.moderation.bar(duty.by, target, { durationS, reason });
        return 'refused' in ban ? ban : { status: 200, body: viewOfBan(ban) };
      },
    }),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'DELETE', path, operationId: 'deleteChatBan', verb: lift },
      summary: 'Lift a ban or timeout; for moderators',
      params: inChat,
      answers: { 204: null },
      answer: async (call) => {
        const duty = await onDuty(desk, call, { verb: lift });
        if ('refused' in duty) return duty;
        const { authorId } = call.params;
        const target = await desk.targetOf(authorId, duty.ownerId, authorId);
        const refusal = await desk.moderation.lift(duty.by, target);
        return refusal ?? { status: 204, body: null };
      },
    }),
  ];
}

function memberListRoute(desk: ChatDesk): ApiRoute {
  const verb = 'list members of chat of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'GET', path: `${CHAT}/members`, operationId: 'listChatMembers', verb },
    summary: 'Who has which role in the chat, newest first, page by page; for moderators',
    params: byId,
    query: chatMembersQuerySchema,
    answers: { 200: chatMembersSchema },
    answer: async (call) => {
      const duty = await onDuty(desk, call, { verb });
      if ('refused' in duty) return duty;
      const { limit, role, cursor: behind } = call.query;
      const query = { limit: limit + 1, role, behind };
      const rows = await desk.moderation.members(call.params.id, query);
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const members = page.map(({ addedAt, ...rest }) => {
        return { ...rest, addedAt: addedAt.toISOString() };
      });
      const next_cursor = last === undefined ? null : memberCursorOf(last);
      return { status: 200, body: { members, next_cursor } };
    },
  });
}

function memberRoutes(desk: ChatDesk): readonly ApiRoute[] {
  const path = `${CHAT}/members/:authorId/roles/:role` as const;
  const [give, take] = ['give a role in chat of stream', 'take a role in chat of stream'];
  const forBroadcaster = { who: 'broadcaster' } as const;
  return [
    memberListRoute(desk),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'PUT', path, operationId: 'putChatRole', verb: give },
      summary: 'Make somebody a moderator, VIP or subscriber; for the broadcaster',
      params: roleInChat,
      body: chatMemberDraftSchema,
      answers: { 204: null },
      answer: async (call) => {
        const duty = await onDuty(desk, call, { verb: give, ...forBroadcaster });
        if ('refused' in duty) return duty;
        const { authorId, role } = call.params;
        const target = await desk.targetOf(authorId, duty.ownerId, call.body?.username ?? authorId);
        const refusal = await desk.moderation.giveRole(duty.by, target, role);
        return refusal ?? { status: 204, body: null };
      },
    }),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'DELETE', path, operationId: 'deleteChatRole', verb: take },
      summary: 'Take a role away; for the broadcaster',
      params: roleInChat,
      answers: { 204: null },
      answer: async (call) => {
        const duty = await onDuty(desk, call, { verb: take, ...forBroadcaster });
        if ('refused' in duty) return duty;
        const { authorId, role } = call.params;
        const target = await desk.targetOf(authorId, duty.ownerId, authorId);
        const refusal = await desk.moderation.takeRole(duty.by, target, role);
        return refusal ?? { status: 204, body: null };
      },
    }),
  ];
}

function viewOfBan(ban: {
  readonly authorId: string;
  readonly authorName: string;
  readonly expiresAt: Date | null;
  readonly reason: string;
  readonly createdAt: Date;
}) {
  const { authorId, authorName, expiresAt, reason, createdAt } = ban;
  return {
    ...{ authorId, authorName, reason },
    expiresAt: expiresAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}
