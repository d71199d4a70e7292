import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment } from './child-environment.ts';

test('childEnvironment() keeps where things and devices are, and nothing else', () => {
  const kept = { PATH: '/bin', LD_LIBRARY_PATH: '/lib', TZ: 'UTC', LIBVA_DRIVER_NAME: 'iHD' };
  const own = { ...kept, API_TOKEN: 'secret', MY_PATH: '/x', PATHS: '/y', AWS_SECRET: 'secret' };
  assert.deepEqual(childEnvironment(own), kept);
});
