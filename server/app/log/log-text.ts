const LEVELS: ReadonlyMap<unknown, readonly [name: string, colour: number]> = new Map([
  [10, ['trace', 90]],
  [20, ['debug', 90]],
  [30, ['info', 32]],
  [40, ['warn', 33]],
  [50, ['error', 31]],
  [60, ['fatal', 31]],
]);
const DIM = 2;

/** How a line is written. */
export interface TextStyle {
  readonly colours: boolean;
}

/**
 * Writes one line of JSON for a person: time, level, message, fields. An error's stack follows on
 * lines of its own. Whatever a peer sent stays on its line and cannot steer the terminal.
 */
export function textLine(json: string, { colours }: TextStyle): string {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null) return json;
  const { level, time, msg, ...fields } = parsed as Readonly<Record<string, unknown>>;
  const [name, colour] = LEVELS.get(level) ?? ['log', DIM];
  const paint = (code: number, text: string): string =>
    colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  const words = [paint(DIM, clockTime(time)), paint(colour, name.padEnd(5))];
  if (typeof msg === 'string') words.push(printable(msg));
  const stacks: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (isError(value)) {
      words.push(`${paint(DIM, `${printable(key)}=`)}${fieldText(value.message)}`);
      stacks.push(value.stack);
    } else {
      words.push(`${paint(DIM, `${printable(key)}=`)}${fieldText(value)}`);
    }
  }
  const traces = stacks.flatMap((stack) => stack.split('\n').slice(1));
  return `${[words.join(' '), ...traces.map((line) => paint(DIM, printable(line)))].join('\n')}\n`;
}

function isError(value: unknown): value is { readonly message: string; readonly stack: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'stack' in value &&
    typeof value.stack === 'string'
  );
}

function clockTime(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const day = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day}.${`${date.getMilliseconds()}`.padStart(3, '0')}`;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return printable(
    /^[^\s"=]+$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text),
  );
}

/** Control characters, line separators and writing-direction marks as escapes. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
