import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * A program that npm cannot bring.
 * @typedef {object} Component
 * @property {string} variable environment variable that names another path to it
 * @property {readonly string[]} commands names and paths to look for, best first
 * @property {Readonly<Record<string, string>>} packages its package, by package manager
 *
 * @typedef {'ffmpeg' | 'chromium' | 'nginx' | 'openssl' | 'postgres' | 'redis'} ComponentName
 */

/** @param {string} name */
const everywhere = (name) => ({ 'apt-get': name, dnf: name, apk: name, pacman: name, brew: name });

/**
 * Folders that hold servers but are rarely on an ordinary user's PATH.
 * @type {readonly string[]}
 */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** @param {readonly number[]} versions */
function debianPaths(versions) {
  return versions.map((version) => `/usr/lib/postgresql/${version}/bin/postgres`);
}

/** @type {Readonly<Record<ComponentName, Component>>} */
export const COMPONENTS = {
  ffmpeg: {
    variable: 'FFMPEG_PATH',
    commands: ['ffmpeg'],
    packages: { ...everywhere('ffmpeg'), dnf: 'ffmpeg-free' },
  },
  chromium: {
    variable: 'CHROMIUM_PATH',
    commands: [
      ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    packages: { 'apt-get': 'chromium', dnf: 'chromium', apk: 'chromium', pacman: 'chromium' },
  },
  nginx: { variable: 'NGINX_PATH', commands: ['nginx'], packages: everywhere('nginx') },
  openssl: { variable: 'OPENSSL_PATH', commands: ['openssl'], packages: everywhere('openssl') },
  postgres: {
    variable: 'POSTGRES_PATH',
    // Debian keeps versions apart and none of them on the PATH.
    commands: ['postgres', ...debianPaths([18, 17, 16, 15])],
    packages: { ...everywhere('postgresql'), dnf: 'postgresql-server' },
  },
  redis: {
    variable: 'REDIS_PATH',
    commands: ['redis-server', 'valkey-server'],
    packages: { ...everywhere('redis'), 'apt-get': 'redis-server' },
  },
};

/**
 * The path of a component, or undefined when it is not on this machine. A path named by the
 * component's variable is taken or nothing is: a wrong setting must not be papered over.
 * @param {ComponentName} name
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findComponent(name, env = process.env) {
  const { variable, commands } = COMPONENTS[name];
  const named = env[variable];
  if (named) return findCommand(named, env);
  for (const command of commands) {
    const path = findCommand(command, env);
    if (path !== undefined) return path;
  }
  return undefined;
}

/**
 * The path of an executable, looked up in PATH unless it is a path already.
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findCommand(command, env) {
  if (isAbsolute(command)) return isExecutable(command) ? command : undefined;
  const folders = [...(env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
