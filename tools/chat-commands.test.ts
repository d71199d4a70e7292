import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS_PAGE, commandsPage } from './chat-commands.ts';

test('the page of the commands says what their table says', () => {
  const hint = 'run node_modules/.bin/node tools/chat-commands.ts';
  assert.equal(readFileSync(COMMANDS_PAGE, 'utf8'), commandsPage(), hint);
});
