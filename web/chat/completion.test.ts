import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatCommandView, ChatRole } from '../../contract/index.ts';
import { commandOf, completions } from './completion.ts';

const command = (name: string, who: ChatCommandView['who'], ...aliases: string[]) => ({
  ...{ name, aliases, who, help: '' },
  usage: `/${name}`,
});
const ALL = [
  command('ban', 'moderator'),
  command('help', 'everybody'),
  command('mods', 'moderator'),
  command('mod', 'broadcaster'),
  command('slow', 'moderator'),
  command('timeout', 'moderator', 'to'),
];
const namesFor = (text: string, ...roles: readonly ChatRole[]): string =>
  completions(ALL, text, { id: 'a', name: 'A', roles })
    .map(({ name }) => name)
    .join(' ');

test('completions() offers what one may give, as far as it was typed', () => {
  assert.equal(namesFor('/'), 'help');
  assert.equal(namesFor('/', 'moderator'), 'ban help mods slow timeout');
  assert.equal(namesFor('/', 'broadcaster'), 'ban help mods mod slow timeout');
  assert.equal(namesFor('/S', 'moderator'), 'slow');
  assert.equal(namesFor('/to', 'moderator'), 'timeout', 'by another name');
  assert.equal(namesFor('/mo', 'moderator'), 'mods');
  assert.equal(namesFor('/mod', 'broadcaster'), 'mod mods', 'the one of that name first');
  assert.equal(namesFor('/mod', 'moderator'), '', 'nothing in the place of one that is not theirs');
  for (const text of ['', 'hello', ' /slow', '/slow 5', '//slow', '/nothing']) {
    assert.equal(namesFor(text, 'broadcaster'), '', text);
  }
  assert.deepEqual(completions(ALL, '/b', null), []);
});

test('commandOf() knows the command that is being typed', () => {
  assert.equal(commandOf(ALL, '/to bob')?.name, 'timeout');
  assert.equal(commandOf(ALL, '/SLOW 5')?.name, 'slow');
  for (const text of ['/slow', 'slow 5', '/none x', ''])
    assert.equal(commandOf(ALL, text), undefined);
});
