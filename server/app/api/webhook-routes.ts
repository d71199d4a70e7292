/** Webhooks: whom to tell, and what became of it. */
import type { Refusal } from '../../../contract/index.ts';
import { mayDo, type Principal } from '../../account/index.ts';
import type { Webhooks } from '../../notice/webhook/index.ts';
import { unknownObject } from './access.ts';
import { pageOf } from './paging.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import {
  byDelivery,
  deliveryPageSchema,
  deliveryQuerySchema,
  deliverySchema,
  replayedSchema,
  webhookChangesSchema,
  webhookDraftSchema,
  webhookPageSchema,
  webhookQuerySchema,
  webhookSchema,
  webhookTestSchema,
  webhookWithSecretSchema,
} from './webhook-schemas.ts';

const TAG = { tag: 'webhooks' } as const;
const READ = { action: 'webhook.read', object: 'webhook' } as const;
const WRITE = { action: 'webhook.write', object: 'webhook' } as const;

/** What the webhook routes need of the application. */
export interface WebhookRouteSettings {
  readonly webhooks: Webhooks;
}

/** Everything under `/api/webhooks`. */
export function webhookRoutes(settings: WebhookRouteSettings): readonly ApiRoute[] {
  return [
    ...collectionRoutes(settings),
    ...objectRoutes(settings),
    ...actionRoutes(settings),
    ...deliveryRoutes(settings),
  ];
}

function collectionRoutes({ webhooks }: WebhookRouteSettings): readonly ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/webhooks', operationId: 'listWebhooks', ...TAG },
      summary: 'Your webhooks, newest first; for administrators those of all',
      verb: 'list webhooks',
      access: { action: 'webhook.read' },
      query: webhookQuerySchema,
      answers: { 200: webhookPageSchema },
      answer: async ({ principal, query: { limit, cursor } }) => {
        const ownerId = ownOnly(principal);
        const found = await webhooks.list({ ownerId, after: cursor, limit: limit + 1 });
        const by = { viewOf: (each: (typeof found)[0]) => each, keyOf: idOf };
        return { status: 200, body: pageOf(found, limit, by) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/webhooks', operationId: 'createWebhook', ...TAG },
      summary: 'Have a program told what happens from now on; its secret is shown this once',
      verb: 'create webhook',
      access: { action: 'webhook.write' },
      body: webhookDraftSchema,
      problems: ['too_many_webhooks'],
      answers: { 201: webhookWithSecretSchema },
      answer: async ({ principal, actor, body }) => {
        const ownerId = ownerOf(principal, body.ownerId);
        if (typeof ownerId === 'object' && ownerId !== null) return ownerId;
        const createdBy = 'userId' in principal ? principal.userId : null;
        const made = await webhooks.create({ ...body, ownerId, createdBy }, actor);
        if ('refused' in made) return made;
        return { status: 201, body: made, headers: { location: `/api/webhooks/${made.id}` } };
      },
    }),
  ];
}

function objectRoutes({ webhooks }: WebhookRouteSettings): readonly ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/webhooks/:id', operationId: 'getWebhook', ...TAG },
      summary: 'One webhook, without its secret',
      verb: 'show webhook',
      access: READ,
      params: byId,
      answers: { 200: webhookSchema },
      answer: async ({ params: { id } }) => {
        const webhook = await webhooks.get(id);
        if (webhook === undefined) return unknownObject('webhook', 'show webhook', id);
        return { status: 200, body: webhook };
      },
    }),
    defineRoute({
      ...{ method: 'PATCH', path: '/api/webhooks/:id', operationId: 'updateWebhook', ...TAG },
      summary: 'Change, disable or enable a webhook',
      description:
        'While it is disabled nothing is put in line for it, and what waited fails; it can be replayed.',
      verb: 'change webhook',
      access: WRITE,
      params: byId,
      body: webhookChangesSchema,
      answers: { 200: webhookSchema },
      answer: async ({ params: { id }, body, actor }) => {
        const changed = await webhooks.update(id, body, actor);
        return 'refused' in changed ? changed : { status: 200, body: changed };
      },
    }),
    defineRoute({
      ...{ method: 'DELETE', path: '/api/webhooks/:id', operationId: 'deleteWebhook', ...TAG },
      summary: 'Delete a webhook with the list of its deliveries',
      verb: 'delete webhook',
      access: WRITE,
      params: byId,
      answers: { 204: null },
      answer: async ({ params: { id }, actor }) =>
        (await webhooks.delete(id, actor)) ?? { status: 204, body: null },
    }),
  ];
}

function actionRoutes({ webhooks }: WebhookRouteSettings): readonly ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'POST', path: '/api/webhooks/:id/secret', operationId: 'rotateSecret', ...TAG },
      summary: 'Show a new secret; for 24 hours the one before signs as well',
      verb: 'rotate the secret of webhook',
      access: WRITE,
      params: byId,
      answers: { 200: webhookWithSecretSchema },
      answer: async ({ params: { id }, actor }) => {
        const rotated = await webhooks.rotateSecret(id, actor);
        return 'refused' in rotated ? rotated : { status: 200, body: rotated };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/webhooks/:id/test', operationId: 'testWebhook', ...TAG },
      summary: 'Send an event of type webhook.test once, and say what came back',
      verb: 'test webhook',
      access: WRITE,
      params: byId,
      problems: ['too_many_requests'],
      answers: { 200: webhookTestSchema },
      answer: async ({ params: { id }, reply }) => {
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const result = await webhooks.test(id, gone.signal);
        if (!('refused' in result)) return { status: 200, body: result };
        if (result.retryAfterS !== undefined) reply.header('retry-after', result.retryAfterS);
        return result;
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/webhooks/:id/replay', operationId: 'replayFailed', ...TAG },
      summary: 'Put all deliveries in line again that failed',
      verb: 'replay deliveries of webhook',
      access: WRITE,
      params: byId,
      problems: ['webhook_disabled'],
      answers: { 202: replayedSchema },
      answer: async ({ params: { id }, actor }) => {
        const replayed = await webhooks.replayFailed(id, actor);
        return typeof replayed === 'number' ? { status: 202, body: { replayed } } : replayed;
      },
    }),
  ];
}

function deliveryRoutes({ webhooks }: WebhookRouteSettings): readonly ApiRoute[] {
  const path = '/api/webhooks/:id/deliveries';
  return [
    defineRoute({
      ...{ method: 'GET', path, operationId: 'listDeliveries', ...TAG },
      summary: 'What became of each event, newest first; `?status=failed` lists what failed',
      verb: 'list deliveries of webhook',
      access: READ,
      params: byId,
      query: deliveryQuerySchema,
      answers: { 200: deliveryPageSchema },
      answer: async ({ params: { id }, query: { status, limit, cursor } }) => {
        const found = await webhooks.deliveries(id, { status, before: cursor, limit: limit + 1 });
        const by = {
          viewOf: ({ view }: (typeof found)[0]) => view,
          keyOf: ({ position }: (typeof found)[0]) => position,
        };
        return { status: 200, body: pageOf(found, limit, by) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: `${path}/:deliveryId/replay`, operationId: 'replay', ...TAG },
      summary: 'Put one delivery in line again',
      verb: 'replay a delivery of webhook',
      access: WRITE,
      params: byDelivery,
      problems: ['webhook_disabled', 'delivery_not_found'],
      answers: { 202: deliverySchema },
      answer: async ({ params: { id, deliveryId }, actor }) => {
        const replayed = await webhooks.replay(id, deliveryId, actor);
        return 'refused' in replayed ? replayed : { status: 202, body: replayed };
      },
    }),
  ];
}

/** Undefined for those who see everybody's. */
function ownOnly(principal: Principal): string | undefined {
  if (mayDo(principal, 'webhook.read', '') === 'allowed') return undefined;
  return 'userId' in principal ? principal.userId : '';
}

/** For whom a webhook is made: for oneself, unless one may make it for anybody. */
function ownerOf(principal: Principal, asked: string | null | undefined): string | null | Refusal {
  if (mayDo(principal, 'webhook.write', '') === 'allowed') return asked ?? null;
  const own = 'userId' in principal ? principal.userId : '';
  if (asked === undefined || asked === own) return own;
  const detail = 'Cannot create webhook: you may be told of what is your own alone';
  return { refused: 'forbidden', detail };
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}
