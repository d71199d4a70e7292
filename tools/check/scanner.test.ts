import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listImports, scan } from './scanner.ts';

const specifiers = (text: string): string[] => listImports(text).map((each) => each.specifier);

test('scan() blanks comments and quoted text and keeps every offset', () => {
  const text = `const a = 'x // y'; // note\nconst b = \`t \${a /* c */} u\`;\n`;
  const { code, bare } = scan(text);
  assert.equal(code, `const a = 'x // y';        \nconst b = \`t \${a        } u\`;\n`);
  assert.equal(bare, `const a = '      ';        \nconst b = \`  \${a        }  \`;\n`);
});

test('scan() tells a regular expression from a division', () => {
  assert.equal(scan(`x = /['"/*]/.test(y);`).bare, `x = /      /.test(y);`);
  assert.equal(scan(`x = a / b; y = c / d;`).bare, `x = a / b; y = c / d;`);
  assert.equal(scan(`return /a\\/b/g;`).bare.includes('a'), false);
});

test('scan() survives an apostrophe in the text of a page', () => {
  const { bare } = scan(`<p>Don't</p>;\nawait x;`);
  assert.match(bare, /await x/);
});

test('scan() reads nested templates and braces', () => {
  const { bare } = scan(`\`a\${f({ b: \`c\${d}\` })}e\`; await g();`);
  assert.equal(bare, `\` \${f({ b: \` \${d}\` })} \`; await g();`);
});

test('listImports() finds every way to reach another module', () => {
  const text = [
    `import a from './a.ts';`,
    `import {\n  b,\n} from './b.ts';`,
    `import type { C } from "./c.ts";`,
    `export * from './d.ts';`,
    `export { type E } from './e.ts';`,
    `import './f.ts';`,
    `const g = await import('./g.ts');`,
    `type H = import('./h.ts').H;`,
    `new URL('./i.ts', import.meta.url);`,
  ].join('\n');
  const wanted = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => `./${name}.ts`);
  assert.deepEqual(specifiers(text), wanted);
});

test('listImports() ignores comments, strings and exports of values', () => {
  const text = `// import './a.ts'\nconst s = "import './b.ts'";\nexport const from = 'x';\n`;
  assert.deepEqual(specifiers(text), []);
});
