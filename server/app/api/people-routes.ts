/** People and the one-time links that bring them: for administrators, and for who follows a link. */
import { z } from 'zod';
import type { Refusal } from '../../../contract/index.ts';
import { type MadeInvitation, ruleOf, type User } from '../../account/index.ts';
import type { Channels } from '../../channel/index.ts';
import {
  acceptanceSchema,
  changedUserSchema,
  createdInvitationSchema,
  invitationSchema,
  inviteSchema,
  linkSecretSchema,
  meSchema,
  openInvitationSchema,
  userChangesSchema,
  userSchema,
} from './account-schemas.ts';
import { invitationView, openInvitationView, userView } from './account-views.ts';
import { clientOf, type PublicLink } from './caller.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import { type AccountRouteSettings, withSession } from './session-routes.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const USER_ID = /^usr_[a-z2-7]{24}$/;
const INVITATION_ID = /^[0-9a-f]{64}$/;

/** What the routes about people other than oneself need. */
export interface PeopleRouteSettings extends AccountRouteSettings {
  readonly channels: Pick<Channels, 'countOf'>;
}

/** The routes `/api/users` and `/api/invitations`. */
export function peopleRoutes(settings: PeopleRouteSettings): readonly ApiRoute[] {
  return [...userRoutes(settings), ...inviteRoutes(settings), ...linkRoutes(settings)];
}

function userRoutes(settings: PeopleRouteSettings): readonly ApiRoute[] {
  return [userListRoute(settings), userChangeRoute(settings)];
}

function userListRoute({ accounts }: PeopleRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/users', operationId: 'listUsers', tag: 'accounts' },
    summary: 'People with an account, oldest first',
    access: { action: 'user.read' },
    verb: 'list users',
    query: z.object({
      cursor: z.string().max(100).optional().describe('`next_cursor` of the page before'),
      limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
    }),
    answers: {
      200: z.object({ data: z.array(userSchema), next_cursor: z.string().nullable() }),
    },
    answer: async ({ query: { cursor, limit } }) => {
      const after = cursor === undefined ? undefined : idOfCursor(cursor);
      if (after === null) return badCursor();
      const found = await accounts.users.list({ after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      const next_cursor = last === undefined ? null : cursorOf(last.id);
      return { status: 200, body: { data: page.map(userView), next_cursor } };
    },
  });
}

function userChangeRoute({ accounts, channels }: PeopleRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'PATCH', path: '/api/users/:id', operationId: 'updateUser', tag: 'accounts' },
    summary: 'Change what somebody may do',
    description:
      'Effective at once. Who is disabled loses all sessions and tokens. Streams of who may not broadcast any more stay, but nobody is let in to publish to them.',
    access: { action: 'user.write' },
    verb: 'change user',
    params: byId,
    body: userChangesSchema,
    answers: { 200: changedUserSchema },
    problems: ['user_not_found', 'last_admin'],
    answer: async ({ params, body, actor }) => {
      const id = USER_ID.test(params.id) ? params.id : '';
      const changes = { role: body.role, isDisabled: body.disabled };
      const streams = await channels.countOf(id);
      const changed = await accounts.users.change(id, changes, actor);
      if ('refused' in changed) return changed;
      return { status: 200, body: { ...userView(changed), notice: noticeOf(changed, streams) } };
    },
  });
}

/** What becomes of the streams of somebody who may not broadcast, for who made it so. */
function noticeOf({ name, role, disabledAt }: User, streams: number): string | null {
  const { any, own } = ruleOf('stream.create');
  const mayBroadcast = disabledAt === null && (any.includes(role) || own.includes(role));
  if (mayBroadcast || streams === 0) return null;
  const owned = streams === 1 ? 'the stream' : `the ${streams} streams`;
  const remedy = disabledAt === null ? `Make ${name} a broadcaster` : `Enable ${name}`;
  return (
    `Nobody can publish to ${owned} of ${name} now, and who is on air there is cut off within ` +
    `seconds. ${remedy} again to undo that, or delete what is not needed`
  );
}

function inviteRoutes({ accounts, callers }: AccountRouteSettings): readonly ApiRoute[] {
  const list = defineRoute({
    ...{ method: 'GET', path: '/api/invitations', operationId: 'listInvitations', tag: 'accounts' },
    summary: 'One-time links that were not used yet',
    access: { action: 'user.read' },
    verb: 'list invitations',
    answers: { 200: z.object({ data: z.array(openInvitationSchema) }) },
    answer: async () => {
      const open = await accounts.invitations.list();
      return { status: 200, body: { data: open.map(openInvitationView) } };
    },
  });
  const invite = defineRoute({
    ...{ method: 'POST', path: '/api/invitations', operationId: 'invite', tag: 'accounts' },
    summary: 'Invite somebody',
    description: 'The link is shown in this answer only, and works once within 7 days.',
    access: { action: 'user.write' },
    verb: 'invite',
    body: inviteSchema,
    answers: { 201: createdInvitationSchema },
    problems: ['too_many_invitations'],
    answer: async ({ body, actor, request }) =>
      created(await accounts.invitations.invite(body.role, actor), (path) =>
        callers.linkTo(request, path),
      ),
  });
  const reset = defineRoute({
    ...{ method: 'POST', path: '/api/users/:id/password-link', tag: 'accounts' },
    operationId: 'createPasswordLink',
    summary: 'Make a link with which somebody sets a new password',
    description: 'The link is shown in this answer only, and works once within 24 hours.',
    access: { action: 'user.write' },
    verb: 'make password link',
    params: byId,
    answers: { 201: createdInvitationSchema },
    problems: ['user_not_found', 'too_many_invitations'],
    answer: async ({ params, actor, request }) => {
      const id = USER_ID.test(params.id) ? params.id : '';
      const made = await accounts.invitations.resetPassword(id, actor);
      return created(made, (path) => callers.linkTo(request, path));
    },
  });
  return [list, invite, reset];
}

function linkRoutes({ accounts, callers }: AccountRouteSettings): readonly ApiRoute[] {
  // A secret in a path would stand in the log of every proxy on the way: it comes in the body.
  const path = '/api/invitations';
  const look = defineRoute({
    ...{ method: 'POST', path: `${path}/look`, operationId: 'lookAtInvitation', tag: 'accounts' },
    summary: 'What a one-time link is for',
    description: 'Changes nothing.',
    access: 'everybody',
    verb: 'show invitation',
    body: linkSecretSchema,
    answers: { 200: invitationSchema },
    problems: ['invitation_not_found', 'csrf_rejected'],
    answer: async ({ body, request }) => {
      const rejected = callers.checkCsrf(request, undefined);
      if (rejected !== undefined) return rejected;
      const found = await accounts.invitations.look(body.secret);
      return 'refused' in found ? found : { status: 200, body: invitationView(found) };
    },
  });
  const accept = defineRoute({
    ...{ method: 'POST', path: `${path}/accept`, operationId: 'acceptInvitation' },
    tag: 'accounts',
    summary: 'Use a one-time link: make the account, or set the password',
    description: 'Signs its owner in with a cookie. The first administrator comes this way too.',
    access: 'everybody',
    verb: 'use invitation',
    body: acceptanceSchema,
    answers: { 200: meSchema },
    problems: [
      'invitation_not_found',
      'name_taken',
      'csrf_rejected',
      'insecure_connection',
      'sign_in_unavailable',
    ],
    answer: async ({ body, request, reply }) =>
      withSession({ callers, request, reply }, async () => {
        const found = await accounts.invitations.look(body.secret);
        if ('refused' in found) return found;
        if (body.name === undefined && found.userId === null) return nameless();
        const name = body.name ?? '';
        const acceptance = { name, displayName: body.displayName ?? name, password: body.password };
        return accounts.accept(body.secret, acceptance, clientOf(request));
      }),
  });
  const withdraw = defineRoute({
    ...{ method: 'DELETE', path: `${path}/:id`, operationId: 'withdrawInvitation' },
    tag: 'accounts',
    summary: 'Withdraw a one-time link',
    access: { action: 'user.write' },
    verb: 'withdraw invitation',
    params: byId,
    answers: { 204: null },
    problems: ['invitation_not_found'],
    answer: async ({ params, actor }) => {
      const id = INVITATION_ID.test(params.id) ? params.id : '';
      return (await accounts.invitations.withdraw(id, actor)) ?? { status: 204, body: null };
    },
  });
  return [look, accept, withdraw];
}

function created(made: MadeInvitation | Refusal, linkTo: (path: string) => PublicLink) {
  if ('refused' in made) return made;
  const path = `/setup#${made.secret}`;
  const body = { ...openInvitationView(made.invitation), path, ...linkTo(path) };
  return { status: 201 as const, body };
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** Null for what is no cursor of ours. */
function idOfCursor(cursor: string): string | null {
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  return USER_ID.test(id) ? id : null;
}

function badCursor(): Refusal {
  const errors = [{ field: 'cursor', message: 'must be the next_cursor of another page' }];
  return { refused: 'invalid_request', detail: 'Cannot list users: cursor is unknown', errors };
}

function nameless(): Refusal {
  const errors = [{ field: 'name', message: 'is missing' }];
  return { refused: 'invalid_request', detail: 'Cannot use invitation: name is missing', errors };
}
