/** The cookie that holds a session's secret (RFC 6265bis). */

/** With this prefix a browser takes the cookie from HTTPS alone, for this very host and all of it. */
const SECURE_NAME = '__Host-millrace_session';
/**
 * Without HTTPS a browser refuses the prefix, whose price is the attribute Secure: some even on
 * loopback, where there is no network to listen on. So that a person can try the server on their
 * own machine, there it has a name without.
 */
const PLAIN_NAME = 'millrace_session';
const MAX_AGE_S = 90 * 86_400;
/** A browser sends all its cookies of this host; ours is within this much. */
const MAX_HEADER_LENGTH = 8_192;

/** How a browser may be given a session: `refused` where its secret would be seen on the way. */
export type CookieKind = 'secure' | 'plain' | 'refused';

/** How a request reached us. */
export interface Passage {
  readonly isTls: boolean;
  /** From this machine itself, and by no proxy. */
  readonly isLocal: boolean;
  readonly publicUrl?: string | undefined;
}

/**
 * Which cookie a browser gets. Behind a proxy that speaks HTTPS for us, PUBLIC_URL says so; a
 * header could be anybody's word. An operator who sets it to plain HTTP has decided for it.
 */
export function cookieKindOf({ isTls, isLocal, publicUrl }: Passage): CookieKind {
  if (isTls) return 'secure';
  if (isLocal) return 'plain';
  if (publicUrl === undefined) return 'refused';
  return new URL(publicUrl).protocol === 'https:' ? 'secure' : 'plain';
}

/** The secret in a Cookie header; undefined when there is none, or two that disagree. */
export function readSessionCookie(
  header: string | undefined,
  kind: CookieKind,
): string | undefined {
  if (header === undefined || header.length > MAX_HEADER_LENGTH || kind === 'refused') {
    return undefined;
  }
  const begin = `${sessionCookieName(kind)}=`;
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(begin))
    .map((pair) => pair.slice(begin.length));
  return new Set(found).size === 1 ? found[0] : undefined;
}

/** The Set-Cookie header that hands a session to a browser, or takes it away with an empty secret. */
export function writeSessionCookie(secret: string, kind: 'secure' | 'plain'): string {
  const age = secret === '' ? 0 : MAX_AGE_S;
  const attributes = `Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`;
  return `${sessionCookieName(kind)}=${secret}; ${attributes}${kind === 'secure' ? '; Secure' : ''}`;
}

/** What the cookie is called. */
export function sessionCookieName(kind: 'secure' | 'plain'): string {
  return kind === 'secure' ? SECURE_NAME : PLAIN_NAME;
}
