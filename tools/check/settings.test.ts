import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSettings } from './settings.ts';

const config = {
  path: 'server/app/config.ts',
  text: `const SETTINGS = {\n  PORT: number(8080),\n  DATA_DIR: text('./data'),\n};\nread('NODE_ENV');\n`,
};

function check(readme: string, example: string): string[] {
  const files = [
    config,
    { path: 'README.md', text: readme },
    { path: 'docs/reference/configuration.md', text: '`PORT` and `DATA_DIR`' },
    { path: '.env.example', text: example },
  ];
  return checkSettings(files).map(({ path, line, message }) => `${path}:${line} ${message}`);
}

test('checkSettings() is content when each setting stands in both places', () => {
  assert.deepEqual(check('| `PORT` | `DATA_DIR` |', 'PORT=8080\n# DATA_DIR=./data\n'), []);
  assert.deepEqual(checkSettings([]), []);
});

test('checkSettings() finds settings that are missing or that do not exist', () => {
  assert.deepEqual(check('`PORT`', 'PORT=8080\nDATA_DIR=./data\n# OLD_NAME=1\n'), [
    'server/app/config.ts:3 Setting DATA_DIR is not in README.md',
    '.env.example:3 OLD_NAME is not a setting of the server',
  ]);
});
