import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStreamDraft } from './stream-draft.ts';

test('readStreamDraft() takes names as they are, without the space around them', () => {
  const body = { broadcasterId: 'anna', title: '  Ein Abend, 夜 🎥  ' };
  assert.deepEqual(readStreamDraft(body), { broadcasterId: 'anna', title: 'Ein Abend, 夜 🎥' });
  const longest = { broadcasterId: 'b'.repeat(100), title: 't'.repeat(200) };
  assert.deepEqual(readStreamDraft(longest), longest);
});

test('readStreamDraft() passes over what is not asked for', () => {
  const body = { broadcasterId: 'a', title: 't', id: 'mine', role: 'admin', status: 'live' };
  assert.deepEqual(readStreamDraft(body), { broadcasterId: 'a', title: 't' });
});

const good = { broadcasterId: 'anna', title: 'Show' };
const misfits: readonly (readonly [body: unknown, errors: readonly (readonly string[])[]])[] = [
  [undefined, [['body', 'must be an object']]],
  [null, [['body', 'must be an object']]],
  ['Show', [['body', 'must be an object']]],
  [[], [['body', 'must be an object']]],
  [
    {},
    [
      ['broadcasterId', 'is missing'],
      ['title', 'is missing'],
    ],
  ],
  [{ ...good, title: 7 }, [['title', 'must be a string']]],
  [{ ...good, title: null }, [['title', 'must be a string']]],
  [{ ...good, title: ' ' }, [['title', 'must not be blank']]],
  [{ ...good, title: 't'.repeat(201) }, [['title', 'must have at most 200 characters']]],
  [
    { ...good, broadcasterId: 'b'.repeat(101) },
    [['broadcasterId', 'must have at most 100 characters']],
  ],
  ...['a\nb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u2028b'].map(
    (title) =>
      [
        { ...good, title },
        [['title', 'must not contain control characters or line breaks']],
      ] as const,
  ),
  [{ ...good, title: 'a\ud800b' }, [['title', 'must be well-formed Unicode']]],
];
for (const [body, expected] of misfits) {
  test(`readStreamDraft() refuses ${JSON.stringify(body)?.slice(0, 60)}`, () => {
    const read = readStreamDraft(body);
    assert.ok('refused' in read);
    assert.equal(read.refused, 'invalid_request');
    assert.deepEqual(
      read.errors?.map(({ field, message }) => [field, message]),
      expected,
    );
  });
}

test('readStreamDraft() says in one sentence what is wrong', () => {
  const read = readStreamDraft({});
  assert.ok('refused' in read);
  assert.equal(read.detail, 'Cannot create stream: broadcasterId is missing, and 1 more');
});
