/** The keys of a stream: its own, and those of guests. */

import { unknownObject } from './access.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import {
  byKey,
  createdStreamSchema,
  issuedKeySchema,
  keyDraftSchema,
  keyListSchema,
  revocationQuery,
} from './stream-schemas.ts';
import { createdStream, type StreamRouteSettings, viewOfKey } from './stream-views.ts';

/** Everything about the keys of a stream. */
export function keyRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  return [
    replaceRoute(settings),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/:id/keys', operationId: 'listKeys', tag: 'keys' },
      summary: 'The keys of a stream, without the keys themselves',
      verb: 'list the keys of stream',
      access: { action: 'key.read', object: 'stream' },
      params: byId,
      answers: { 200: keyListSchema },
      answer: async ({ params: { id } }) => {
        const keys = await channels.keyring.list(id);
        return { status: 200, body: { data: keys.map(viewOfKey) } };
      },
    }),
    issueRoute(settings),
    defineRoute({
      ...{ method: 'DELETE', path: '/api/streams/:id/keys/:keyId', operationId: 'revokeKey' },
      tag: 'keys',
      summary: 'Revoke a key; who publishes by it is cut off within 5 s',
      verb: 'revoke a key of stream',
      access: { action: 'key.write', object: 'stream' },
      params: byKey,
      query: revocationQuery,
      problems: ['key_not_found'],
      answers: { 204: null },
      answer: async ({ params: { id, keyId }, query, actor }) => {
        const revocation = { keyId, disconnects: query.disconnect !== 'false' };
        const revoked = await channels.keyring.revoke(id, revocation, actor);
        return 'refused' in revoked ? revoked : { status: 204, body: null };
      },
    }),
  ];
}

function replaceRoute(settings: StreamRouteSettings): ApiRoute {
  const { channels } = settings;
  const verb = 'replace the key of stream';
  return defineRoute({
    ...{ method: 'POST', path: '/api/streams/:id/key', operationId: 'replaceKey', tag: 'keys' },
    summary: 'Show a new key; the old one is refused from now on',
    verb,
    access: { action: 'key.write', object: 'stream' },
    params: byId,
    answers: { 200: createdStreamSchema },
    answer: async ({ params: { id }, actor, request }) => {
      const rotation = { overlapMs: 0, disconnects: false };
      const replaced = await channels.keyring.rotate(id, rotation, actor);
      if ('refused' in replaced) return replaced;
      const stream = await channels.get(id);
      if (stream === undefined) return unknownObject('stream', verb, id);
      const { streamKey } = replaced;
      return { status: 200, body: createdStream(settings, { stream, streamKey }, request) };
    },
  });
}

function issueRoute({ channels }: StreamRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'POST', path: '/api/streams/:id/keys', operationId: 'issueKey', tag: 'keys' },
    summary: 'Issue a key: in place of the stream’s own, or a guest’s beside it',
    verb: 'issue a key of stream',
    access: { action: 'key.write', object: 'stream' },
    params: byId,
    body: keyDraftSchema,
    problems: ['too_many_keys'],
    answers: { 201: issuedKeySchema },
    answer: async ({ params: { id }, body, actor }) => {
      const issued =
        body.kind === 'main'
          ? await channels.keyring.rotate(
              id,
              {
                overlapMs: (body.overlapSeconds ?? 0) * 1000,
                disconnects: body.disconnect ?? false,
              },
              actor,
            )
          : await channels.keyring.issue(
              id,
              {
                name: body.name,
                protocols: body.protocols ?? [],
                addressRanges: body.addressRanges ?? [],
                expiresAtMs: body.expiresAt ? Date.parse(body.expiresAt) : null,
              },
              actor,
            );
      if ('refused' in issued) return issued;
      const { key, streamKey } = issued;
      return { status: 201, body: { ...viewOfKey(key), streamKey } };
    },
  });
}
