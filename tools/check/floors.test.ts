import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFloors } from './floors.ts';

const check = (path: string, text: string): string[] =>
  checkFloors([{ path, text }]).map(({ line, message }) => `${line}: ${message}`);

const imports = (path: string, specifier: string): string[] =>
  check(path, `import type { X } from '${specifier}';\n`);

test('checkFloors() lets a file import its own folder, lower floors and the contract', () => {
  assert.deepEqual(imports('server/live/timeline.ts', './segment.ts'), []);
  assert.deepEqual(imports('server/live/timeline.ts', '../media/index.ts'), []);
  assert.deepEqual(imports('server/pipeline/ingest/rtmp/socket.ts', '../door.ts'), []);
  assert.deepEqual(imports('server/app/main.ts', '../pipeline/origin/index.ts'), []);
  assert.deepEqual(imports('server/base/clock.ts', '../../contract/index.ts'), []);
  assert.deepEqual(imports('web/pages/home.tsx', '../player/index.ts'), []);
});

test('checkFloors() lets a file read what is not code', () => {
  const text = "new URL('../../package.json', import.meta.url);";
  assert.deepEqual(check('server/app/main.ts', text), []);
  assert.deepEqual(imports('web/pages/home.tsx', './home.css'), []);
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['server/media/track.ts', '../live/index.ts', /floor 3 lies above floor 1/],
  ['server/format/flv/tag.ts', '../amf0/index.ts', /strangers/],
  ['server/wire/rtmp/session.ts', '../../format/amf0/index.ts', /strangers/],
  ['server/pipeline/ingest/a.ts', '../packager/index.ts', /strangers/],
  ['server/account/user.ts', '../live/index.ts', /strangers/],
  ['server/live/timeline.ts', '../media/track.ts', /entered by server\/media\/index.ts alone/],
  ['server/app/main.ts', '../../web/player/index.ts', /share contract\/ alone/],
  ['web/player/pace.ts', '../../server/base/index.ts', /share contract\/ alone/],
  ['web/player/pace.ts', '../pages/index.ts', /lies above/],
  ['contract/stream.ts', '../server/base/index.ts', /share contract\/ alone/],
  ['contract/stream.ts', 'zod', /imports nothing/],
  ['server/format/hls/playlist.ts', 'node:fs', /is pure/],
  ['server/media/codec/avc.ts', 'zod', /is pure/],
  ['web/player/pace.ts', 'node:fs', /browser/],
  ['server/app/main.ts', '../../test/support/place.ts', /outside the three trees/],
  ['server/app/main.ts', './main.test-support.ts', /only tests/],
];

for (const [path, specifier, reason] of REFUSED) {
  test(`checkFloors() refuses ${specifier} in ${path}`, () => {
    const found = imports(path, specifier);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', reason);
  });
}

test('checkFloors() keeps the order of floors in tests but lets them use packages', () => {
  assert.deepEqual(imports('server/format/hls/playlist.test.ts', 'node:fs'), []);
  assert.deepEqual(imports('server/format/hls/playlist.test.ts', 'hls-parser'), []);
  assert.deepEqual(imports('server/live/a.test.ts', '../media/sample.test-support.ts'), []);
  assert.equal(imports('server/media/a.test.ts', '../live/index.ts').length, 1);
  assert.deepEqual(imports('test/end-to-end/a.test.ts', '../../server/live/timeline.ts'), []);
});

const IMPURE = [
  'Date.now()',
  'new Date()',
  'performance.now()',
  'Math.random()',
  'setTimeout(f, 1)',
  'await f()',
  'async () => 1',
  'console.log(1)',
  'process.exit()',
];

for (const expression of IMPURE) {
  test(`checkFloors() refuses ${expression} on a pure floor`, () => {
    assert.equal(check('server/wire/rtmp/session.ts', `// why\nvoid (${expression});\n`).length, 1);
    assert.deepEqual(check('server/live/timeline.ts', `void (${expression});\n`), []);
    assert.deepEqual(check('server/wire/rtmp/session.test.ts', `void (${expression});\n`), []);
    assert.deepEqual(check('server/wire/rtmp/session.ts', `const s = '${expression}';\n`), []);
  });
}

test('checkFloors() names the line and the folder without a floor', () => {
  assert.match(check('server/base/a.ts', '\n\nDate.now();\n')[0] ?? '', /^3: "Date.now" reads/);
  assert.match(check('server/cellar/a.ts', '')[0] ?? '', /no floor/);
});
