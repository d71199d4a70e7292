/**
 * Writes what the typed client of the API knows into contract/, from the routes themselves. Run it
 * after changing a route: `node_modules/.bin/node tools/api-client.ts`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeApi } from '../server/app/api/document.ts';
import { everyRoute } from '../server/app/api/every-route.test-support.ts';
import { apiTypes } from './api-client/api-types.ts';

const ROOT = join(import.meta.dirname, '..');

/** The files to be, by their paths, in the form that the checks want. */
export function madeFiles(): Readonly<Record<string, string>> {
  // The version is no part of any type.
  const made = apiTypes(describeApi(everyRoute(), '0.0.0'));
  const formatted = Object.entries(made).map(([path, text]) => [path, format(path, text)]);
  return Object.fromEntries(formatted);
}

function format(path: string, input: string): string {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const args = ['format', `--stdin-file-path=${path}`];
  return execFileSync(biome, args, { cwd: ROOT, input, encoding: 'utf8' });
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(madeFiles())) writeFileSync(join(ROOT, path), text);
}
