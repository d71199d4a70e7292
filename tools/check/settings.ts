/** Settings that a person can find: each environment variable stands where people look for it. */
import { type Finding, lineAt, type SourceFile } from './finding.ts';

/** Where the server's settings are declared. */
const DECLARATION = /^server\/app\/(config\.ts|config\/[\w-]+\.ts)$/;
/** Where each of them must stand. */
const PLACES = ['README.md', 'docs/reference/configuration.md', '.env.example'];
/** A quoted or bare key in capitals; single words count as keys of the table only. */
const SETTING =
  /(?<=^\s*)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)(?=: )|(?<=['"])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=['"])/gm;
/** Set by the surroundings rather than for us. */
const FOREIGN = new Set(['NODE_ENV', 'CI']);

/** Checks that every declared setting is in the README's table and in .env.example, and none more. */
export function checkSettings(files: readonly SourceFile[]): Finding[] {
  const declarations = files.filter(({ path }) => DECLARATION.test(path) && !/\.test\./.test(path));
  if (declarations.length === 0) return [];
  const declared = new Map<string, Finding>();
  for (const { path, text } of declarations) {
    for (const hit of text.matchAll(SETTING)) {
      const name = hit[1] ?? hit[2] ?? '';
      if (FOREIGN.has(name)) continue;
      declared.set(name, { path, line: lineAt(text, hit.index), message: name });
    }
  }
  return [
    ...PLACES.flatMap((place) => listMissing(declared, files, place)),
    ...listUnknown(declared, files),
  ];
}

function listMissing(
  declared: ReadonlyMap<string, Finding>,
  files: readonly SourceFile[],
  place: string,
): Finding[] {
  const text = files.find(({ path }) => path === place)?.text ?? '';
  const missing = [...declared].filter(([name]) => !new RegExp(`\\b${name}\\b`).test(text));
  return missing.map(([name, at]) => ({ ...at, message: `Setting ${name} is not in ${place}` }));
}

function listUnknown(
  declared: ReadonlyMap<string, Finding>,
  files: readonly SourceFile[],
): Finding[] {
  const example = files.find(({ path }) => path === '.env.example');
  if (example === undefined) return [];
  const named = [...example.text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)];
  return named
    .filter((hit) => !declared.has(hit[1] ?? '') && !FOREIGN.has(hit[1] ?? ''))
    .map((hit) => ({
      path: example.path,
      line: lineAt(example.text, hit.index),
      message: `${hit[1]} is not a setting of the server`,
    }));
}
