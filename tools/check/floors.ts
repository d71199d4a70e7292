/**
 * The rule that keeps the house standing: a file imports its own folder or a lower floor, folders
 * on one floor are strangers to each other, and a folder is entered by its `index.ts` alone. Types
 * count, because a type that travels up drags its meaning along.
 */
import { posix } from 'node:path';
import { type Finding, lineAt, type SourceFile } from './finding.ts';
import { type Import, listImports, scan } from './scanner.ts';

/** Where a file lives: everything in one folder may see each other. */
interface Home {
  readonly tree: 'contract' | 'server' | 'web' | 'outside';
  readonly floor: number;
  readonly folder: string;
}

interface FloorRule {
  readonly floor: number;
  /** The next path segment is a folder of its own, as in `format/flv`. */
  readonly isDivided?: boolean;
  /** No input or output, waiting, clock or randomness: these come in as arguments. */
  readonly isPure?: boolean;
}

/** The floors of `server/`, lowest first. */
const SERVER: Readonly<Record<string, FloorRule>> = {
  base: { floor: 0, isPure: true },
  media: { floor: 1, isPure: true },
  format: { floor: 2, isDivided: true, isPure: true },
  wire: { floor: 2, isDivided: true, isPure: true },
  store: { floor: 2, isDivided: true },
  live: { floor: 3 },
  account: { floor: 3 },
  channel: { floor: 3 },
  pipeline: { floor: 4, isDivided: true },
  community: { floor: 4, isDivided: true },
  notice: { floor: 4, isDivided: true },
  app: { floor: 5 },
};

/** The floors of `web/`; what lies in the folder itself starts the page. */
const WEB: Readonly<Record<string, FloorRule>> = {
  base: { floor: 0 },
  player: { floor: 1 },
  chat: { floor: 2 },
  studio: { floor: 3 },
  pages: { floor: 4 },
};

/** What a pure file must not touch. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\s*\./g, 'reads a clock'],
  [/\bMath\.random\b|\bcrypto\s*\.|\brandomBytes\b|\brandomUUID\b/g, 'draws random numbers'],
  [/\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b/g, 'sets a timer'],
  [/\bawait\b|\basync\b/g, 'waits'],
  [/\bconsole\s*\.|\bprocess\s*\./g, 'speaks to the process'],
];

/** The one place where the machine's clocks enter; everyone else is handed a `Clock`. */
const CLOCK_DOOR = 'server/base/clock.ts';

const TEST_FILE = /\.(test|test-support)\.tsx?$/;
const TEST_SUPPORT = /\.test-support\.tsx?$/;
/** Only code has a floor: a style sheet, a picture or package.json may be read from anywhere. */
const CODE = /\.(tsx?|mjs|js)$/;
const BUILD_FILE = /(^|\/)vite\.config\.ts$/;

/** Checks every file of `contract/`, `server/` and `web/`; others may import what they like. */
export function checkFloors(files: readonly SourceFile[]): Finding[] {
  const sources = files.filter(({ path }) => /\.tsx?$/.test(path) && !BUILD_FILE.test(path));
  return sources.flatMap((file) => checkFile(file));
}

function checkFile(file: SourceFile): Finding[] {
  const home = homeOf(file.path);
  if (home === undefined) {
    return [
      { path: file.path, line: 1, message: 'This folder has no floor in tools/check/floors.ts' },
    ];
  }
  if (home.tree === 'outside') return [];
  const findings: Finding[] = [];
  for (const reached of listImports(file.text)) {
    const message = judge(file.path, home, reached);
    if (message !== undefined) {
      findings.push({ path: file.path, line: lineAt(file.text, reached.offset), message });
    }
  }
  return [...findings, ...checkPurity(file, home)];
}

/** The reason why an import is not allowed, or undefined. */
function judge(path: string, home: Home, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return judgePackage(path, home, specifier);
  const target = posix.join(posix.dirname(path), specifier);
  if (!CODE.test(target)) return undefined;
  const there = homeOf(target);
  if (there === undefined || there.tree === 'outside') {
    return `Cannot import ${target}: it lies outside the three trees`;
  }
  if (TEST_SUPPORT.test(target) && !TEST_FILE.test(path)) {
    return `Cannot import ${target}: only tests may use test support`;
  }
  if (there.folder === home.folder) return undefined;
  return judgeFolders(home, there, target) ?? judgeDoor(path, there, target);
}

function judgeFolders(home: Home, there: Home, target: string): string | undefined {
  if (there.tree !== 'contract' && there.tree !== home.tree) {
    return `Cannot import ${target}: ${home.tree}/ and ${there.tree}/ share contract/ alone`;
  }
  if (there.floor > home.floor) {
    return `Cannot import ${target}: floor ${there.floor} lies above floor ${home.floor}`;
  }
  if (there.floor === home.floor) {
    return `Cannot import ${target}: folders on floor ${home.floor} are strangers to each other`;
  }
  return undefined;
}

function judgeDoor(path: string, there: Home, target: string): string | undefined {
  const isDoor = target === `${there.folder}/index.ts`;
  const isSharedTest = TEST_SUPPORT.test(target) && TEST_FILE.test(path);
  if (isDoor || isSharedTest) return undefined;
  return `Cannot import ${target}: a folder is entered by ${there.folder}/index.ts alone`;
}

function judgePackage(path: string, home: Home, specifier: string): string | undefined {
  if (TEST_FILE.test(path)) return undefined;
  if (home.tree === 'contract') return `Cannot import ${specifier}: contract/ imports nothing`;
  if (specifier.startsWith('node:') && home.tree === 'web') {
    return `Cannot import ${specifier}: web/ runs in a browser`;
  }
  if (isPure(path)) return `Cannot import ${specifier}: ${home.folder} is pure`;
  return undefined;
}

function checkPurity(file: SourceFile, home: Home): Finding[] {
  if (!isPure(file.path) || TEST_FILE.test(file.path) || file.path === CLOCK_DOOR) return [];
  const { bare } = scan(file.text);
  return IMPURE.flatMap(([pattern, what]) =>
    [...bare.matchAll(pattern)].map((hit) => ({
      path: file.path,
      line: lineAt(file.text, hit.index),
      message: `"${hit[0]}" ${what}, but ${home.folder} is pure: let it come in as an argument`,
    })),
  );
}

function isPure(path: string): boolean {
  const [tree, name] = path.split('/');
  return tree === 'server' && SERVER[name ?? '']?.isPure === true;
}

/** Where a path lives; undefined when its folder has no floor. */
function homeOf(path: string): Home | undefined {
  const [tree = '', name = '', part = '', ...rest] = path.split('/');
  if (tree === 'contract') return { tree, floor: -1, folder: 'contract' };
  if (tree !== 'server' && tree !== 'web') return { tree: 'outside', floor: 0, folder: tree };
  const isAtTop = part === '';
  if (tree === 'web' && isAtTop) return { tree, floor: 9, folder: 'web' };
  const rule = (tree === 'web' ? WEB : SERVER)[name];
  if (rule === undefined) return undefined;
  const isPart = rule.isDivided === true && rest.length > 0;
  const folder = isPart ? `${tree}/${name}/${part}` : `${tree}/${name}`;
  return { tree, floor: rule.floor, folder };
}
