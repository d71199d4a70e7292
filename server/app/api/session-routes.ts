/** Signing in and out, and what is one's own: sessions and password. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { MeView, Refusal } from '../../../contract/index.ts';
import {
  type Accounts,
  actorOf,
  csrfTokenOf,
  mayDo,
  type Principal,
  type SignedIn,
  writeSessionCookie,
} from '../../account/index.ts';
import { meSchema, passwordChangeSchema, sessionSchema, signInSchema } from './account-schemas.ts';
import { sessionView, userView } from './account-views.ts';
import { type Callers, clientOf } from './caller.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';

/** What the routes about people need. */
export interface AccountRouteSettings {
  readonly accounts: Accounts;
  readonly callers: Callers;
}

const SIGN_IN_PROBLEMS = [
  'csrf_rejected',
  'insecure_connection',
  'invalid_credentials',
  'too_many_requests',
  'sign_in_unavailable',
] as const;

/** The routes `/api/session`, `/api/me` and `/api/sessions`. */
export function sessionRoutes(settings: AccountRouteSettings): readonly ApiRoute[] {
  return [...signInRoutes(settings), ...ownSessionRoutes(settings), passwordRoute(settings)];
}

function signInRoutes({ accounts, callers }: AccountRouteSettings): readonly ApiRoute[] {
  const me = defineRoute({
    ...{ method: 'GET', path: '/api/me', operationId: 'getMe', tag: 'accounts' },
    summary: 'Who asks',
    access: 'everybody',
    verb: 'tell who asks',
    answers: { 200: meSchema },
    answer: async ({ principal, request }) => {
      const userId = userIdOf(principal);
      const user = userId === undefined ? undefined : await accounts.users.get(userId);
      const secret = principal.kind === 'user' ? callers.sessionSecret(request) : undefined;
      return {
        status: 200,
        body: {
          user: user === undefined ? null : userView(user),
          csrfToken: secret === undefined ? null : csrfTokenOf(secret),
          hasAccounts: await accounts.users.exist(),
          mayBroadcast: mayDo(principal, 'stream.create') === 'allowed',
        },
      };
    },
  });
  const signIn = defineRoute({
    ...{ method: 'POST', path: '/api/session', operationId: 'signIn', tag: 'accounts' },
    summary: 'Sign in with name and password',
    description: 'Answers with a cookie. Programs use API tokens instead.',
    access: 'everybody',
    verb: 'sign in',
    body: signInSchema,
    answers: { 200: meSchema },
    problems: SIGN_IN_PROBLEMS,
    answer: async ({ request, reply, body }) =>
      withSession({ callers, request, reply }, () => accounts.signIn(body, clientOf(request))),
  });
  const signOut = defineRoute({
    ...{ method: 'DELETE', path: '/api/session', operationId: 'signOut', tag: 'accounts' },
    summary: 'Sign out',
    access: 'everybody',
    verb: 'sign out',
    answers: { 204: null },
    problems: ['csrf_rejected'],
    answer: async ({ request }) => {
      const kind = callers.cookieKind(request);
      const secret = callers.sessionSecret(request);
      const holder = secret === undefined ? undefined : await accounts.sessions.check(secret);
      const rejected = callers.checkCsrf(request, holder === undefined ? undefined : secret);
      if (rejected !== undefined) return rejected;
      if (holder !== undefined) {
        const { userId, idHash } = holder;
        const principal = { kind: 'user', userId, role: holder.role, sessionHash: idHash } as const;
        await accounts.sessions.revoke(
          userId,
          idHash,
          actorOf(principal, request.clientAddress ?? null),
        );
      }
      const headers = kind === 'refused' ? {} : { 'set-cookie': writeSessionCookie('', kind) };
      return { status: 204, body: null, headers };
    },
  });
  return [me, signIn, signOut];
}

function ownSessionRoutes({ accounts }: AccountRouteSettings): readonly ApiRoute[] {
  const list = defineRoute({
    ...{ method: 'GET', path: '/api/sessions', operationId: 'listSessions', tag: 'accounts' },
    summary: 'Where you are signed in',
    access: { action: 'account.read' },
    verb: 'list sessions',
    answers: { 200: z.object({ data: z.array(sessionSchema) }) },
    answer: async ({ principal }) => {
      const sessions = await accounts.sessions.list(userIdOf(principal) ?? '');
      const current = principal.kind === 'user' ? principal.sessionHash : undefined;
      return { status: 200, body: { data: sessions.map((each) => sessionView(each, current)) } };
    },
  });
  const revoke = defineRoute({
    ...{ method: 'DELETE', path: '/api/sessions/:id', operationId: 'revokeSession' },
    tag: 'accounts',
    summary: 'End one of your sessions',
    access: { action: 'account.write' },
    verb: 'end session',
    params: byId,
    answers: { 204: null },
    problems: ['session_not_found'],
    answer: async ({ principal, actor, params }) => {
      const id = /^[0-9a-f]{64}$/.test(params.id) ? params.id : '';
      const refused = await accounts.sessions.revoke(userIdOf(principal) ?? '', id, actor);
      return refused ?? { status: 204, body: null };
    },
  });
  return [list, revoke];
}

function passwordRoute({ accounts, callers }: AccountRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'PUT', path: '/api/me/password', operationId: 'changePassword', tag: 'accounts' },
    summary: 'Change your password',
    description: 'Ends all your other sessions.',
    access: { action: 'account.write' },
    verb: 'change password',
    body: passwordChangeSchema,
    answers: { 200: meSchema },
    problems: SIGN_IN_PROBLEMS,
    answer: async ({ principal, request, reply, body }) => {
      const words = { current: body.currentPassword, next: body.newPassword };
      const change = () =>
        accounts.changePassword(userIdOf(principal) ?? '', words, clientOf(request));
      return withSession({ callers, request, reply }, change);
    },
  });
}

/** Answers with the cookie of a session that `open` opens, where a cookie may be had. */
export async function withSession(
  {
    callers,
    request,
    reply,
  }: {
    readonly callers: Callers;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  },
  open: () => Promise<SignedIn | (Refusal & { readonly retryAfterS?: number })>,
): Promise<
  | Refusal
  | { readonly status: 200; readonly body: MeView; readonly headers: Record<string, string> }
> {
  const rejected = callers.checkCsrf(request, undefined);
  if (rejected !== undefined) return rejected;
  const kind = callers.cookieKind(request);
  if (kind === 'refused') return insecure();
  const opened = await open();
  if ('refused' in opened) {
    if (opened.retryAfterS !== undefined) reply.header('retry-after', opened.retryAfterS);
    return opened;
  }
  const { sessionSecret, user } = opened;
  const { id: userId, role } = user;
  const principal = { kind: 'user', userId, role, sessionHash: '' } as const;
  return {
    status: 200,
    body: {
      user: userView(user),
      csrfToken: csrfTokenOf(sessionSecret),
      hasAccounts: true,
      mayBroadcast: mayDo(principal, 'stream.create') === 'allowed',
    },
    headers: { 'set-cookie': writeSessionCookie(sessionSecret, kind) },
  };
}

/** Whose account it is; undefined for the operator and for nobody. */
export function userIdOf(principal: Principal): string | undefined {
  return 'userId' in principal ? principal.userId : undefined;
}

function insecure(): Refusal {
  return {
    refused: 'insecure_connection',
    detail:
      'Cannot sign in over plain HTTP from another machine: set TLS_CERT and TLS_KEY, or PUBLIC_URL ' +
      'to the address that people use',
  };
}
