/** API tokens: each person's own. */
import { z } from 'zod';
import { createdTokenSchema, tokenDraftSchema, tokenSchema } from './account-schemas.ts';
import { tokenView } from './account-views.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import { type AccountRouteSettings, userIdOf } from './session-routes.ts';

/** The routes `/api/tokens`. */
export function tokenRoutes({ accounts }: AccountRouteSettings): readonly ApiRoute[] {
  const list = defineRoute({
    ...{ method: 'GET', path: '/api/tokens', operationId: 'listTokens', tag: 'accounts' },
    summary: 'Your API tokens',
    access: { action: 'account.read' },
    verb: 'list tokens',
    answers: { 200: z.object({ data: z.array(tokenSchema) }) },
    answer: async ({ principal }) => {
      const tokens = await accounts.tokens.list(userIdOf(principal) ?? '');
      return { status: 200, body: { data: tokens.map(tokenView) } };
    },
  });
  const create = defineRoute({
    ...{ method: 'POST', path: '/api/tokens', operationId: 'createToken', tag: 'accounts' },
    summary: 'Make an API token',
    description: 'The token is shown in this answer only. It can do no more than you can.',
    access: { action: 'account.write' },
    verb: 'make token',
    body: tokenDraftSchema,
    answers: { 201: createdTokenSchema },
    problems: ['too_many_tokens'],
    answer: async ({ principal, actor, body }) => {
      const { name, scopes, expiresAt } = body;
      const draft = {
        name,
        scopes: [...new Set(scopes)],
        expiresAt: expiresAt === null ? null : new Date(expiresAt),
      };
      const made = await accounts.tokens.create(userIdOf(principal) ?? '', draft, actor);
      if ('refused' in made) return made;
      return { status: 201, body: { ...tokenView(made.kept), token: made.token } };
    },
  });
  const revoke = defineRoute({
    ...{ method: 'DELETE', path: '/api/tokens/:id', operationId: 'revokeToken', tag: 'accounts' },
    summary: 'Revoke one of your API tokens',
    access: { action: 'account.write' },
    verb: 'revoke token',
    params: byId,
    answers: { 204: null },
    problems: ['token_not_found'],
    answer: async ({ principal, actor, params }) => {
      const id = /^tok_[a-z2-7]{24}$/.test(params.id) ? params.id : '';
      const refused = await accounts.tokens.revoke(userIdOf(principal) ?? '', id, actor);
      return refused ?? { status: 204, body: null };
    },
  });
  return [list, create, revoke];
}
