import type { Configuration } from './config/index.ts';

/** Passwords of fewer characters are hidden within their address only: half of all words hold them. */
const LEAST_PASSWORD_LENGTH = 4;

/** What of the settings must stand in no line that is printed, in each form in which it might. */
export function secretsOf({
  API_TOKEN,
  DATABASE_URL,
}: Pick<Configuration, 'API_TOKEN' | 'DATABASE_URL'>): readonly string[] {
  const secrets = [API_TOKEN, DATABASE_URL].filter((secret) => secret !== undefined);
  if (DATABASE_URL === undefined) return secrets;
  const { password, searchParams } = new URL(DATABASE_URL);
  const plain = [decoded(password), ...searchParams.getAll('password')];
  // Log lines are JSON while they are cleaned.
  const inJson = plain.map((text) => JSON.stringify(text).slice(1, -1));
  const forms = [password, ...plain, ...inJson];
  return [...secrets, ...forms.filter(({ length }) => length >= LEAST_PASSWORD_LENGTH)];
}

/** `text` itself where it is no percent-encoding: what connects to the database may take it so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
