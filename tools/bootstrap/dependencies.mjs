import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { SetupError, timed } from './report.mjs';

/** The major version all scripts run on, whatever the system has. */
const RUNTIME_MAJOR = 24;
/** Codes by which npm says that it never got through to the registry. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR)\b/;

/**
 * @typedef {{version?: string, optional?: boolean, link?: boolean}} LockedPackage
 * @typedef {{packages?: Record<string, LockedPackage>}} Lock
 */

/**
 * Installs what package-lock.json names, unless it is installed already, and makes sure that the
 * runtime among it can run.
 * @param {string} root
 */
export async function installDependencies(root) {
  const lock = readLock(join(root, 'package-lock.json'));
  if (lock === undefined) throw new SetupError('Cannot install: package-lock.json is missing.');
  if (!isInstalled(lock, readLock(join(root, 'node_modules/.package-lock.json')))) {
    await timed(
      'Installing the npm packages that package-lock.json names (once, about 450 MB)',
      () => install(root),
      { progress: () => countInstalled(root, lock) },
    );
  }
  await checkRuntime(root);
}

/**
 * How many packages of the lock are there, in words.
 * @param {string} root
 * @param {Lock} lock
 */
export function countInstalled(root, { packages = {} }) {
  const paths = Object.keys(packages).filter((path) => path !== '');
  const there = paths.filter((path) => existsSync(join(root, path, 'package.json')));
  // Those for other platforms never come, so there is no "of how many".
  return `${there.length} packages are there`;
}

/** What other people made and only tests use, by folder; each has a lock of its own. */
const FOR_TESTS = {
  'test/players': 'dash.js and Shaka Player for tests (once, about 215 MB)',
  'test/irc': 'irc-framework and tmi.js for tests (once, about 30 MB)',
  'test/openapi': 'the linter of OpenAPI documents for tests (once, about 30 MB)',
};

/**
 * Installs what other people made and only tests use, unless it is installed already, so that
 * whoever only runs the product does not wait for it.
 * @param {string} root
 * @returns {Promise<{ folder: string, reason: string }[]>} what is not there, and why
 */
export async function installForTests(root) {
  const missing = [];
  for (const [folder, what] of Object.entries(FOR_TESTS)) {
    const reason = await installApart(join(root, folder), what);
    if (reason !== undefined) missing.push({ folder, reason });
  }
  return missing;
}

/**
 * Installs what the lock of `folder` names, unless it is there.
 * @param {string} folder
 * @param {string} what in words, for who waits
 * @returns {Promise<string | undefined>} why it is not there
 */
export async function installApart(folder, what) {
  const lock = readLock(join(folder, 'package-lock.json'));
  if (lock === undefined) return 'Its package-lock.json is missing.';
  if (isInstalled(lock, readLock(join(folder, 'node_modules/.package-lock.json'))))
    return undefined;
  try {
    const progress = () => countInstalled(folder, lock);
    await timed(`Installing ${what}`, () => install(folder), { progress });
    return undefined;
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
}

/**
 * Whether every package of the lock is there in its version. Packages for other platforms are
 * optional and may be absent, but a present one must match.
 * @param {Lock} wanted package-lock.json
 * @param {Lock | undefined} installed the lock that npm leaves inside node_modules
 */
export function isInstalled(wanted, installed) {
  if (installed?.packages === undefined) return false;
  for (const [path, { version, optional, link }] of Object.entries(wanted.packages ?? {})) {
    if (path === '' || link) continue;
    const present = installed.packages[path];
    if (present === undefined ? !optional : present.version !== version) return false;
  }
  return Object.keys(installed.packages).every((path) => wanted.packages?.[path] !== undefined);
}

/**
 * One sentence on why `npm ci` failed and what to do.
 * @param {string} output what npm printed
 */
export function explainFailure(output) {
  const code = UNREACHABLE.exec(output)?.[0];
  if (code !== undefined) {
    return (
      `Cannot reach the npm registry (${code}). Check the network and, behind a proxy, ` +
      '"npm config set proxy"; then run the same command again.'
    );
  }
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  return `Cannot install the npm packages: "npm ci" failed.\n${errors.slice(0, 15).join('\n')}`;
}

/**
 * @param {string} path
 * @returns {Lock | undefined}
 */
function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/**
 * Development packages come along even under NODE_ENV=production: the page is built from them.
 * @param {string} root
 */
async function install(root) {
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const patience = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];
  const npm = process.env.npm_execpath;
  const script = npm?.endsWith('.js') || npm?.endsWith('.cjs') ? [process.execPath, npm] : ['npm'];
  const [command = 'npm', ...prefix] = script;
  const { code, output } = await run(command, [...prefix, ...args, ...patience], { cwd: root });
  if (code !== 0) throw new SetupError(explainFailure(output));
}

/** @param {string} root */
async function checkRuntime(root) {
  const { code, output } = await run(join(root, 'node_modules/.bin/node'), ['--version']);
  if (code === 0 && output.startsWith(`v${RUNTIME_MAJOR}.`)) return;
  const found = code === 0 ? `found ${output.trim()}` : 'it is not there';
  throw new SetupError(
    `Cannot run without Node.js ${RUNTIME_MAJOR} in node_modules/.bin/node: ${found}. npm may have ` +
      'been told not to run install scripts; type:\n  npm rebuild node --ignore-scripts=false',
  );
}
