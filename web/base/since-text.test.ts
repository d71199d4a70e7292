import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sinceText } from './since-text.ts';

test('sinceText() says how long something has lasted', () => {
  const start = '2026-11-21T05:00:00.000Z';
  const after = (minutes: number): string => sinceText(start, Date.parse(start) + minutes * 60_000);
  assert.deepEqual([-5, 0.9, 1, 59, 60, 185, 47 * 60, 49 * 60].map(after), [
    'just now',
    'just now',
    '1 min',
    '59 min',
    '1 h 00 min',
    '3 h 05 min',
    '47 h 00 min',
    '2 days',
  ]);
});

test('sinceText() says nothing of a time it cannot read', () => {
  assert.equal(sinceText('yesterday', 0), '');
});
