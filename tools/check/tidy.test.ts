import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTidy } from './tidy.ts';

const machine = { root: '/builds/of/somebody/clone', home: '/people/ada' };

/** What is found in one file, as `line: message`; the file is taken to be in use. */
function check(path: string, text: string): string[] {
  const user = { path: 'server/app/main.ts', text: `import '../../${path}';\n` };
  return checkTidy([{ path, text }, user], machine)
    .filter((finding) => finding.path === path)
    .map(({ line, message }) => `${line}: ${message}`);
}

function assertFound(path: string, text: string, reason: RegExp): void {
  const found = check(path, text);
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] ?? '', reason);
}

const documented = '/** A thing. */\nexport const thing = 1;\n';

test('checkTidy() finds nothing in a tidy file', () => {
  assert.deepEqual(check('server/live/thing.ts', documented), []);
  assert.deepEqual(check('server/live/index.ts', '/** @module What is on air. */\n'), []);
});

test('checkTidy() refuses a file of more than 400 lines', () => {
  assertFound('server/live/thing.ts', documented + '\n'.repeat(399), /401 lines/);
  assert.deepEqual(check('server/live/thing.ts', documented + '\n'.repeat(398)), []);
});

test('checkTidy() lets a file be long that a tool writes', () => {
  const made = `/** Made by tools/thing.ts. */\n${documented}`;
  assert.deepEqual(check('contract/thing.ts', made + '\n'.repeat(999)), []);
});

test('checkTidy() wants a doc comment on every export, once for overloads', () => {
  for (const what of ['function f() {}', 'class C {}', 'type T = 1;', 'async function g() {}']) {
    assertFound('server/live/thing.ts', `${documented}export ${what}\n`, /3: .* doc comment/);
  }
  const overloads = '/** F. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\n';
  assert.deepEqual(check('server/live/thing.ts', overloads), []);
});

test('checkTidy() wants a sentence at every door', () => {
  assertFound('server/live/index.ts', `export * from './thing.ts';\n`, /1: A door opens/);
});

test('checkTidy() refuses names that say nothing and names in the wrong case', () => {
  assertFound('server/live/time-utils.ts', documented, /"utils"/);
  assertFound('server/helpers/thing.ts', documented, /"helpers"/);
  assertFound('server/live/LiveEdge.ts', documented, /kebab-case/);
  assert.deepEqual(check('server/live/commonplace.ts', documented), []);
});

test('checkTidy() refuses leftovers in any text file', () => {
  assertFound('docs/a.md', `one\n${'TO'}DO: two\n`, /^2: /);
  assertFound('server/live/thing.ts', `${documented}// ${'FIX'}ME\n`, /^3: /);
});

test('checkTidy() refuses paths of this machine and of any home', () => {
  assertFound('docs/a.md', 'see /builds/of/somebody/notes.md', /path of this machine/);
  assertFound('docs/a.md', 'see /people/ada/notes.md', /path of this machine/);
  assertFound('docs/a.md', `see /home${'/'}ada/notes.md`, /home folder/);
  assert.deepEqual(
    check('docs/a.md', 'see /usr/bin/ffmpeg and /tmp/x, or a/builds/of/somebody'),
    [],
  );
});

test('checkTidy() refuses paths that climb out of the repository', () => {
  assertFound('docs/guide/a.md', `run \`node ..${'/'}tools/x.mjs\``, /climbs out/);
  assertFound('server/live/thing.ts', `${documented}// ../../..${'/'}notes\n`, /climbs out/);
  assert.deepEqual(check('docs/guide/a.md', '[page](../../README.md)'), []);
  assertFound('docs/guide/a.md', `[page](../../..${'/'}README.md)`, /climbs out/);
});

test('checkTidy() refuses tests that leave tests out', () => {
  for (const call of ['test.only(', 'suite.skip(', 'it.todo(']) {
    assertFound('server/live/thing.test.ts', `${call}'x');\n`, /leaves tests out/);
  }
  assertFound('server/live/thing.test.ts', `test('x', { ${'skip'}: true });\n`, /leaves tests out/);
});

test('checkTidy() refuses to give up on types', () => {
  assertFound('server/live/thing.ts', `${documented}f(1 as ${'unknown'} as string);\n`, /gives up/);
  assertFound('server/live/thing.ts', `// @ts-${'ignore'}\n${documented}`, /gives up/);
});

test('checkTidy() finds files that nothing but tests import', () => {
  const files = [
    { path: 'server/live/dead.ts', text: documented },
    { path: 'server/live/dead.test.ts', text: `import { thing } from './dead.ts';\n` },
  ];
  assert.deepEqual(checkTidy(files, machine), [
    { path: 'server/live/dead.ts', line: 1, message: 'Nothing but tests imports this file' },
  ]);
});
