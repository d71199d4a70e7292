/** A set-up step that cannot go on; its message is a sentence for the person at the terminal. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * One line for the person at the terminal.
 * @param {string} text
 */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * Says what begins, does it, and says how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} step
 * @returns {Promise<T>}
 */
export async function timed(title, step) {
  say(`${title} …`);
  const startedMs = performance.now();
  const result = await step();
  say(`  done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
}
