/** What a person may be on this server; each may do what the ones behind it may. */
export const ROLES = ['admin', 'broadcaster', 'moderator', 'viewer'] as const;

/** See `ROLES`. */
export type Role = (typeof ROLES)[number];

/**
 * What a token may be limited to: `read` and `write` of a kind of object. `admin` is everything
 * that its owner's role allows.
 */
export const SCOPES = [
  'streams:read',
  'streams:write',
  'keys:write',
  'events:read',
  'webhooks:write',
  'chat:read',
  'chat:write',
  'admin',
] as const;

/** See `SCOPES`. */
export type Scope = (typeof SCOPES)[number];

/** What each scope lets a token do, in words for whoever chooses. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'streams:read': 'List streams and read their details',
  'streams:write': 'Make, change, schedule, start, end and delete streams',
  'keys:write': 'Issue, replace and revoke stream keys',
  'events:read': 'Follow what happens',
  'webhooks:write': 'Set up webhooks, and see and repeat their deliveries',
  'chat:read': 'Export the chat of your streams',
  'chat:write': 'Write in chat, and change its settings',
  admin: 'Everything that your role allows, now and later',
};

/** A person with an account. Times are ISO 8601, UTC, here and below. */
export interface UserView {
  readonly id: string;
  /** What they sign in with; unique without regard to case. */
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly createdAt: string;
  /** Since when they may not sign in; null: they may. */
  readonly disabledAt: string | null;
}

/** A person whose role or access was just changed. */
export interface ChangedUserView extends UserView {
  /** What becomes of the streams of who may not broadcast, in a sentence or two; null: nothing. */
  readonly notice: string | null;
}

/** Who asks, and what a page of ours has to send along. */
export interface MeView {
  /** Null: nobody is signed in. */
  readonly user: UserView | null;
  /** For the header `X-CSRF-Token` of every writing request; null without a session. */
  readonly csrfToken: string | null;
  /** False until the first administrator has followed the link that the server printed. */
  readonly hasAccounts: boolean;
  /** Whether whoever asks may make streams: a broadcaster, an administrator, the operator. */
  readonly mayBroadcast: boolean;
}

/** A place where somebody is signed in. */
export interface SessionView {
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly remoteAddress: string | null;
  readonly userAgent: string | null;
  /** Whether it is the one that asks. */
  readonly isCurrent: boolean;
}

/** A program's way in. Never contains the token itself. */
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly last4: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  /** Null: never. */
  readonly expiresAt: string | null;
  /** To the minute; null: not yet. */
  readonly lastUsedAt: string | null;
}

/** The answer to making a token: the only time it is shown. */
export interface CreatedTokenView extends TokenView {
  readonly token: string;
}

/** What a one-time link is for. */
export type InvitationPurpose = 'first_admin' | 'invitation' | 'password_reset';

/** What whoever has the link may see of it. */
export interface InvitationView {
  readonly purpose: InvitationPurpose;
  /** What the new account may do; null for a new password. */
  readonly role: Role | null;
  /** Whose password; null for a new account. */
  readonly name: string | null;
  readonly expiresAt: string;
}

/** A link that was not used yet, for who may invite. */
export interface OpenInvitationView extends InvitationView {
  readonly id: string;
  readonly createdAt: string;
}

/** The answer to inviting: the only time the address is shown. */
export interface CreatedInvitationView extends OpenInvitationView {
  /** Path on this server, such as `/setup#…`. */
  readonly path: string;
  /** The whole link: by PUBLIC_URL, or else by the address that this request came to. */
  readonly url: string;
  /** Why the link may lead nowhere for whoever gets it, and what mends that; null: it leads here. */
  readonly hint: string | null;
}
