/** Following a stream, and no more. */
import type { ChatDesk } from '../chat/index.ts';
import { unknownObject } from './access.ts';
import { followSchema } from './chat-moderation-schemas.ts';
import { type ApiRoute, defineRoute, type RouteFacts } from './route.ts';
import { byId } from './schema.ts';

const FACTS = {
  path: '/api/streams/:id/follow',
  tag: 'streams',
  access: { action: 'stream.follow' },
  params: byId,
  problems: ['stream_not_found', 'chat_unavailable'],
} as const satisfies Partial<RouteFacts> & { readonly params: typeof byId };

/** What following needs. */
export interface FollowRouteSettings {
  readonly desk: ChatDesk;
  /** Undefined where no stream is. */
  readonly placeOf: (streamId: string) => Promise<object | undefined>;
}

/** `/api/streams/{id}/follow`, each for whoever asks. */
export function followRoutes({ desk, placeOf }: FollowRouteSettings): readonly ApiRoute[] {
  const [show, follow, leave] = ['ask whether you follow', 'follow', 'stop following'];
  const viewOf = (at: Date | null) => ({
    isFollowing: at !== null,
    followedAt: at?.toISOString() ?? null,
  });
  const change = async (streamId: string, authorId: string, isFollowing: boolean) =>
    viewOf(await desk.moderation.follow({ streamId, authorId }, isFollowing));
  return [
    defineRoute({
      ...FACTS,
      ...{ method: 'GET', operationId: 'getFollow', verb: `${show} stream` },
      summary: 'Whether and since when you follow the stream',
      answers: { 200: followSchema },
      answer: async ({ params: { id }, principal }) => {
        if ((await placeOf(id)) === undefined) return unknownObject('stream', show, id);
        const authorId = 'userId' in principal ? principal.userId : '';
        const at = await desk.moderation.followedAt({ streamId: id, authorId });
        return { status: 200, body: viewOf(at ?? null) };
      },
    }),
    defineRoute({
      ...FACTS,
      ...{ method: 'POST', operationId: 'followStream', verb: `${follow} stream` },
      summary: 'Follow the stream',
      answers: { 200: followSchema },
      answer: async ({ params: { id }, principal }) => {
        if ((await placeOf(id)) === undefined) return unknownObject('stream', follow, id);
        const authorId = 'userId' in principal ? principal.userId : '';
        return { status: 200, body: await change(id, authorId, true) };
      },
    }),
    defineRoute({
      ...FACTS,
      ...{ method: 'DELETE', operationId: 'unfollowStream', verb: `${leave} stream` },
      summary: 'Follow the stream no more',
      answers: { 200: followSchema },
      answer: async ({ params: { id }, principal }) => {
        if ((await placeOf(id)) === undefined) return unknownObject('stream', leave, id);
        const authorId = 'userId' in principal ? principal.userId : '';
        return { status: 200, body: await change(id, authorId, false) };
      },
    }),
  ];
}
