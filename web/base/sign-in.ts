/** The way to the page where one signs in, and back to where one was. */

/** Where signing in leads when nobody says otherwise. */
const DEFAULT_PATH = '/account';
/** Longest path that is carried along. Characters. */
const MAX_PATH_LENGTH = 500;
/** Pages that are not come back to: the sign-in page itself, and links that work once. */
const NOT_BACK = /^\/(?:sign-in|setup)(?:\/|$)/;

/** The address of the sign-in page that leads back to `path`, such as `/watch/one`, afterwards. */
export function signInAddress(path: string): string {
  if (NOT_BACK.test(path) || path.length > MAX_PATH_LENGTH) return '/sign-in';
  return `/sign-in?then=${encodeURIComponent(path)}`;
}

/**
 * Where to go after signing in, of the sign-in page's own query. Another site's address is none:
 * whoever made such a link could lead somebody who just typed a password to a page that asks again.
 */
export function pathAfterSignIn(search: string, origin: string): string {
  const then = new URLSearchParams(search).get('then') ?? '';
  if (!then.startsWith('/') || then.length > MAX_PATH_LENGTH || !URL.canParse(then, origin)) {
    return DEFAULT_PATH;
  }
  const address = new URL(then, origin);
  if (address.origin !== origin || NOT_BACK.test(address.pathname)) return DEFAULT_PATH;
  return `${address.pathname}${address.search}`;
}
