import { ApiClient } from '../../contract/index.ts';

/** How long a question that a page asks by itself may take. Milliseconds. */
export const PATIENCE_MS = 5_000;

/** What proves that a page of ours sends a request; null without a session. */
let csrfToken: string | null = null;

/** The API of the server that sent this page, as whoever is signed in. */
export const api = new ApiClient({
  headers: (): Readonly<Record<string, string>> =>
    csrfToken === null ? {} : { 'x-csrf-token': csrfToken },
});

/** Has every further request bear this token. */
export function bear(token: string | null): void {
  csrfToken = token;
}
