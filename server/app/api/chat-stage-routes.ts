/** The pinned message, polls and raids of a chat over the plain API: what commands do as well. */
import type { ChatPoll } from '../../../contract/index.ts';
import { DUTY_FACTS, onDuty } from './chat-duty.ts';
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
const open = { tag: 'chat', params: byId } as const;
const duties = { ...DUTY_FACTS, params: byId } as const;

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
  const unpin = 'take away what is pinned in chat of stream';
  return [
    defineRoute({
      ...{ ...open, method: 'GET', path, operationId: 'getChatPin', verb: show },
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
      ...{ ...duties, method: 'PUT', path, operationId: 'pinChatMessage', verb: pin },
      summary:
        'Put a recent message above the chat, in the place of the one before; for moderators',
      body: pinDraftSchema,
      problems: [...duties.problems, 'message_not_found'],
      answers: { 204: null },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: pin });
        if ('refused' in duty) return duty;
        const refusal = await settings.stage.pin(duty.room, call.body.messageId, duty.by.actor);
        return refusal ?? { status: 204, body: null };
      },
    }),
    defineRoute({
      ...{ ...duties, method: 'DELETE', path, operationId: 'unpinChatMessage', verb: unpin },
      summary: 'Take away what stands above the chat; for moderators',
      answers: { 204: null },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: unpin });
        if ('refused' in duty) return duty;
        await settings.stage.pins.unpin(call.params.id, duty.by.actor);
        return { status: 204, body: null };
      },
    }),
  ];
}

function pollsRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'list polls in chat of stream';
  return defineRoute({
    ...{ ...open, method: 'GET', path: `${CHAT}/polls`, operationId: 'listChatPolls', verb },
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
      ...{ ...duties, method: 'POST', path: `${CHAT}/polls`, operationId: 'openChatPoll' },
      verb: begin,
      summary: 'Ask everybody; one poll at a time, one vote an author; for moderators',
      body: pollDraftSchema,
      problems: [...duties.problems, 'poll_open'],
      answers: { 201: pollSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: begin });
        if ('refused' in duty) return duty;
        const poll = await settings.stage.polls.open(call.params.id, call.body, duty.by.actor);
        return 'refused' in poll ? poll : { status: 201, body: viewOfPoll(poll) };
      },
    }),
    defineRoute({
      ...{ ...duties, method: 'POST', path: `${CHAT}/polls/end`, operationId: 'endChatPoll' },
      verb: end,
      summary: 'End the poll that is open; its result is told within seconds; for moderators',
      problems: [...duties.problems, 'poll_not_found'],
      answers: { 200: pollSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: end });
        if ('refused' in duty) return duty;
        const poll = await settings.stage.polls.end(call.params.id, duty.by.actor);
        return 'refused' in poll ? poll : { status: 200, body: viewOfPoll(poll) };
      },
    }),
  ];
}

function voteRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'vote in chat of stream';
  return defineRoute({
    ...{ ...duties, method: 'POST', path: `${CHAT}/polls/votes`, operationId: 'voteInChat', verb },
    summary: 'Vote in the poll that is open, once; whoever may not write in the chat may not vote',
    body: voteSchema,
    problems: [...duties.problems, 'poll_not_found', 'already_voted'],
    answers: { 204: null },
    answer: async (call) => {
      const duty = await onDuty(settings.desk, call, { verb, who: 'everybody' });
      if ('refused' in duty) return duty;
      const { id } = call.params;
      const refusal = settings.stage.polls.vote(id, duty.author.id, call.body.choice);
      return refusal ?? { status: 204, body: null };
    },
  });
}

function raidRoutes(settings: ChatRouteSettings): readonly ApiRoute[] {
  const path = `${CHAT}/raid` as const;
  const [raid, cancel] = ['raid from stream', 'call off the raid from stream'];
  return [
    defineRoute({
      ...{ ...duties, method: 'POST', path, operationId: 'announceRaid', verb: raid },
      summary:
        'Take the viewers to another stream of this server that is on air, in 15 seconds; for the broadcaster',
      body: raidDraftSchema,
      problems: [...duties.problems, 'not_live', 'raid_announced'],
      answers: { 201: raidSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: raid, who: 'broadcaster' });
        if ('refused' in duty) return duty;
        const { author, by } = duty;
        const draft = { targetId: call.body.streamId, author };
        const announced = await settings.stage.raids.announce(call.params.id, draft, by.actor);
        return 'refused' in announced ? announced : { status: 201, body: announced };
      },
    }),
    defineRoute({
      ...{ ...duties, method: 'DELETE', path, operationId: 'cancelRaid', verb: cancel },
      summary: 'Call the raid off; for the broadcaster',
      problems: [...duties.problems, 'raid_not_found'],
      answers: { 200: raidSchema },
      answer: async (call) => {
        const duty = await onDuty(settings.desk, call, { verb: cancel, who: 'broadcaster' });
        if ('refused' in duty) return duty;
        const cancelled = await settings.stage.raids.cancel(call.params.id, duty.by.actor);
        return 'refused' in cancelled ? cancelled : { status: 200, body: cancelled };
      },
    }),
  ];
}

function viewOfPoll({ choices, ...rest }: ChatPoll) {
  return { ...rest, choices: [...choices] };
}
