import { run } from './command.mjs';
import { COMPONENTS, findCommand, findComponent } from './component.mjs';
import { say, timed } from './report.mjs';

/**
 * How a package manager is asked; the first one found on the machine is used.
 * @typedef {object} PackageManager
 * @property {string} name
 * @property {readonly string[]} install arguments before the packages
 * @property {readonly string[]} [refresh] arguments that fetch its list of packages
 * @property {boolean} asRoot whether it must run as root (brew must not)
 *
 * @typedef {import('./component.mjs').ComponentName} ComponentName
 * @typedef {{readonly name: ComponentName, readonly hint: string}} Missing
 */

/** @type {readonly PackageManager[]} */
const MANAGERS = [
  {
    name: 'apt-get',
    refresh: ['update', '-qq'],
    install: ['install', '-y', '-qq', '--no-install-recommends'],
    asRoot: true,
  },
  { name: 'dnf', install: ['install', '-y', '-q'], asRoot: true },
  { name: 'apk', install: ['add', '--quiet', '--no-cache'], asRoot: true },
  { name: 'pacman', install: ['-Sy', '--noconfirm', '--needed'], asRoot: true },
  { name: 'brew', install: ['install', '--quiet'], asRoot: false },
];

/**
 * Installs what is missing by the system's package manager when this may be done without asking:
 * as root, or for FFmpeg alone by a sudo that wants no password. INSTALL_COMPONENTS=0 forbids it.
 * @param {readonly ComponentName[]} names
 * @returns {Promise<Missing[]>} what is still missing, each with what to type
 */
export async function installComponents(names) {
  const missing = names.filter((name) => findComponent(name) === undefined);
  const wanted = missing.filter((name) => !process.env[COMPONENTS[name].variable]);
  const manager = MANAGERS.find(({ name }) => findCommand(name, process.env) !== undefined);
  if (wanted.length > 0 && manager !== undefined && process.env.INSTALL_COMPONENTS !== '0') {
    const prefix = await privilege(manager, wanted);
    if (prefix !== undefined) await install(manager, prefix, wanted);
  }
  return missing
    .filter((name) => findComponent(name) === undefined)
    .map((name) => ({ name, hint: hint(name, manager, process.env) }));
}

/**
 * What a person types to install a component.
 * @param {ComponentName} name
 * @param {PackageManager | undefined} manager
 * @param {NodeJS.ProcessEnv} env
 */
export function hint(name, manager, env) {
  const { packages, variable } = COMPONENTS[name];
  const named = env[variable];
  if (named) return `${variable} names ${named}, where no program is: correct or unset it.`;
  const ours = manager && packages[manager.name];
  if (manager === undefined || ours === undefined) {
    return `Install ${name} and put it on the PATH, or set ${variable} to where it is.`;
  }
  const sudo = manager.asRoot ? 'sudo ' : '';
  return `To install it, type: ${sudo}${manager.name} ${manager.install[0]} ${ours}`;
}

/**
 * The words to put before the command, or undefined when it may not be run.
 *
 * Test components bring services (nginx starts one on some systems), so that only root, which in
 * practice is a container or a CI machine, gets them unasked.
 * @param {PackageManager} manager
 * @param {readonly ComponentName[]} wanted
 */
async function privilege(manager, wanted) {
  const isRoot = process.getuid?.() === 0;
  const onlyFfmpeg = wanted.every((name) => name === 'ffmpeg');
  if (!manager.asRoot) return onlyFfmpeg && !isRoot ? [] : undefined;
  if (isRoot) return [];
  if (!onlyFfmpeg) return undefined;
  const { code } = await run('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * @param {PackageManager} manager
 * @param {readonly string[]} prefix
 * @param {readonly ComponentName[]} names
 */
async function install(manager, prefix, names) {
  const packages = names.flatMap((name) => COMPONENTS[name].packages[manager.name] ?? []);
  if (packages.length === 0) return;
  const environment = manager.name === 'apt-get' ? ['env', 'DEBIAN_FRONTEND=noninteractive'] : [];
  /** @param {readonly string[]} args */
  const call = (args) => {
    const [command = '', ...rest] = [...prefix, ...environment, manager.name, ...args];
    return run(command, rest);
  };
  await timed(`Installing ${packages.join(', ')} by ${manager.name}`, async () => {
    if (manager.refresh !== undefined) await call(manager.refresh);
    const { code, output } = await call([...manager.install, ...packages]);
    if (code !== 0)
      say(`  ${manager.name} failed: ${output.trim().split('\n').slice(-3).join(' ')}`);
  });
}
