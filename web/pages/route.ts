/** Which page an address asks for. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'watch'; readonly streamId: string }
  | { readonly page: 'nowhere' };

/** The page for the path of an address, such as `/watch/one`. A trailing slash is forgiven. */
export function routeOf(path: string): Route {
  const [first, second, ...rest] = path.split('/').filter((step) => step !== '');
  if (first === undefined) return { page: 'home' };
  if (first !== 'watch' || second === undefined || rest.length > 0) return { page: 'nowhere' };
  const streamId = decoded(second);
  return streamId === null ? { page: 'nowhere' } : { page: 'watch', streamId };
}

function decoded(step: string): string | null {
  try {
    return decodeURIComponent(step);
  } catch {
    // A stray percent sign: no stream has such an address.
    return null;
  }
}
