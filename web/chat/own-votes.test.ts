import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatFrame } from '../../contract/index.ts';
import { afterAnswer, NO_VOTES, ownChoice, withSent } from './own-votes.ts';

const taken = (nonce: string) =>
  ({ type: 'commanded', nonce, text: 'Your vote is counted.' }) satisfies ChatFrame;
const refused = (nonce: string) =>
  ({
    ...{ type: 'refused', nonce, code: 'already_voted', detail: '', retryAfterMs: null },
  }) as const satisfies ChatFrame;

test('ownChoice() is what was voted for, at once and when it is taken', () => {
  const sent = withSent(NO_VOTES, 'n1', { pollId: 'p', index: 1 });
  assert.deepEqual([ownChoice(NO_VOTES, 'p'), ownChoice(sent, 'p')], [null, 1]);
  const counted = afterAnswer(sent, taken('n1'));
  assert.deepEqual([ownChoice(counted, 'p'), ownChoice(counted, 'another')], [1, null]);
  assert.equal(counted.sent.size, 0);
});

test('afterAnswer() takes back a vote that is refused, and leaves the one that counts', () => {
  const sent = withSent(NO_VOTES, 'n1', { pollId: 'p', index: 1 });
  assert.equal(ownChoice(afterAnswer(sent, refused('n1')), 'p'), null);
  const second = withSent(afterAnswer(sent, taken('n1')), 'n2', { pollId: 'p', index: 0 });
  for (const answer of [refused('n2'), taken('n2')]) {
    assert.equal(ownChoice(afterAnswer(second, answer), 'p'), 1);
  }
  const next = withSent(second, 'n3', { pollId: 'q', index: 0 });
  assert.equal(ownChoice(afterAnswer(next, taken('n3')), 'q'), 0);
});

test('afterAnswer() passes over what was no vote', () => {
  assert.equal(afterAnswer(NO_VOTES, taken('other')), NO_VOTES);
});
