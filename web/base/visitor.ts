/** Who looks at this page, and how the page asks on their behalf. */
import { effect, signal } from '@preact/signals';
import {
  type ApiAnswer,
  ApiError,
  type ApiRouteName,
  type CallArguments,
  type MeView,
  type Problem,
} from '../../contract/index.ts';
import { api, bear } from './api.ts';

/** What became of a request: the answer, or why not, in words for a person. */
export type Answer<T> =
  | { readonly value: T; readonly failed?: undefined }
  | { readonly failed: string; readonly code: Problem['code'] | undefined };

/** Who is signed in; null until it is known. */
export const me = signal<MeView | null>(null);

effect(() => bear(me.value?.csrfToken ?? null));

/** Asks who is signed in, once for each page. */
export async function meet(): Promise<void> {
  const answer = await ask('GET /api/me');
  if (answer.failed === undefined) me.value = answer.value;
}

/** Calls a route of the API for a person, who is told in words what went wrong. */
export async function ask<Name extends ApiRouteName>(
  name: Name,
  ...request: CallArguments<Name>
): Promise<Answer<ApiAnswer<Name>>> {
  try {
    return { value: await api.call(name, ...request) };
  } catch (error) {
    if (error instanceof ApiError) return { failed: wordsOf(error), code: error.problem?.code };
    return { failed: 'The server does not answer. Try again.', code: undefined };
  }
}

/** The problem without its "Cannot …:", which a person who has just pressed the button knows. */
function wordsOf({ problem }: ApiError): string {
  const { errors, detail = 'The server refused' } = problem ?? {};
  const named = errors?.map(({ field, message }) => `${spaced(field)} ${message}`).join(', ');
  const words = named ?? detail.replace(/^Cannot [^:]*: /, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** The name of a field as words: `displayName` is "display name". */
function spaced(field: string): string {
  return field.replace(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}
