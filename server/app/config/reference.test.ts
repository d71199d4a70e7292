import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeHelp, writeReferenceTable } from './reference.ts';
import { flagOf, SETTING_NAMES } from './settings.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('writeHelp() lists every setting, in lines that fit a terminal', () => {
  const help = writeHelp();
  for (const name of SETTING_NAMES) {
    assert.match(help, new RegExp(`^ {2}${flagOf(name)} `, 'm'), name);
    assert.match(help, new RegExp(`\\b${name}\\b`), name);
  }
  for (const line of help.split('\n')) assert.ok(line.length <= 100, line);
});

test('writeReferenceTable() is what docs/reference/configuration.md says', () => {
  const page = readFileSync(join(ROOT, 'docs/reference/configuration.md'), 'utf8');
  assert.ok(
    page.includes(writeReferenceTable()),
    `The page should hold:\n${writeReferenceTable()}`,
  );
});
