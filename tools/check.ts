/**
 * @module `npm run check`: types, lint, floors, tidy, links, settings and packages; `npm run check
 * -- floors` runs one of them. Findings are printed as path:line, so that a terminal or editor can open them.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from './check/finding.ts';
import { checkFloors } from './check/floors.ts';
import { checkLinks } from './check/links.ts';
import { checkPackages } from './check/packages.ts';
import { readRepository } from './check/repository.ts';
import { checkSettings } from './check/settings.ts';
import { checkTidy } from './check/tidy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const files = readRepository(ROOT);

/** Each check gives what is wrong as text, or the empty string. */
const CHECKS: Readonly<Record<string, () => Promise<string> | string>> = {
  types: async () => (await Promise.all([tsc('.'), tsc('web')])).filter(Boolean).join('\n'),
  lint: () => tool('biome', ['check', '--error-on-warnings', '--max-diagnostics=50']),
  floors: () => print(checkFloors(files)),
  tidy: () => print(checkTidy(files, { root: ROOT, home: homedir() })),
  links: () => print(checkLinks(files, (path) => existsSync(join(ROOT, path)))),
  settings: () => print(checkSettings(files)),
  packages: () => print(checkPackages(files)),
};

function tsc(project: string): Promise<string> {
  return tool('tsc', ['--project', project, '--pretty', 'false']);
}

/** Runs an installed tool; what it printed counts only when it failed. */
function tool(name: string, args: readonly string[]): Promise<string> {
  const path = join(ROOT, 'node_modules/.bin', name);
  return new Promise((resolve) => {
    execFile(path, args, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve(error === null ? '' : `${stdout}${stderr}`.trim() || error.message);
    });
  });
}

function print(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}:${line}  ${message}`).join('\n');
}

async function runChecks(names: readonly string[]): Promise<boolean> {
  const results = names.map(async (name) => {
    const startedMs = performance.now();
    const found = await CHECKS[name]?.();
    return { name, found, tookMs: performance.now() - startedMs };
  });
  let isClean = true;
  for (const result of results) {
    const { name, found, tookMs } = await result;
    const isRight = found === '';
    isClean &&= isRight;
    console.log(`${isRight ? '✔' : '✖'} ${name} (${(tookMs / 1000).toFixed(1)} s)`);
    if (!isRight) console.log(found ?? `There is no check named ${name}`);
  }
  return isClean;
}

const asked = process.argv.slice(2);
if (!(await runChecks(asked.length > 0 ? asked : Object.keys(CHECKS)))) process.exitCode = 1;
