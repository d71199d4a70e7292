import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPackages } from './packages.ts';

function check(packages: Record<string, string>, page: string, source = ''): string[] {
  const files = [
    { path: 'package.json', text: JSON.stringify({ dependencies: packages }) },
    { path: 'docs/reference/dependencies.md', text: page },
    { path: 'server/app/main.ts', text: source },
  ];
  return checkPackages(files).map(({ path, message }) => `${path} ${message}`);
}

const row = (name: string, version: string): string => `| ${name} | ${version} | MIT | why |\n`;

test('checkPackages() is content when packages are used and listed', () => {
  const page = row('pino', '1.2.3') + row('@preact/signals', '2.0.0') + row('typescript', '7.0.2');
  const source = `import pino from 'pino';\nimport '@preact/signals/core';\n`;
  const packages = { pino: '1.2.3', '@preact/signals': '2.0.0', typescript: '7.0.2' };
  assert.deepEqual(check(packages, page, source), []);
});

test('checkPackages() finds unused, unlisted, inexact and forgotten packages', () => {
  const used = `import pino from 'pino';\n`;
  assert.match(check({ pino: '1.2.3' }, row('pino', '1.2.3'))[0] ?? '', /nothing imports it/);
  assert.match(check({ pino: '1.2.3' }, '', used)[0] ?? '', /pino 1.2.3 is not listed/);
  assert.match(check({ pino: '1.2.3' }, row('pino', '1.2.4'), used)[0] ?? '', /is not listed/);
  assert.match(check({ pino: '^1.2.3' }, row('pino', '1.2.3'), used)[0] ?? '', /name one version/);
  assert.match(check({}, row('pino', '1.2.3'))[0] ?? '', /not in package.json/);
});
