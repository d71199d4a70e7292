/**
 * @module Brings a fresh clone to where `npm start`, `npm test` and `npm run check` can run.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed and on any
 * Node.js from version 20 on. A second run finds everything in place and does no network work.
 */
import { fileURLToPath } from 'node:url';
import { findComponent } from './bootstrap/component.mjs';
import { installDependencies, installForTests } from './bootstrap/dependencies.mjs';
import { installComponents } from './bootstrap/installer.mjs';
import { buildPage } from './bootstrap/page.mjs';
import { SetupError, say } from './bootstrap/report.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE_MAJOR_MIN = 20;
const MODES = ['start', 'test', 'check'];
/** @type {readonly import('./bootstrap/component.mjs').ComponentName[]} */
const FOR_TESTS = ['ffmpeg', 'chromium', 'nginx', 'openssl', 'postgres', 'redis'];

/** @param {string} mode */
async function prepare(mode) {
  checkNodeVersion(process.versions.node);
  await installDependencies(ROOT);
  if (mode === 'start') await prepareStart();
  if (mode === 'test') await prepareTest();
}

/** FFmpeg is only needed for the demo and for transcoding, so its absence does not stop a start. */
async function prepareStart() {
  if (findComponent('ffmpeg') === undefined) {
    const missing = await installComponents(['ffmpeg']);
    for (const { hint } of missing) {
      say(`FFmpeg is missing, so there will be no demo broadcast and no transcoding. ${hint}`);
    }
  }
  await buildPage(ROOT);
}

/** Under CI a missing component fails the tests that need it; elsewhere they are skipped by name. */
async function prepareTest() {
  const missing = await installComponents(FOR_TESTS);
  const then = process.env.CI === 'true' ? 'fail' : 'be skipped';
  for (const { name, hint } of missing) {
    say(`${name} is missing: the tests that need it will ${then}. ${hint}`);
  }
  for (const { folder, reason } of await installForTests(ROOT)) {
    say(`The packages of ${folder} are missing: tests that need them will ${then}. ${reason}`);
  }
  await buildPage(ROOT);
}

/** @param {string} version */
function checkNodeVersion(version) {
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN) return;
  throw new SetupError(
    `Cannot set up on Node.js ${version}: version ${NODE_MAJOR_MIN} or newer is needed ` +
      '(see https://nodejs.org/en/download).',
  );
}

const mode = process.argv[2] ?? '';
try {
  if (!MODES.includes(mode)) {
    throw new SetupError(`Cannot set up for "${mode}": say one of ${MODES.join(', ')}.`);
  }
  await prepare(mode);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
