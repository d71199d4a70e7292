/** Which page an address asks for. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'watch'; readonly streamId: string }
  | { readonly page: 'studio'; readonly streamId: string | null }
  | { readonly page: 'setup' | 'sign-in' | 'account' | 'people' | 'docs' | 'errors' }
  | { readonly page: 'nowhere' };

/** Pages whose address says everything. */
const PLAIN: ReadonlyMap<string, Route> = new Map([
  ['', { page: 'home' }],
  ['setup', { page: 'setup' }],
  ['sign-in', { page: 'sign-in' }],
  ['account', { page: 'account' }],
  ['admin/people', { page: 'people' }],
  ['studio', { page: 'studio', streamId: null }],
  ['api/docs', { page: 'docs' }],
  ['docs/errors', { page: 'errors' }],
]);

/** The page for the path of an address, such as `/watch/one`. A trailing slash is forgiven. */
export function routeOf(path: string): Route {
  const steps = path.split('/').filter((step) => step !== '');
  const plain = PLAIN.get(steps.join('/'));
  if (plain !== undefined) return plain;
  const [first, second, ...rest] = steps;
  const named = second === undefined || rest.length > 0 ? null : decoded(second);
  if (named === null) return { page: 'nowhere' };
  if (first === 'watch') return { page: 'watch', streamId: named };
  return first === 'studio' ? { page: 'studio', streamId: named } : { page: 'nowhere' };
}

function decoded(step: string): string | null {
  try {
    return decodeURIComponent(step);
  } catch {
    // A stray percent sign: no stream has such an address.
    return null;
  }
}
