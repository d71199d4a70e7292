import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CreatedStream, StreamView } from '../../../contract/index.ts';
import type { Stream, StreamDirectory } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';
import { refuse } from '../http/index.ts';

export interface ControlRoutes {
  readonly directory: StreamDirectory;
  readonly clock: Clock;
  readonly rtmpPort: () => number;
  readonly endBroadcast: (streamId: string) => boolean;
}
const iso = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined ? null : new Date(ms).toISOString();
function viewOf(stream: Stream): StreamView {
  return {
    id: stream.id,
    title: stream.title,
    broadcasterId: stream.broadcasterId,
    status: stream.status,
    createdAt: new Date(stream.createdAtMs).toISOString(),
    startedAt: iso(stream.broadcast?.startedAtMs),
    endedAt: iso(stream.broadcast?.endedAtMs),
    broadcastId: stream.broadcast?.id ?? null,
    playbackUrl: `/live/${stream.id}/master.m3u8`,
    watchUrl: `/watch/${stream.id}`,
  };
}
const body = z.object({
  broadcasterId: z.string().min(1).max(100),
  title: z.string().min(1).max(200),
});
export function registerControlRoutes(
  app: FastifyInstance,
  { directory, clock, rtmpPort, endBroadcast }: ControlRoutes,
): void {
  app.get('/api/clock', async () => ({ epochMs: clock.epochMs() }));
  app.get('/api/streams/live', async () => ({ streams: directory.live().map(viewOf) }));
  app.post('/api/streams', async (request, reply) => {
    const read = body.safeParse(request.body);
    if (!read.success)
      return refuse(reply, {
        refused: 'invalid_request',
        detail: 'Cannot create stream',
        errors: read.error.issues.map((i) => ({ field: i.path.join('.'), message: i.message })),
      });
    const made = await directory.create(read.data);
    if ('refused' in made) return refuse(reply, made);
    const created: CreatedStream = {
      ...viewOf(made.stream),
      streamKey: made.streamKey,
      ingest: { rtmpUrl: `rtmp://${request.hostname}:${rtmpPort()}/live` },
    };
    return reply.code(201).send(created);
  });
  app.get<{ Params: { id: string } }>('/api/streams/:id', async ({ params }, reply) => {
    const s = directory.get(params.id);
    return s === undefined
      ? refuse(reply, { refused: 'stream_not_found', detail: 'Cannot find stream' })
      : viewOf(s);
  });
  app.post<{ Params: { id: string } }>('/api/streams/:id/end', async ({ params }, reply) => {
    const s = directory.get(params.id);
    if (s === undefined)
      return refuse(reply, { refused: 'stream_not_found', detail: 'Cannot find stream' });
    endBroadcast(params.id);
    return viewOf(directory.get(params.id) ?? s);
  });
}
