/** The filters of a chat: how they are set, what waits for a moderator, and the shield. */
import type { ChatHeld, Refusal } from '../../../contract/index.ts';
import {
  automodChangesSchema,
  automodSchema,
  byHeld,
  heldListSchema,
  heldSchema,
} from './chat-filter-schemas.ts';
import { type ChatRouteSettings, roomOf } from './chat-room.ts';
import { chatSettingsSchema } from './chat-schemas.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

const access = { action: 'chat.configure', object: 'stream' } as const;

/** Everything under `/api/streams/{id}/chat` about filters. */
export function chatFilterRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  return [
    ...automodRoutes(settings),
    heldRoute(settings),
    decisionRoute(settings, 'approved'),
    decisionRoute(settings, 'denied'),
    shieldRoute(settings, 'PUT'),
    shieldRoute(settings, 'DELETE'),
  ];
}

function automodRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const path = '/api/streams/:id/chat/automod';
  const [show, change] = [
    'show the filter of the chat of stream',
    'set the filter of the chat of stream',
  ];
  return [
    defineRoute({
      ...{ method: 'GET', path, operationId: 'getChatAutomod', tag: 'chat' },
      summary: 'How the filter of a chat is set',
      verb: show,
      access,
      params: byId,
      answers: { 200: automodSchema },
      answer: async ({ params: { id } }) => {
        return { status: 200, body: await settings.stage.filters.automod.settings(id) };
      },
    }),
    defineRoute({
      ...{ method: 'PATCH', path, operationId: 'updateChatAutomod', tag: 'chat' },
      summary: 'Set the filter of a chat; it holds at once, and not for moderators',
      verb: change,
      access,
      params: byId,
      body: automodChangesSchema,
      problems: ['chat_unavailable'],
      answers: { 200: automodSchema },
      answer: async ({ params: { id }, body, actor }) => {
        const place = await roomOf(settings, change, id);
        if ('refused' in place) return place;
        const changed = await settings.stage.filters.automod.change(id, body, actor);
        await place.room.tell({ type: 'automod' }, 'moderators');
        return { status: 200, body: changed };
      },
    }),
  ];
}

function heldRoute({ stage }: ChatRouteSettings): ApiRoute {
  const path = '/api/streams/:id/chat/held';
  return defineRoute({
    ...{ method: 'GET', path, operationId: 'listHeldChat', tag: 'chat' },
    summary: 'Messages that wait for a moderator, oldest first; each for ten minutes',
    verb: 'list held messages of stream',
    access,
    params: byId,
    answers: { 200: heldListSchema },
    answer: async ({ params: { id } }) => {
      const held = await stage.filters.holds.list(id);
      return { status: 200, body: { held: held.map(viewOfHeld) } };
    },
  });
}

function decisionRoute(settings: ChatRouteSettings, state: 'approved' | 'denied'): ApiRoute {
  const isApproval = state === 'approved';
  const word = isApproval ? 'approve' : 'deny';
  const verb = `${word} a held message of stream`;
  return defineRoute({
    ...{ method: 'POST', path: `/api/streams/:id/chat/held/:heldId/${word}` },
    ...{ operationId: isApproval ? 'approveHeldChat' : 'denyHeldChat', tag: 'chat' },
    summary: isApproval
      ? 'Let a held message in, as if it had just been written'
      : 'Do not let a held message in',
    verb,
    access,
    params: byHeld,
    problems: ['held_not_found', 'chat_unavailable'],
    answers: { 200: heldSchema },
    answer: async ({ params: { id, heldId }, actor }) => {
      const place = await roomOf(settings, verb, id);
      if ('refused' in place) return place;
      const held: ChatHeld | Refusal = await settings.stage.filters.holds.decide(
        id,
        { id: heldId, state },
        actor,
      );
      return 'refused' in held ? held : { status: 200, body: viewOfHeld(held) };
    },
  });
}

function shieldRoute(settings: ChatRouteSettings, method: 'PUT' | 'DELETE'): ApiRoute {
  const isRaised = method === 'PUT';
  const verb = isRaised ? 'shield the chat of stream' : 'take the shield off the chat of stream';
  return defineRoute({
    ...{ method, path: '/api/streams/:id/chat/shield', tag: 'chat' },
    operationId: isRaised ? 'raiseChatShield' : 'liftChatShield',
    summary: isRaised
      ? 'Shield a chat: no guests, followers of ten minutes alone, a message in 30 seconds, filters at their strictest'
      : 'Take the shield away: everything as it was before',
    verb,
    access,
    params: byId,
    problems: ['chat_unavailable'],
    answers: { 200: chatSettingsSchema },
    answer: async ({ params: { id }, actor }) => {
      const place = await roomOf(settings, verb, id);
      if ('refused' in place) return place;
      const { shield } = settings.stage.filters;
      const change = isRaised ? shield.raise : shield.lift;
      return { status: 200, body: await change.call(shield, id, place.room, actor) };
    },
  });
}

function viewOfHeld({ author, fragments, ...rest }: ChatHeld) {
  return { ...rest, author: { ...author, roles: [...author.roles] }, fragments: [...fragments] };
}
