/** What was said: lately, or at a moment of a broadcast. */
import { unknownObject } from './access.ts';
import { replayCursorOf } from './chat-cursor.ts';
import { type ChatRouteSettings, roomOf, viewOf } from './chat-room.ts';
import { chatHistoryQuerySchema, chatHistorySchema } from './chat-schemas.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

/** `GET /api/streams/{id}/chat` */
export function historyRoute(settings: ChatRouteSettings): ApiRoute {
  const verb = 'read chat of stream';
  return defineRoute({
    ...{ method: 'GET', path: '/api/streams/:id/chat', operationId: 'getChat', tag: 'chat' },
    summary: 'The latest messages, or those of a range of media time, oldest first',
    description:
      'With `broadcastId`, the messages of that broadcast that were written from `from` on and ' +
      'before `to`, in pages. Messages that were taken back are left out. A message is there ' +
      'within seconds of being written.',
    verb,
    access: 'everybody',
    params: byId,
    query: chatHistoryQuerySchema,
    problems: ['stream_not_found', 'chat_unavailable', 'database_unavailable'],
    answers: { 200: chatHistorySchema },
    answer: async ({ params: { id }, query }) => {
      const { limit, broadcastId, from = 0, to, order, cursor } = query;
      if (broadcastId === undefined) {
        const place = await roomOf(settings, verb, id);
        if ('refused' in place) return place;
        const messages = place.room.recent(limit).map(viewOf);
        return { status: 200, body: { messages, next_cursor: null } };
      }
      if ((await settings.placeOf(id)) === undefined) return unknownObject('stream', verb, id);
      const { messages, next } = await settings.replay.page({
        ...{ streamId: id, broadcastId, order, limit },
        fromMs: Math.round(from * 1000),
        toMs: to === undefined ? null : Math.round(to * 1000),
        beyond: cursor ?? null,
      });
      const next_cursor = replayCursorOf(next);
      return { status: 200, body: { messages: messages.map(viewOf), next_cursor } };
    },
  });
}
