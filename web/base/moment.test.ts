import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countdownText, endOfDay, today } from './moment.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');

for (const [time, text] of [
  ['2026-11-24T16:05:06Z', '3 days 04:05:06'],
  ['2026-11-22T12:00:00Z', '1 day 00:00:00'],
  ['2026-11-21T13:00:00Z', '01:00:00'],
  ['2026-11-21T12:05:06Z', '05:06'],
  ['2026-11-21T12:00:00.001Z', '00:01'],
  ['2026-11-21T12:00:00Z', ''],
  ['2026-11-20T12:00:00Z', ''],
  ['no time at all', ''],
] as const) {
  test(`countdownText() at noon says "${text}" of ${time}`, () => {
    assert.equal(countdownText(time, NOON), text);
  });
}

test('endOfDay() is the last moment of a day of the reader’s calendar', () => {
  const end = new Date(endOfDay('2026-11-21'));
  assert.deepEqual([end.getDate(), end.getHours(), end.getMinutes()], [21, 23, 59]);
  assert.ok(Date.parse(endOfDay(today())) > Date.now());
});
