import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsGzip } from './index.ts';

const CASES: readonly (readonly [value: string | undefined, accepts: boolean])[] = [
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['gzip, deflate;q=0', true],
  ['br, GZIP', true],
  ['x-gzip', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['gzip;q=0.001', true],
  ['gzip;Q=0', false],
  ['*', true],
  ['*;q=0', false],
  ['gzip;q=0, *', false],
  ['*;q=0, gzip', true],
  ['identity', false],
  ['gzipped', false],
];

for (const [value, accepts] of CASES) {
  test(`acceptsGzip() says ${accepts} of ${JSON.stringify(value)}`, () => {
    assert.equal(acceptsGzip(value), accepts);
  });
}
