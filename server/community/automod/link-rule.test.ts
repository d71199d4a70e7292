import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChatFragment } from '../../../contract/index.ts';
import { domainOf, foreignHost, hostsIn } from './link-rule.ts';

function text(said: string): readonly ChatFragment[] {
  return [{ type: 'text', text: said }];
}

function link(url: string): readonly ChatFragment[] {
  return [{ type: 'link', text: url, url }];
}

/** What leads to evil.example or the like, however it is typed. */
const LINKS: readonly (readonly [typed: string, host: string])[] = [
  ['see evil.com', 'evil.com'],
  ['see (www.evil.example)', 'www.evil.example'],
  ['EVIL.Com!', 'evil.com'],
  ['evil.example/x', 'evil.example'],
  ['hxxp://evil.example', 'evil.example'],
  ['ftp://10.0.0.1', '10.0.0.1'],
  ['evil。com', 'evil.com'],
  ['ｅｖｉｌ．ｃｏｍ', 'evil.com'],
  ['evil[.]com', 'evil.com'],
  ['evil (dot) com', 'evil.com'],
  ['evil dot com', 'evil.com'],
  ['me@evil.com', 'evil.com'],
  ['t.me/evil', 't.me'],
  ['a.b.me', 'a.b.me'],
  ['еvil.com', 'xn--vil-qdd.com'],
];

for (const [typed, host] of LINKS) {
  test(`hostsIn() sees a link in ${JSON.stringify(typed)}`, () => {
    assert.deepEqual(hostsIn(text(typed)), [host]);
  });
}

test('hostsIn() sees no link in what people write', () => {
  for (const said of [
    'well...ok',
    'end.And so',
    'v1.2.3',
    '3.14',
    'e.g. this',
    'go.me',
    'a dot b',
  ]) {
    assert.deepEqual(hostsIn(text(said)), [], said);
  }
});

test('foreignHost() lets in the domains on the list and what is below them', () => {
  const domains = new Set(['good.example', 'xn--mnchen-3ya.de']);
  const foreign = (fragments: readonly ChatFragment[]) => foreignHost(fragments, domains);
  assert.equal(foreign(link('https://good.example/a')), undefined);
  assert.equal(foreign(link('https://www.good.example:8080/a')), undefined);
  assert.equal(foreign(link('https://münchen.de/')), undefined);
  assert.equal(foreign(text('www.good.example and good.example/x')), undefined);
  assert.equal(foreign(link('https://notgood.example/')), 'notgood.example');
  assert.equal(foreign(link('https://good.example.evil.com/')), 'good.example.evil.com');
  assert.equal(foreign([...link('https://good.example/'), ...text(' evil.com')]), 'evil.com');
  // Two Cyrillic letters.
  assert.match(foreign(link('https://gооd.example/')) ?? '', /^xn--/);
});

test('domainOf() reads a domain and refuses what is none', () => {
  assert.equal(domainOf('Example.COM'), 'example.com');
  assert.equal(domainOf('*.example.com'), 'example.com');
  assert.equal(domainOf('münchen.de'), 'xn--mnchen-3ya.de');
  for (const none of [
    '',
    'com',
    'https://a.example',
    'a.example/x',
    'a b.example',
    'a@b.example',
  ]) {
    assert.equal(domainOf(none), undefined, none);
  }
});

test('hostsIn() takes any text in time in proportion to its length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (said) => {
      for (const host of hostsIn(text(said))) assert.notEqual(host, '');
    }),
    { numRuns: 3_000 },
  );
  for (const unit of ['a', '.', 'a.', '-', ' [', ' dot ', 'a.com/', '(.']) {
    const quickestMs = (length: number): number => {
      const fragments = text(unit.repeat(length / unit.length));
      const times = Array.from({ length: 5 }, () => {
        const startedMs = performance.now();
        hostsIn(fragments);
        return performance.now() - startedMs;
      });
      return Math.min(...times);
    };
    quickestMs(20_000);
    const [short, long] = [quickestMs(5_000), quickestMs(80_000)];
    assert.ok(long < 80 * Math.max(short, 0.1), `${unit}: ${short} ms, then ${long} ms`);
  }
});
