/** The filters of a chat: how they are set, what waits for a moderator, and the shield. */
import type { ChatHeld, Refusal } from '../../../contract/index.ts';
import { DUTY_FACTS, onDuty } from './chat-duty.ts';
import {
  automodChangesSchema,
  automodSchema,
  byHeld,
  heldListSchema,
  heldSchema,
} from './chat-filter-schemas.ts';
import type { ChatRouteSettings } from './chat-room.ts';
import { chatSettingsSchema } from './chat-schemas.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

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
      ...DUTY_FACTS,
      ...{ method: 'GET', path, operationId: 'getChatAutomod' },
      summary: 'How the filter of a chat is set; for its moderators',
      verb: show,
      params: byId,
      answers: { 200: automodSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: show });
        if ('refused' in duty) return duty;
        const body = await settings.stage.filters.automod.settings(call.params.id);
        return { status: 200, body };
      },
    }),
    defineRoute({
      ...DUTY_FACTS,
      ...{ method: 'PATCH', path, operationId: 'updateChatAutomod' },
      summary:
        'Set the filter of a chat; for moderators. It holds at once, and not for what they write',
      verb: change,
      params: byId,
      body: automodChangesSchema,
      answers: { 200: automodSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: change });
        if ('refused' in duty) return duty;
        const { automod } = settings.stage.filters;
        const changed = await automod.change(call.params.id, call.body, duty.by.actor);
        await duty.room.tell({ type: 'automod' }, 'moderators');
        return { status: 200, body: changed };
      },
    }),
  ];
}

function heldRoute({ desk, stage }: ChatRouteSettings): ApiRoute {
  const path = '/api/streams/:id/chat/held';
  const verb = 'list held messages of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'GET', path, operationId: 'listHeldChat' },
    summary: 'Messages that wait for a moderator, oldest first; each for ten minutes',
    verb,
    params: byId,
    answers: { 200: heldListSchema },
    answer: async (call) => {
      const duty = await onDuty(desk, call, { verb });
      if ('refused' in duty) return duty;
      const held = await stage.filters.holds.list(call.params.id);
      return { status: 200, body: { held: held.map(viewOfHeld) } };
    },
  });
}

function decisionRoute(settings: ChatRouteSettings, state: 'approved' | 'denied'): ApiRoute {
  const isApproval = state === 'approved';
  const word = isApproval ? 'approve' : 'deny';
  const verb = `${word} a held message of stream`;
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method: 'POST', path: `/api/streams/:id/chat/held/:heldId/${word}` },
    operationId: isApproval ? 'approveHeldChat' : 'denyHeldChat',
    summary: isApproval
      ? 'Let a held message in, as if it had just been written'
      : 'Do not let a held message in',
    verb,
    params: byHeld,
    problems: [...DUTY_FACTS.problems, 'held_not_found'],
    answers: { 200: heldSchema },
    answer: async (call) => {
      const duty = await onDuty(settings.desk, call, { verb });
      if ('refused' in duty) return duty;
      const { id, heldId } = call.params;
      const held: ChatHeld | Refusal = await settings.stage.filters.holds.decide(
        id,
        { id: heldId, state },
        duty.by.actor,
      );
      return 'refused' in held ? held : { status: 200, body: viewOfHeld(held) };
    },
  });
}

function shieldRoute(settings: ChatRouteSettings, method: 'PUT' | 'DELETE'): ApiRoute {
  const isRaised = method === 'PUT';
  const verb = isRaised ? 'shield the chat of stream' : 'take the shield off the chat of stream';
  return defineRoute({
    ...DUTY_FACTS,
    ...{ method, path: '/api/streams/:id/chat/shield' },
    operationId: isRaised ? 'raiseChatShield' : 'liftChatShield',
    summary: isRaised
      ? 'Shield a chat: no guests, followers of ten minutes alone, a message in 30 seconds, filters at their strictest'
      : 'Take the shield away: everything as it was before',
    verb,
    params: byId,
    answers: { 200: chatSettingsSchema },
    answer: async (call) => {
      const duty = await onDuty(settings.desk, call, { verb });
      if ('refused' in duty) return duty;
      const { shield } = settings.stage.filters;
      const change = isRaised ? shield.raise : shield.lift;
      return {
        status: 200,
        body: await change.call(shield, call.params.id, duty.room, duty.by.actor),
      };
    },
  });
}

function viewOfHeld({ author, fragments, ...rest }: ChatHeld) {
  return { ...rest, author: { ...author, roles: [...author.roles] }, fragments: [...fragments] };
}
