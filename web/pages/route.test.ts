import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from './route.ts';

test('routeOf() finds the page of an address', () => {
  assert.deepEqual(routeOf('/'), { page: 'home' });
  assert.deepEqual(routeOf('/watch/one'), { page: 'watch', streamId: 'one' });
  assert.deepEqual(routeOf('/watch/one/'), { page: 'watch', streamId: 'one' });
  assert.deepEqual(routeOf('/watch/caf%C3%A9'), { page: 'watch', streamId: 'café' });
});

test('routeOf() sends every other address nowhere', () => {
  for (const path of ['/watch', '/watch/', '/watch/a/b', '/studio', '/watch/%E0%A4%A']) {
    assert.deepEqual(routeOf(path), { page: 'nowhere' }, path);
  }
});
