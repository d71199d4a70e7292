import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PostOutcome, Room } from '../../community/chat/index.ts';
import { defineCommand, type Rank, runOf } from './command.ts';
import {
  optionalText,
  ordinal,
  person,
  secondsBeforeQuestion,
  secondsBeforeWords,
  text,
} from './command-arguments.ts';
import { CommandTable } from './command-table.ts';
import { roomCommands } from './room-commands.ts';

const given: unknown[] = [];
const TABLE = new CommandTable([
  ...roomCommands(async (_, changes) => {
    given.push(changes);
  }),
  defineCommand({
    name: 'timeout',
    aliases: ['to'],
    help: 'Keeps somebody from writing.',
    who: 'moderator',
    takes: {
      name: person(),
      seconds: secondsBeforeWords({ min: 1, max: 1_209_600, otherwise: 600 }),
      reason: optionalText('reason'),
    },
    run: (_, values) => {
      given.push(values);
      return 'done';
    },
  }),
  defineCommand({
    ...{ name: 'poll', help: 'Asks.', who: 'moderator' },
    takes: {
      seconds: secondsBeforeQuestion({ min: 10, max: 3_600, otherwise: 120 }),
      question: text('question'),
    },
    run: (_, { seconds, question }) => {
      given.push([seconds, question]);
      return 'open';
    },
  }),
  defineCommand({
    ...{ name: 'vote', help: 'Votes.', who: 'everybody', takes: { number: ordinal('a choice') } },
    run: (_, { number }) => `voted ${number}`,
  }),
]);

function run(line: string, rank: Rank = 'moderator'): Promise<PostOutcome> {
  const roles = rank === 'everybody' ? [] : ([rank] as const);
  const author = { id: 'usr_a', name: 'A', roles };
  const post = { author, isGuest: false, text: `/${line}`, nonce: null, replyTo: undefined };
  const say = async (text: string) => ({ commanded: `said ${text}` });
  given.length = 0;
  return TABLE.run(runOf({ streamId: 's', post, line, say }, {} as Room));
}

async function valuesOf(line: string): Promise<unknown> {
  const outcome = await run(line);
  assert.ok('commanded' in outcome, JSON.stringify(outcome));
  return given[0];
}

test('run() reads names, times and what is left, and falls back on what is left out', async () => {
  const rows = [
    ['timeout bob', { name: 'bob', seconds: 600, reason: '' }],
    ['to @bob 90 so rude', { name: 'bob', seconds: 90, reason: 'so rude' }],
    ['TIMEOUT "Bob B." 10m', { name: 'Bob B.', seconds: 600, reason: '' }],
    ['timeout bob 2w', { name: 'bob', seconds: 1_209_600, reason: '' }],
    ['timeout bob rude 3 times', { name: 'bob', seconds: 600, reason: 'rude 3 times' }],
    ['timeout bob 5min 2nd time', { name: 'bob', seconds: 300, reason: '2nd time' }],
    ['timeout bob 2Hours', { name: 'bob', seconds: 7_200, reason: '' }],
    ['slow', { slowModeS: 30 }],
    ['slow 0', { slowModeS: 0 }],
    ['followers 1h', { followersOnlyMinutes: 60 }],
    ['emoteonly', { emoteOnly: true }],
    ['emoteonly off', { emoteOnly: false }],
    ['emoteonlyoff', { emoteOnly: false }],
  ] as const;
  for (const [line, values] of rows) assert.deepEqual(await valuesOf(line), values, line);
});

test('run() refuses what cannot be read, and says how it is typed', async () => {
  for (const line of [
    'timeout',
    'timeout bob 0',
    'timeout bob 15d',
    'timeout bob -5',
    'timeout bob 1.5h',
    'slow -1',
    'emoteonly maybe',
    'slow 1 2',
  ]) {
    const outcome = await run(line);
    assert.ok('refused' in outcome && outcome.refused === 'invalid_request', line);
    assert.match(outcome.detail, /Usage: \//);
    assert.deepEqual(given, []);
  }
  const unknown = await run('nonsense');
  assert.ok('refused' in unknown && unknown.refused === 'unknown_command');
});

test('run() names the word that it does not take, and what it takes', async () => {
  const seconds = 'a time of 0 to 3600 seconds, such as 90 or 10m';
  const minutes = 'a time of 0 to 129600 minutes, such as 90 or 10m';
  const rows = [
    ['slow abc', `it does not take "abc", but ${seconds}`],
    ['slow 2h', `it does not take "2h", but ${seconds}`],
    ['slow 1 2', '"2" is more than it takes'],
    ['followers 10 min', '"min" is more than it takes'],
    ['followers soon', `it does not take "soon", but ${minutes}`],
    ['timeout bob 1.5h', 'it does not take "1.5h", but a time of 1 to 1209600 seconds, such as'],
    ['vote one', 'it does not take "one", but the number of a choice, such as 1'],
    ['vote 0', 'it does not take "0", but'],
    ['guests maybe', 'it does not take "maybe", but on or off'],
    [`slow ${'😀'.repeat(200)}`, `it does not take "${'😀'.repeat(20)}…", but`],
  ] as const;
  for (const [line, why] of rows) {
    const outcome = await run(line);
    const detail = 'refused' in outcome ? outcome.detail : '';
    assert.ok(detail.startsWith(`Cannot run /${line.split(' ')[0]}: ${why}`), `${line}: ${detail}`);
  }
});

test('run() tells the time of a question from a number that it begins with', async () => {
  const rows = [
    ['60 Which? | a', 60, 'Which? | a'],
    ['5m And now? | a', 300, 'And now? | a'],
    ['60 10 or 20? | 10', 60, '10 or 20? | 10'],
    ['60 x or y? | x', 60, 'x or y? | x'],
    ['Which? | a', 120, 'Which? | a'],
    ['1.5 or 2? | a', 120, '1.5 or 2? | a'],
    ['-5 degrees? | a', 120, '-5 degrees? | a'],
    ['10 or 20? | 10', 120, '10 or 20? | 10'],
    ['10 vs. 20? | 10', 120, '10 vs. 20? | 10'],
    ['30 to 60 fps? | a', 120, '30 to 60 fps? | a'],
    ['12 + 2? | 14', 120, '12 + 2? | 14'],
    ['50 % or more? | a', 120, '50 % or more? | a'],
    ['1984 | a book', 120, '1984 | a book'],
    ['20 ? | a', 120, '20 ? | a'],
  ] as const;
  for (const [words, ...values] of rows) {
    assert.deepEqual(await valuesOf(`poll ${words}`), values, words);
  }
  const outcome = await run('poll 5 Which? | a');
  assert.match('refused' in outcome ? outcome.detail : '', /"5", but a time of 10 to 3600 seconds/);
});

test('run() lets only those give a command who may, and /help lists no other', async () => {
  const refused = await run('timeout bob', 'everybody');
  assert.ok('refused' in refused && refused.refused === 'forbidden');
  assert.deepEqual(given, []);
  const helpFor = async (rank: Rank): Promise<string> => {
    const outcome = await run('help', rank);
    return 'commanded' in outcome ? outcome.commanded : '';
  };
  assert.equal((await helpFor('everybody')).includes('/timeout'), false);
  assert.match(await helpFor('broadcaster'), /\/timeout/);
  assert.deepEqual(await run('help /to', 'everybody'), {
    commanded: '/timeout <name> [seconds] [reason]: Keeps somebody from writing.',
  });
});

test('run() takes whatever is typed', async () => {
  const words = fc.constantFrom(
    'timeout',
    'slow',
    'help',
    '"',
    '""',
    '@',
    '/',
    ' ',
    '9',
    'x',
    '1d',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(words, fc.string()), { maxLength: 8 }), async (parts) => {
      const outcome = await run(parts.join(' '));
      assert.ok('commanded' in outcome || 'refused' in outcome);
    }),
    { numRuns: 2_000 },
  );
});

test('new CommandTable() takes no name twice', () => {
  assert.throws(() => new CommandTable([...TABLE.commands]), /help is there twice/);
});
