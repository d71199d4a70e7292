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

/** How often a terminal, and a log, is told that a step goes on. Milliseconds. */
const TERMINAL_MS = 1_000;
const LOG_MS = 15_000;

/**
 * Says what begins, does it, says meanwhile that it goes on, and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} step
 * @param {object} [options]
 * @param {() => string} [options.progress] how far it is, in a few words
 * @param {{isTTY?: boolean, write: (text: string) => unknown}} [options.output]
 * @param {number} [options.everyMs]
 * @returns {Promise<T>}
 */
export async function timed(title, step, { progress, output = process.stdout, everyMs } = {}) {
  output.write(`${title} …\n`);
  const startedMs = performance.now();
  const isTerminal = output.isTTY === true;
  const goOn = () => {
    const passed = `${Math.round((performance.now() - startedMs) / 1000)} s`;
    const words = `  ${passed}${progress === undefined ? '' : `, ${progress()}`} …`;
    // A terminal keeps one line, which the next one takes the place of.
    output.write(isTerminal ? `\r\u001b[K${words}` : `${words}\n`);
  };
  const timer = setInterval(goOn, everyMs ?? (isTerminal ? TERMINAL_MS : LOG_MS));
  try {
    return await step();
  } finally {
    clearInterval(timer);
    const passed = ((performance.now() - startedMs) / 1000).toFixed(1);
    output.write(`${isTerminal ? '\r\u001b[K' : ''}  after ${passed} s\n`);
  }
}
