import { SETTING_EFFECTS, type SettingEffect } from './setting-effect.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type SettingName, TOPICS } from './settings.ts';

const FLAG_WIDTH = 24;
const COLUMNS = 100;
/** When a change counts, as the reference says it. */
const EFFECT_WORDS: Readonly<Record<SettingEffect, string>> = {
  'at once': 'a reload',
  'next broadcast': 'a reload, for what begins after it',
  restart: 'a restart',
};

/** What `--help` prints. */
export function writeHelp(): string {
  const lines = [
    'Millrace: live video for your own machine. RTMP in, low-latency HLS out.',
    '',
    'Usage: npm start -- [--name value ...]',
    '       npm run doctor -- [--json] [--name value ...]   what this machine has and can do',
    '',
    'Each flag is also an environment variable, which may stand in a file .env in the working',
    'directory. A flag goes before the environment, the environment before the file. SIGHUP makes a',
    'running server read that file anew.',
  ];
  for (const topic of TOPICS) {
    lines.push('', topic);
    for (const name of namesOf(topic)) lines.push(...helpOf(name));
  }
  lines.push(
    '',
    'Other',
    ...entry('--version', 'Prints the version.'),
    ...entry('--help', 'Prints this.'),
  );
  return `${lines.join('\n')}\n`;
}

/** The settings as tables for the reference page, one for each topic. */
export function writeReferenceTable(): string {
  const tables = TOPICS.map((topic) => {
    const rows = namesOf(topic).map((name) => {
      const cells = [`\`${name}\``, `\`${flagOf(name)}\``, fallbackOf(name), allowedOf(name)];
      const words = [EFFECT_WORDS[SETTING_EFFECTS[name]], SETTINGS[name].meaning];
      return `| ${[...cells, ...words].join(' | ')} |`;
    });
    const head = [
      '| variable | flag | default | allowed | change needs | meaning |',
      '|---|---|---|---|---|---|',
    ];
    return [`## ${topic}`, '', ...head, ...rows].join('\n');
  });
  return `${tables.join('\n\n')}\n`;
}

function namesOf(topic: string): readonly SettingName[] {
  return SETTING_NAMES.filter((name) => SETTINGS[name].topic === topic);
}

function helpOf(name: SettingName): string[] {
  const { meaning } = SETTINGS[name];
  return entry(flagOf(name), `${meaning} ${name}, default: ${plainFallbackOf(name)}.`);
}

function entry(flag: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, COLUMNS - FLAG_WIDTH - 2);
  const indent = ' '.repeat(FLAG_WIDTH + 2);
  return [`  ${flag.padEnd(FLAG_WIDTH)}${first}`, ...rest.map((line) => `${indent}${line}`)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function plainFallbackOf(name: SettingName): string {
  const { fallback, kind } = SETTINGS[name];
  const words = wordsOf(name);
  if (words !== undefined) return words;
  return fallback === undefined ? 'none' : `${fallback}${kind.unit === '' ? '' : ` ${kind.unit}`}`;
}

function fallbackOf(name: SettingName): string {
  const words = wordsOf(name);
  const { fallback } = SETTINGS[name];
  if (fallback === undefined) return words ?? 'none';
  return words === undefined ? `\`${fallback}\`` : `\`${fallback}\` (${words})`;
}

function wordsOf(name: SettingName): string | undefined {
  const setting = SETTINGS[name];
  return 'fallbackWords' in setting ? setting.fallbackWords : undefined;
}

function allowedOf(name: SettingName): string {
  return SETTINGS[name].kind.allowed;
}
