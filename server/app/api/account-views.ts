/** How people, sessions, tokens and links look from outside. No secret is in any of them. */
import type {
  InvitationView,
  OpenInvitationView,
  SessionView,
  TokenView,
  UserView,
} from '../../../contract/index.ts';
import type { ApiToken, Invitation, Session, User } from '../../account/index.ts';

/** A user as the API shows one. */
export function userView(user: User): UserView {
  const { id, name, displayName, role, createdAt, disabledAt } = user;
  return {
    ...{ id, name, displayName, role },
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
  };
}

/** A session; `currentHash` is that of the one that asks. */
export function sessionView(session: Session, currentHash: string | undefined): SessionView {
  const { idHash, createdAt, lastSeenAt, expiresAt, remoteAddress, userAgent } = session;
  return {
    id: idHash,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ...{ remoteAddress, userAgent, isCurrent: idHash === currentHash },
  };
}

/** A token, whose secret nobody knows any more. */
export function tokenView(token: ApiToken): TokenView {
  const { id, name, last4, scopes, createdAt, expiresAt, lastUsedAt } = token;
  return {
    ...{ id, name, last4, scopes: [...scopes] },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}

/** A one-time link, for whoever has it. */
export function invitationView(invitation: Invitation): InvitationView {
  const { purpose, role, name, expiresAt } = invitation;
  return { purpose, role, name, expiresAt: expiresAt.toISOString() };
}

/** A one-time link, for who may invite. */
export function openInvitationView(invitation: Invitation): OpenInvitationView {
  const { idHash, createdAt } = invitation;
  return { ...invitationView(invitation), id: idHash, createdAt: createdAt.toISOString() };
}
