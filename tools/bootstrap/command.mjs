import { spawn } from 'node:child_process';

/** Characters of output that are kept for a message; the end says what went wrong. */
const OUTPUT_MAX_CHARACTERS = 20_000;

/**
 * @typedef {object} CommandResult
 * @property {number} code exit code; 127 when the command could not be started
 * @property {string} output the end of what it printed, both streams together
 */

/**
 * Runs a command to its end without a shell and collects what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<CommandResult>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_MAX_CHARACTERS);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
