/** What a reader would stumble over: long files, undocumented exports, empty names, leftovers. */

import { posix } from 'node:path';
import { type Finding, lineAt, type SourceFile } from './finding.ts';
import { listImports, scan } from './scanner.ts';

/** Where this clone lies; paths of this machine must not get into the repository. */
export interface Machine {
  /** Absolute path of the clone. */
  readonly root: string;
  /** The developer's home. */
  readonly home: string;
}

const LINES_MAX = 400;
/** How a file begins that a tool writes: nobody reads it from end to end. */
const MADE = '/** Made by tools/';
/** Names that say nothing about what is inside. */
const EMPTY_NAMES = /^(utils?|helpers?|misc|common|managers?)$/;
/** Written in two halves, so that this file does not find itself. */
const LEFTOVER = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`,
  'g',
);
const HOME_FOLDER = /(?<![\w.])(\/home\/[a-z][\w-]*\/|\/Users\/[A-Za-z][\w-]*\/|[A-Z]:\\Users\\)/g;
/** Folders of every machine; a clone straight below one of them gives no path worth looking for. */
const PUBLIC_FOLDERS = new Set([
  '/',
  '/tmp',
  '/home',
  '/usr',
  '/usr/src',
  '/opt',
  '/var',
  '/srv',
  '/root',
  '/mnt',
  '/app',
  '/src',
  '/builds',
]);
const CODE = /\.(tsx?|mjs)$/;
const TEST_FILE = /\.test\.tsx?$/;
const EXPORT =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) (\w+)/gm;
/** Files that something other than an import starts. */
const ENTRY =
  /(^|\/)(index\.ts|main\.tsx?|vite\.config\.ts)$|\.(test|test-support)\.tsx?$|^(tools|bench|test|deploy)\//;

/** Checks every text file of the repository. */
export function checkTidy(files: readonly SourceFile[], machine: Machine): Finding[] {
  const findings = files.flatMap((file) => [
    ...checkName(file),
    ...checkLeftovers(file),
    ...checkPaths(file, machine),
    ...(CODE.test(file.path) ? checkCode(file) : []),
  ]);
  return [...findings, ...checkDeadFiles(files)];
}

function checkName({ path }: SourceFile): Finding[] {
  const findings: Finding[] = [];
  for (const segment of path.split('/')) {
    const words = segment.replace(/^\.+/, '').split('.')[0]?.split('-') ?? [];
    const empty = words.find((word) => EMPTY_NAMES.test(word.toLowerCase()));
    if (empty !== undefined) {
      findings.push({
        path,
        line: 1,
        message: `"${empty}" in a name says nothing: name what it does`,
      });
    }
  }
  if (CODE.test(path) && !/^[a-z0-9.-]+$/.test(posix.basename(path))) {
    findings.push({ path, line: 1, message: 'File names are in kebab-case' });
  }
  return findings;
}

function checkLeftovers(file: SourceFile): Finding[] {
  return findAll(
    file,
    file.text,
    LEFTOVER,
    (hit) => `"${hit}" is left over: do it, or file an issue`,
  );
}

/** Paths of the developer's own machine, and paths that climb out of the repository. */
function checkPaths(file: SourceFile, { root, home }: Machine): Finding[] {
  const own = [root, posix.dirname(root), home].filter((path) => !PUBLIC_FOLDERS.has(path));
  const findings = own.flatMap((path) => {
    const pattern = new RegExp(`(?<![\\w./-])${RegExp.escape(path)}(?![\\w-])`, 'g');
    return findAll(file, file.text, pattern, (hit) => `"${hit}" is a path of this machine`);
  });
  const homes = findAll(
    file,
    file.text,
    HOME_FOLDER,
    (hit) => `"${hit}" is somebody's home folder`,
  );
  return [...findings, ...homes, ...checkClimbing(file)];
}

function checkClimbing(file: SourceFile): Finding[] {
  const isCommand = /(\.(md|sh|ya?ml)|Dockerfile|\.ci\/run)$/.test(file.path);
  const depth = isCommand ? 0 : file.path.split('/').length - 1;
  const findings: Finding[] = [];
  for (const hit of file.text.matchAll(/(?<![\w./])((?:\.\.\/)+)[\w@-]/g)) {
    const ups = (hit[1] ?? '').length / 3;
    const isLink = file.path.endsWith('.md') && file.text[hit.index - 1] === '(';
    if (ups <= (isLink ? file.path.split('/').length - 1 : depth)) continue;
    const message = `"${hit[0]}…" climbs out of the repository, which must stand alone`;
    findings.push({ path: file.path, line: lineAt(file.text, hit.index), message });
  }
  return findings;
}

function checkCode(file: SourceFile): Finding[] {
  const lines = file.text.split('\n').length - 1;
  const findings: Finding[] = [];
  if (lines > LINES_MAX && !file.text.startsWith(MADE)) {
    const message = `${lines} lines are more than ${LINES_MAX}: find the second thing in it`;
    findings.push({ path: file.path, line: LINES_MAX + 1, message });
  }
  if (posix.basename(file.path) === 'index.ts' && !/^\/\*\*\s+(\* )?@module /.test(file.text)) {
    const message = 'A door opens with one sentence: /** @module … */';
    findings.push({ path: file.path, line: 1, message });
  }
  if (TEST_FILE.test(file.path)) return [...findings, ...checkTest(file)];
  return [...findings, ...checkTypes(file), ...checkDocs(file)];
}

function checkTest(file: SourceFile): Finding[] {
  const { bare } = scan(file.text);
  const pattern = /\.(?:only|skip|todo)\(|\b(?:only|skip|todo): *true\b/g;
  return findAll(
    file,
    bare,
    pattern,
    (hit) => `"${hit}" leaves tests out; needs() says why it does`,
  );
}

function checkTypes(file: SourceFile): Finding[] {
  const { bare } = scan(file.text);
  const suppressed = findAll(file, file.text, /@ts-(?:ignore|expect-error|nocheck)/g, giveUp);
  return [...suppressed, ...findAll(file, bare, /\bas unknown as\b/g, giveUp)];
}

function giveUp(hit: string): string {
  return `"${hit}" gives up on types: narrow the value, or describe it`;
}

/** Every export has a doc comment; further signatures of an overloaded function share the first. */
function checkDocs(file: SourceFile): Finding[] {
  const { code } = scan(file.text);
  const findings: Finding[] = [];
  let previous = '';
  for (const hit of code.matchAll(EXPORT)) {
    const name = hit[1] ?? '';
    const isDocumented = /\*\/\s*$/.test(file.text.slice(0, hit.index));
    if (!isDocumented && name !== previous) {
      const message = `"${name}" is exported without a doc comment`;
      findings.push({ path: file.path, line: lineAt(file.text, hit.index), message });
    }
    previous = name;
  }
  return findings;
}

/** Modules of the product that nothing imports. */
function checkDeadFiles(files: readonly SourceFile[]): Finding[] {
  const modules = files.filter(({ path }) => /\.tsx?$/.test(path));
  const reached = new Set<string>();
  for (const { path, text } of modules.filter((module) => !TEST_FILE.test(module.path))) {
    for (const { specifier } of listImports(text)) {
      reached.add(posix.join(posix.dirname(path), specifier));
    }
  }
  return modules
    .filter(({ path }) => !ENTRY.test(path) && !reached.has(path))
    .map(({ path }) => ({ path, line: 1, message: 'Nothing but tests imports this file' }));
}

function findAll(
  file: SourceFile,
  text: string,
  pattern: RegExp,
  message: (hit: string) => string,
): Finding[] {
  return [...text.matchAll(pattern)].map((hit) => ({
    path: file.path,
    line: lineAt(text, hit.index),
    message: message(hit[0]),
  }));
}
