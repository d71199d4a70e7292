import type { Configuration } from './config/index.ts';

/** Passwords of fewer characters are hidden within their address only: half of all words hold them. */
const LEAST_PASSWORD_LENGTH = 4;

/** What of the settings must stand in no line that is printed, in each form in which it might. */
export function secretsOf({
  API_TOKEN,
  DATABASE_URL,
  REDIS_URL,
}: Pick<Configuration, 'API_TOKEN' | 'DATABASE_URL' | 'REDIS_URL'>): readonly string[] {
  const addresses = [DATABASE_URL, REDIS_URL].filter((secret) => secret !== undefined);
  const forms = addresses.flatMap(passwordForms);
  return [
    ...(API_TOKEN === undefined ? [] : [API_TOKEN]),
    ...addresses,
    ...forms.filter(({ length }) => length >= LEAST_PASSWORD_LENGTH),
  ];
}

function passwordForms(address: string): readonly string[] {
  const { password, searchParams } = new URL(address);
  const plain = [decoded(password), ...searchParams.getAll('password')];
  // Log lines are JSON while they are cleaned.
  const inJson = plain.map((text) => JSON.stringify(text).slice(1, -1));
  return [password, ...plain, ...inJson];
}

/** `text` itself where it is no percent-encoding: what connects to the database may take it so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
