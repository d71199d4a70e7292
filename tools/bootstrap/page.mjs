import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './command.mjs';
import { SetupError, timed } from './report.mjs';

/** What the built page depends on, relative to the root. */
const SOURCES = ['web', 'contract', 'package-lock.json'];

/**
 * Builds the web page into web/dist, unless it was built from the same sources before.
 * @param {string} root
 */
export async function buildPage(root) {
  if (!existsSync(join(root, 'web/index.html'))) {
    throw new SetupError('Cannot build the web page: web/index.html is missing.');
  }
  const stamp = join(root, 'node_modules/.cache/millrace/page.sha256');
  const hash = hashSources(root);
  const isBuilt = existsSync(join(root, 'web/dist/index.html'));
  if (isBuilt && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  await timed('Building the web page', () => build(root));
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

/**
 * One hash over the names and contents of all sources of the page, tests left out.
 * @param {string} root
 */
export function hashSources(root) {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((source) => listFiles(root, source))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {string[]} files under a path in a fixed order, relative to the root
 */
function listFiles(root, path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  const entries = readdirSync(full, { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'dist' || entry.name === 'node_modules') return [];
      if (entry.isDirectory()) return listFiles(root, `${path}/${entry.name}`);
      return entry.name.includes('.test.') ? [] : [`${path}/${entry.name}`];
    });
}

/** @param {string} root */
async function build(root) {
  const node = join(root, 'node_modules/.bin/node');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { code, output } = await run(node, [vite, 'build', 'web', '--logLevel', 'warn'], {
    cwd: root,
  });
  if (code !== 0) throw new SetupError(`Cannot build the web page:\n${output.trim()}`);
}
