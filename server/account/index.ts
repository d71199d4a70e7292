/** @module People and programs: who they are, and what they may do. */
export { Accounts, type AccountsSettings, type Credentials, type SignedIn } from './accounts.ts';
export type { ApiToken } from './api-tokens.ts';
export type { ChatBar, ChatStanding } from './chat-standing.ts';
export { checkCsrf, csrfTokenOf } from './csrf.ts';
export type { Invitation, MadeInvitation } from './invitations.ts';
export { type LimitRefusal, LoginLimits } from './login-limits.ts';
export { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './passwords.ts';
export {
  ACTIONS,
  type Action,
  type ActionRule,
  mayDo,
  ruleOf,
  type Verdict,
} from './permissions.ts';
export { actorOf, type Principal } from './principal.ts';
export { publicNetwork } from './public-network.ts';
export {
  type CookieKind,
  cookieKindOf,
  readSessionCookie,
  sessionCookieName,
  writeSessionCookie,
} from './session-cookie.ts';
export type { Client, Session } from './sessions.ts';
export { MAX_DISPLAY_NAME_LENGTH, USER_NAME_FORM, type User } from './users.ts';
