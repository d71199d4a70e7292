import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audienceText, durationText, modesText, slowText } from './words.ts';

test('durationText() says exactly how long, in the longest unit that does', () => {
  const rows = [
    [5, '5 s'],
    [90, '90 s'],
    [125, '125 s'],
    [600, '10 min'],
    [3_600, '1 h'],
    [5_400, '90 min'],
    [86_400, '1 day'],
    [172_800, '2 days'],
    [129_599 * 60, '129599 min'],
  ] as const;
  for (const [seconds, text] of rows) assert.equal(durationText(seconds), text);
});

test('slowText() and audienceText() say a setting with its unit, whichever it is', () => {
  assert.deepEqual([0, 5, 300].map(slowText), ['Off', '5 s', '5 min']);
  assert.deepEqual([null, 0, 7, 1_440].map(audienceText), [
    'Everybody',
    'Followers',
    'Followers for 7 min',
    'Followers for 1 day',
  ]);
});

test('modesText() does not round what was set', () => {
  const settings = {
    ...{ slowModeS: 125, guestsMayPost: true, subscribersOnly: false, followersOnlyMinutes: 130 },
    ...{ emoteOnly: false, uniqueChat: false, shield: false },
  };
  const text = 'Slow mode: 125 s · Followers only, after 130 min';
  assert.equal(modesText({ settings: { value: settings } }), text);
});
