/** What the routes about people take and give. */
import { z } from 'zod';
import {
  type ChangedUserView,
  type CreatedInvitationView,
  type CreatedTokenView,
  type InvitationView,
  type MeView,
  type OpenInvitationView,
  ROLES,
  SCOPES,
  type SessionView,
  type TokenView,
  type UserView,
} from '../../../contract/index.ts';
import {
  MAX_DISPLAY_NAME_LENGTH,
  MAX_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
  USER_NAME_FORM,
} from '../../account/index.ts';
import { body, line, moment, named, timeSchema } from './schema.ts';

const MAX_TOKEN_NAME_LENGTH = 60;
/** What is only compared with a password or a name that was accepted before. */
const MAX_TYPED_LENGTH = 1_000;

const role = z.enum(ROLES);

/** See `UserView`. */
export const userSchema = named(
  'User',
  z.object({
    id: z.string(),
    name: z.string(),
    displayName: z.string(),
    role,
    createdAt: timeSchema,
    disabledAt: timeSchema.nullable(),
  }),
) satisfies z.ZodType<UserView>;

/** See `ChangedUserView`. */
export const changedUserSchema = named(
  'ChangedUser',
  userSchema.extend({
    notice: z
      .string()
      .nullable()
      .describe('What becomes of the streams of who may not broadcast; null: nothing.'),
  }),
) satisfies z.ZodType<ChangedUserView>;

/** See `MeView`. */
export const meSchema = named(
  'Me',
  z.object({
    user: userSchema.nullable(),
    csrfToken: z.string().nullable(),
    hasAccounts: z.boolean(),
    mayBroadcast: z.boolean(),
  }),
) satisfies z.ZodType<MeView>;

/** See `SessionView`. */
export const sessionSchema = named(
  'Session',
  z.object({
    id: z.string(),
    createdAt: timeSchema,
    lastSeenAt: timeSchema,
    expiresAt: timeSchema,
    remoteAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    isCurrent: z.boolean(),
  }),
) satisfies z.ZodType<SessionView>;

/** See `TokenView`. */
export const tokenSchema = named(
  'Token',
  z.object({
    id: z.string(),
    name: z.string(),
    last4: z.string(),
    scopes: z.array(z.enum(SCOPES)).readonly(),
    createdAt: timeSchema,
    expiresAt: timeSchema.nullable(),
    lastUsedAt: timeSchema.nullable(),
  }),
) satisfies z.ZodType<TokenView>;

/** See `CreatedTokenView`. */
export const createdTokenSchema = named(
  'CreatedToken',
  tokenSchema.extend({
    token: z.string(),
  }),
) satisfies z.ZodType<CreatedTokenView>;

/** See `InvitationView`. */
export const invitationSchema = named(
  'Invitation',
  z.object({
    purpose: z.enum(['first_admin', 'invitation', 'password_reset']),
    role: role.nullable(),
    name: z.string().nullable(),
    expiresAt: timeSchema,
  }),
) satisfies z.ZodType<InvitationView>;

/** See `OpenInvitationView`. */
export const openInvitationSchema = named(
  'OpenInvitation',
  invitationSchema.extend({
    id: z.string(),
    createdAt: timeSchema,
  }),
) satisfies z.ZodType<OpenInvitationView>;

/** See `CreatedInvitationView`. */
export const createdInvitationSchema = named(
  'CreatedInvitation',
  openInvitationSchema.extend({
    path: z.string(),
    url: z.string().describe('By `PUBLIC_URL`, else by the address that this request came to.'),
    hint: z
      .string()
      .nullable()
      .describe('Why the link may not work elsewhere, and what mends that; null: it does.'),
  }),
) satisfies z.ZodType<CreatedInvitationView>;

/** A password that somebody chooses. */
const newPassword = z.string().min(MIN_PASSWORD_LENGTH).max(MAX_PASSWORD_LENGTH);
/** A password or name that somebody remembers. */
const typed = z.string().max(MAX_TYPED_LENGTH);

/** Body of signing in. */
export const signInSchema = body({ name: typed, password: typed });

const linkSecret = typed.meta({ description: 'What stands behind the `#` of the link.' });

/** Body of asking what a one-time link is for. */
export const linkSecretSchema = body({ secret: linkSecret });

/** Body of following a one-time link. What the account may do is not the follower's to say. */
export const acceptanceSchema = body({
  secret: linkSecret,
  name: z
    .string()
    .regex(USER_NAME_FORM, {
      error: 'must have 2 to 32 letters, digits, dots, hyphens or underscores',
    })
    .optional()
    .describe('For a new account: what to sign in with'),
  displayName: line(MAX_DISPLAY_NAME_LENGTH)
    .optional()
    .describe('For a new account: what others see; else the name'),
  password: newPassword,
});

/** Body of changing one's own password. */
export const passwordChangeSchema = body({ currentPassword: typed, newPassword });

/** Body of making a token. */
export const tokenDraftSchema = body({
  name: line(MAX_TOKEN_NAME_LENGTH),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresAt: moment().nullable().default(null),
});

/** Body of inviting. */
export const inviteSchema = body({ role });

/** Body of changing somebody. */
export const userChangesSchema = body({
  role: role.optional(),
  disabled: z.boolean().optional(),
});
