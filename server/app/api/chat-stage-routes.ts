/** The pinned message, polls and raids of a chat over the plain API: what commands do as well. */
import type { ChatPoll } from '../../../contract/index.ts';
import { memberOf } from '../chat-people.ts';
import { type ChatRouteSettings, roomOf, viewOf } from './chat-room.ts';
import {
  pinDraftSchema,
  pinSchema,
  pollDraftSchema,
  pollSchema,
  pollsSchema,
  raidDraftSchema,
  raidSchema,
  voteSchema,
} from './chat-stage-schemas.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

const CHAT = '/api/streams/:id/chat' as const;
const MOST_POLLS = 50;
const access = { action: 'chat.configure', object: 'stream' } as const;
const facts = { tag: 'chat', params: byId } as const;

/** What stands before everybody in a chat. */
export function chatStageRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  return [
    ...pinRoutes(settings),
    pollsRoute(settings),
    ...pollRoutes(settings),
    voteRoute(settings),
    ...raidRoutes(settings),
  ];
}

function pinRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const path = `${CHAT}/pin` as const;
  const [show, pin] = ['show what is pinned in chat of stream', 'pin a message in chat of stream'];
  return [
    defineRoute({
      ...{ ...facts, method: 'GET', path, operationId: 'getChatPin', verb: show },
      summary: 'The message that stands above the chat',
      access: 'everybody',
      problems: ['stream_not_found', 'chat_unavailable'],
      answers: { 200: pinSchema },
      answer: async ({ params: { id } }) => {
        const place = await roomOf(settings, show, id);
        if ('refused' in place) return place;
        const message = await settings.stage.pins.load(id);
        return { status: 200, body: { message: message && viewOf(message) } };
      },
    }),
    defineRoute({
      ...{ ...facts, method: 'PUT', path, operationId: 'pinChatMessage', verb: pin, access },
      summary: 'Put a recent message above the chat, in the place of the one before',
      body: pinDraftSchema,
      problems: ['message_not_found', 'chat_unavailable'],
      answers: { 204: null },
      answer: async ({ params: { id }, body: { messageId }, actor }) => {
        const place = await roomOf(settings, pin, id);
        if ('refused' in place) return place;
        const refusal = await settings.stage.pin(place.room, messageId, actor);
        return refusal ?? { status: 204, body: null };
      },
    }),
    defineRoute({
      ...{ ...facts, method: 'DELETE', path, operationId: 'unpinChatMessage', access },
      verb: 'take away what is pinned in chat of stream',
      summary: 'Take away what stands above the chat',
      answers: { 204: null },
      answer: async ({ params: { id }, actor }) => {
        await settings.stage.pins.unpin(id, actor);
        return { status: 204, body: null };
      },
    }),
  ];
}

function pollsRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'list polls in chat of stream';
  return defineRoute({
    ...{ ...facts, method: 'GET', path: `${CHAT}/polls`, operationId: 'listChatPolls', verb },
    summary: 'The latest 50 polls of the chat, newest first, with their counts',
    access: 'everybody',
    problems: ['stream_not_found', 'chat_unavailable'],
    answers: { 200: pollsSchema },
    answer: async ({ params: { id } }) => {
      const place = await roomOf(settings, verb, id);
      if ('refused' in place) return place;
      const polls = await settings.stage.polls.list(id, MOST_POLLS);
      return { status: 200, body: { polls: polls.map(viewOfPoll) } };
    },
  });
}

function pollRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const [begin, end] = ['begin a poll in chat of stream', 'end the poll in chat of stream'];
  return [
    defineRoute({
      ...{ ...facts, method: 'POST', path: `${CHAT}/polls`, operationId: 'openChatPoll' },
      ...{ verb: begin, access },
      summary: 'Ask everybody; one poll at a time, one vote an author',
      body: pollDraftSchema,
      problems: ['poll_open', 'chat_unavailable'],
      answers: { 201: pollSchema },
      answer: async ({ params: { id }, body, actor }) => {
        const place = await roomOf(settings, begin, id);
        if ('refused' in place) return place;
        const poll = await settings.stage.polls.open(id, body, actor);
        return 'refused' in poll ? poll : { status: 201, body: viewOfPoll(poll) };
      },
    }),
    defineRoute({
      ...{ ...facts, method: 'POST', path: `${CHAT}/polls/end`, operationId: 'endChatPoll' },
      ...{ verb: end, access },
      summary: 'End the poll that is open; its result is told within seconds',
      problems: ['poll_not_found', 'chat_unavailable'],
      answers: { 200: pollSchema },
      answer: async ({ params: { id }, actor }) => {
        const place = await roomOf(settings, end, id);
        if ('refused' in place) return place;
        const poll = await settings.stage.polls.end(id, actor);
        return 'refused' in poll ? poll : { status: 200, body: viewOfPoll(poll) };
      },
    }),
  ];
}

function voteRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'vote in chat of stream';
  return defineRoute({
    ...{ ...facts, method: 'POST', path: `${CHAT}/polls/votes`, operationId: 'voteInChat', verb },
    summary: 'Vote in the poll that is open, once',
    access: { action: 'chat.post' },
    body: voteSchema,
    problems: ['stream_not_found', 'poll_not_found', 'already_voted', 'chat_unavailable'],
    answers: { 204: null },
    answer: async ({ params: { id }, body: { choice }, principal }) => {
      const place = await roomOf(settings, verb, id);
      if ('refused' in place) return place;
      const { author } = await memberOf(settings.accounts, principal, place.ownerId);
      const refusal = settings.stage.polls.vote(id, author.id, choice);
      return refusal ?? { status: 204, body: null };
    },
  });
}

function raidRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const path = `${CHAT}/raid` as const;
  const [raid, cancel] = ['raid from stream', 'call off the raid from stream'];
  return [
    defineRoute({
      ...{ ...facts, method: 'POST', path, operationId: 'announceRaid', verb: raid, access },
      summary: 'Take the viewers to another stream of this server that is on air, in 15 seconds',
      body: raidDraftSchema,
      problems: ['not_live', 'raid_announced', 'chat_unavailable'],
      answers: { 201: raidSchema },
      answer: async ({ params: { id }, body: { streamId: targetId }, principal, actor }) => {
        const place = await roomOf(settings, raid, id);
        if ('refused' in place) return place;
        const { author } = await memberOf(settings.accounts, principal, place.ownerId);
        const announced = await settings.stage.raids.announce(id, { targetId, author }, actor);
        return 'refused' in announced ? announced : { status: 201, body: announced };
      },
    }),
    defineRoute({
      ...{ ...facts, method: 'DELETE', path, operationId: 'cancelRaid', verb: cancel, access },
      summary: 'Call the raid off',
      problems: ['raid_not_found', 'chat_unavailable'],
      answers: { 200: raidSchema },
      answer: async ({ params: { id }, actor }) => {
        const place = await roomOf(settings, cancel, id);
        if ('refused' in place) return place;
        const cancelled = await settings.stage.raids.cancel(id, actor);
        return 'refused' in cancelled ? cancelled : { status: 200, body: cancelled };
      },
    }),
  ];
}

function viewOfPoll({ choices, ...rest }: ChatPoll) {
  return { ...rest, choices: [...choices] };
}
