/** Who looks at this page, and how the page asks on their behalf. */
import { signal } from '@preact/signals';
import type { MeView, Problem } from '../../contract/index.ts';

/** What became of a request: the answer, or why not, in words for a person. */
export type Answer<T> =
  | { readonly value: T; readonly failed?: undefined }
  | { readonly failed: string; readonly code: Problem['code'] | undefined };

/** Who is signed in; null until it is known. */
export const me = signal<MeView | null>(null);

/** Asks who is signed in, once for each page. */
export async function meet(): Promise<void> {
  const answer = await ask<MeView>('GET', '/api/me');
  if (answer.failed === undefined) me.value = answer.value;
}

/** Asks the API. A writing request bears what proves that a page of ours sends it. */
export async function ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const token = me.value?.csrfToken ?? null;
  try {
    const response = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null || method === 'GET' ? {} : { 'x-csrf-token': token }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 204) return { value: undefined as T };
    const read: unknown = await response.json();
    if (response.ok) return { value: read as T };
    const { errors, detail, code } = read as Partial<Problem>;
    return { failed: wordsOf(errors, detail), code };
  } catch {
    return { failed: 'The server does not answer. Try again.', code: undefined };
  }
}

/** The problem without its "Cannot …:", which a person who has just pressed the button knows. */
function wordsOf(errors: Problem['errors'], detail = 'The server refused'): string {
  const named = errors?.map(({ field, message }) => `${field} ${message}`).join(', ');
  const words = named ?? detail.replace(/^Cannot [^:]*: /, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
