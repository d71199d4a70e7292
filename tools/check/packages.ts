/** Dependencies that are used, and a page about them that is true. */
import type { Finding, SourceFile } from './finding.ts';
import { listImports } from './scanner.ts';

/** The page that names every package with its version. */
const PAGE = 'docs/reference/dependencies.md';
/** Used by their command, or by the compiler, rather than by an import. */
const TOOLS = new Set([
  'node',
  'typescript',
  '@types/node',
  '@types/pg',
  '@types/ws',
  '@biomejs/biome',
  'vite',
]);

/** Checks that each package of package.json is imported or a tool, exact, and listed on the page. */
export function checkPackages(files: readonly SourceFile[]): Finding[] {
  const manifest = files.find(({ path }) => path === 'package.json');
  if (manifest === undefined) return [];
  const page = files.find(({ path }) => path === PAGE)?.text ?? '';
  const listed = new Map([...page.matchAll(/^\| ([@\w./-]+) \| (\d[\w.-]*) \|/gm)].map(toEntry));
  const used = listUsed(files);
  const packages = readPackages(manifest.text);
  const unknown = [...listed.keys()].filter((name) => !packages.has(name));
  return [
    ...[...packages].flatMap(([name, version]) => judge(name, version, { listed, used })),
    ...unknown.map((name) => finding(PAGE, `${name} is listed but not in package.json`)),
  ];
}

interface Known {
  readonly listed: ReadonlyMap<string, string>;
  readonly used: ReadonlySet<string>;
}

function judge(name: string, version: string, { listed, used }: Known): Finding[] {
  const findings: Finding[] = [];
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    findings.push(finding('package.json', `${name} has the range ${version}: name one version`));
  }
  if (!used.has(name) && !TOOLS.has(name)) {
    findings.push(finding('package.json', `${name} is installed, but nothing imports it`));
  }
  if (listed.get(name) !== version) {
    findings.push(finding(PAGE, `${name} ${version} is not listed with this version`));
  }
  return findings;
}

function listUsed(files: readonly SourceFile[]): Set<string> {
  const sources = files.filter(({ path }) => /\.(tsx?|mjs)$/.test(path));
  const specifiers = sources.flatMap(({ text }) => listImports(text).map((each) => each.specifier));
  return new Set(
    specifiers.map((specifier) => {
      const [scope = '', name = ''] = specifier.split('/');
      return scope.startsWith('@') ? `${scope}/${name}` : scope;
    }),
  );
}

function readPackages(text: string): Map<string, string> {
  const manifest: unknown = JSON.parse(text);
  const packages = new Map<string, string>();
  for (const kind of ['dependencies', 'devDependencies']) {
    const group: unknown = Object(manifest)[kind];
    for (const [name, version] of Object.entries(Object(group)))
      packages.set(name, String(version));
  }
  return packages;
}

function toEntry(hit: RegExpExecArray): [string, string] {
  return [hit[1] ?? '', hit[2] ?? ''];
}

function finding(path: string, message: string): Finding {
  return { path, line: 1, message };
}
