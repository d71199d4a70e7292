import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from './route.ts';

test('routeOf() finds the page of an address', () => {
  assert.deepEqual(routeOf('/'), { page: 'home' });
  assert.deepEqual(routeOf('/watch/one'), { page: 'watch', streamId: 'one' });
  assert.deepEqual(routeOf('/watch/one/'), { page: 'watch', streamId: 'one' });
  assert.deepEqual(routeOf('/watch/caf%C3%A9'), { page: 'watch', streamId: 'café' });
  assert.deepEqual(routeOf('/setup'), { page: 'setup' });
  assert.deepEqual(routeOf('/sign-in'), { page: 'sign-in' });
  assert.deepEqual(routeOf('/account/'), { page: 'account' });
  assert.deepEqual(routeOf('/admin/people'), { page: 'people' });
  assert.deepEqual(routeOf('/studio'), { page: 'studio', streamId: null });
  assert.deepEqual(routeOf('/studio/one'), { page: 'studio', streamId: 'one' });
  assert.deepEqual(routeOf('/api/docs'), { page: 'docs' });
});

test('routeOf() sends every other address nowhere', () => {
  for (const path of [
    '/watch',
    '/watch/',
    '/watch/a/b',
    '/setup/abc',
    '/setup/a/b',
    '/admin',
    '/studio/a/b',
    '/api',
    '/watch/%E0%A4%A',
  ]) {
    assert.deepEqual(routeOf(path), { page: 'nowhere' }, path);
  }
});
