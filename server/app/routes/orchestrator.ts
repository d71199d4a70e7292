import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Refusal } from '../../../contract/index.ts';
import type { Orchestrator } from '../../pipeline/orchestrator/index.ts';
import { refuse } from '../http/index.ts';
import { readPart, readRendition, readSegment, readStream } from './orchestrator-body.ts';
import { pageOf, readPage } from './orchestrator-page.ts';

/** What the routes need. */
export interface OrchestratorRoutes {
  readonly orchestrator: Orchestrator;
}

interface StreamParams {
  readonly id: string;
}

interface RenditionParams extends StreamParams {
  readonly rendition: string;
}

const ID = /^[A-Za-z0-9._-]{1,100}$/;
const STREAM = '/streams/:id';
const RENDITION = `${STREAM}/renditions/:rendition`;

/** The API of transcoders: everything under `/streams` but the playlists, which delivery serves. */
export function registerOrchestratorRoutes(
  app: FastifyInstance,
  { orchestrator }: OrchestratorRoutes,
): void {
  app.get('/streams', async ({ query }, reply) => {
    const page = readPage(query);
    return 'refused' in page ? refuse(reply, page) : pageOf(orchestrator, page);
  });

  app.get<{ Params: StreamParams }>(STREAM, async ({ params }, reply) =>
    answer(reply, refuseIds(params) ?? orchestrator.view(params.id)),
  );

  app.put<{ Params: StreamParams }>(STREAM, async ({ params, body }, reply) => {
    const settings = refuseIds(params) ?? readStream(body);
    if ('refused' in settings) return refuse(reply, settings);
    return answer(reply, await orchestrator.declareStream(params.id, settings));
  });

  app.post<{ Params: StreamParams }>(`${STREAM}/end`, async ({ params }, reply) =>
    answer(reply, refuseIds(params) ?? (await orchestrator.end(params.id))),
  );

  app.put<{ Params: RenditionParams }>(RENDITION, async ({ params, body }, reply) => {
    const attributes = refuseIds(params) ?? readRendition(body);
    if ('refused' in attributes) return refuse(reply, attributes);
    const { id, rendition } = params;
    return answer(reply, await orchestrator.declareRendition(id, rendition, attributes));
  });

  app.post<{ Params: RenditionParams }>(`${RENDITION}/segments`, async (request, reply) => {
    const { id, rendition } = request.params;
    const read = refuseIds(request.params) ?? readSegment(request.body);
    if ('refused' in read) return refuse(reply, read);
    const registered = await orchestrator.registerSegment(id, rendition, read.meant);
    return answer(reply, registered, { stream: id, rendition, ...read.sent });
  });

  app.post<{ Params: RenditionParams }>(`${RENDITION}/parts`, async (request, reply) => {
    const { id, rendition } = request.params;
    const read = refuseIds(request.params) ?? readPart(request.body);
    if ('refused' in read) return refuse(reply, read);
    const registered = await orchestrator.registerPart(id, rendition, read.meant);
    return answer(reply, registered, { stream: id, rendition, ...read.sent });
  });
}

/** Answers with `result`: 201 and what was `made` when something was created, else 200. */
function answer(reply: FastifyReply, result: object, made: object = {}): FastifyReply {
  if (isRefusal(result)) return refuse(reply, result);
  const created = 'status' in result && result.status === 'created';
  return reply.code(created ? 201 : 200).send(created ? { ...made, ...result } : result);
}

function isRefusal(result: object): result is Refusal {
  return 'refused' in result;
}

function refuseIds(params: StreamParams | RenditionParams): Refusal | undefined {
  const ids: [string, string][] = [['stream id', params.id]];
  if ('rendition' in params) ids.push(['rendition', params.rendition]);
  for (const [name, value] of ids) {
    // A dot or two would be another address once a client has resolved it.
    if (ID.test(value) && value !== '.' && value !== '..') continue;
    const shown = value.length > 100 ? `${value.length} characters` : JSON.stringify(value);
    const detail = `Cannot use ${shown} as ${name}: it must be 1 to 100 of A-Z a-z 0-9 . _ -`;
    return { refused: 'invalid_id', detail };
  }
  return undefined;
}
