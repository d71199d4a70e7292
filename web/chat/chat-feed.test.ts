import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChatEntry, ChatFrame } from '../../contract/index.ts';
import { message, welcome } from './chat.test-support.ts';
import {
  afterFrame,
  EMPTY_FEED,
  type Feed,
  MOST_LINES,
  withNotice,
  withoutShown,
  withPending,
} from './chat-feed.ts';

const from = (frames: readonly ChatFrame[], start: Feed = EMPTY_FEED): Feed =>
  frames.reduce(afterFrame, start);
const entries = (...list: readonly ChatEntry[]): ChatFrame => {
  const last = list.at(-1);
  return { type: 'entries', seq: last?.seq ?? 0, skipped: 0, entries: list };
};
const keys = ({ lines }: Feed): string => lines.map(({ key }) => key).join(' ');
const mine = { author: { id: 'bob', name: 'Bob', roles: [] } };
const history: ChatFrame = { type: 'history', seq: 2, entries: [message(1), message(2)] };

test('afterFrame() shows what was and what comes, each once', () => {
  const feed = from([welcome({}), history, entries(message(2), message(3)), entries(message(3))]);
  assert.equal(keys(feed), 'msg_1 msg_2 msg_3');
});

test('afterFrame() goes on behind a break, and begins anew after a resync', () => {
  const resumed = from([history, welcome({ isResumed: true }), entries(message(3), message(4))]);
  assert.equal(keys(resumed), 'msg_1 msg_2 msg_3 msg_4');
  const anew = from([
    ...[history, welcome({ epoch: 'other' })],
    { type: 'resync', reason: 'other_epoch' },
    { type: 'history', seq: 1, entries: [message(1, { id: 'another' })] },
  ]);
  assert.equal(keys(anew), 'another', 'numbers of another epoch begin where they like');
});

test('afterFrame() takes away what a moderator took back', () => {
  const said = from([welcome({}), history, entries(message(3, mine), message(4))]);
  assert.equal(
    keys(from([entries({ type: 'removal', seq: 5, ids: ['msg_2'] })], said)),
    'msg_1 msg_3 msg_4',
  );
  const purge = {
    type: 'purge',
    seq: 5,
    authorId: 'ada',
    authorName: 'Ada',
    durationS: 60,
  } as const;
  assert.equal(
    keys(from([entries(purge, message(6))], said)),
    'msg_3 msg_6',
    'not what comes later',
  );
  assert.equal(keys(from([entries({ type: 'clear', seq: 5 }, message(6))], said)), 'msg_6');
  const within = entries(message(5), { type: 'removal', seq: 6, ids: ['msg_5'] }, message(7));
  assert.equal(keys(from([within], said)), 'msg_1 msg_2 msg_3 msg_4 msg_7', 'in the same frame');
});

test('afterFrame() passes over an entry of a type that it does not know', () => {
  const strange = { type: 'firework', seq: 3 } as unknown as ChatEntry;
  assert.equal(keys(from([history, entries(strange, message(4))])), 'msg_1 msg_2 msg_4');
});

const post = { nonce: 'n1', text: 'hello  all', replyTo: null, id: null };
const said = message(3, { ...mine, fragments: [{ type: 'text', text: 'hello all' }] });

test('afterFrame() knows an own message again, whichever comes first: it or its answer', () => {
  const posted: ChatFrame = { type: 'posted', nonce: 'n1', id: 'msg_3', seq: 3, isKept: true };
  for (const frames of [
    [entries(said), posted],
    [posted, entries(said)],
  ]) {
    let feed = withPending(from([welcome({}), history]), post);
    feed = withoutShown(from(frames.slice(0, 1), feed), feed.lines);
    const shownTwice =
      feed.lines.some(({ key }) => key === 'msg_3') && feed.pending.some(({ id }) => id === null);
    assert.equal(shownTwice, false);
    feed = from(frames.slice(1), feed);
    assert.equal(keys(feed), 'msg_1 msg_2 msg_3');
    assert.deepEqual(withoutShown(feed, feed.lines).pending, []);
    assert.equal(
      withoutShown(feed, feed.lines.slice(0, 2)).pending[0]?.id,
      'msg_3',
      'not shown yet',
    );
  }
});

test('afterFrame() knows an own action again, and no message of the same words', () => {
  const feed = withPending(from([welcome({}), history]), { ...post, text: '/me hello  all' });
  const idAfter = (entry: ChatEntry) => from([entries(entry)], feed).pending[0]?.id;
  assert.equal(idAfter({ ...said, kind: 'action' }), 'msg_3');
  assert.equal(idAfter(said), null);
});

test('afterFrame() does not take the same words of somebody else for an own message', () => {
  const feed = withPending(from([welcome({}), history]), post);
  const [pending] = from(
    [entries({ ...said, author: { id: 'eve', name: 'Bob', roles: [] } })],
    feed,
  ).pending;
  assert.equal(pending?.id, null);
});

test('afterFrame() lets go of a post that was refused, carried out, or taken back', () => {
  const feed = withPending(from([welcome({}), history]), post);
  const refused = {
    type: 'refused',
    nonce: 'n1',
    code: 'slow_mode',
    detail: '',
    retryAfterMs: 1,
  } as const;
  assert.deepEqual(from([refused], feed).pending, []);
  assert.deepEqual(from([{ type: 'commanded', nonce: 'n1', text: 'done' }], feed).pending, []);
  assert.equal(from([{ ...refused, nonce: 'other' }], feed).pending.length, 1);
  const gone = from([entries(said), entries({ type: 'removal', seq: 4, ids: ['msg_3'] })], feed);
  assert.deepEqual([keys(gone), gone.pending], ['msg_1 msg_2', []]);
});

test('withNotice() speaks among the messages, and a clear does not silence it', () => {
  const notice = { kind: 'notice', key: 'n', atMs: 0, text: 'done' } as const;
  const feed = from([entries({ type: 'clear', seq: 3 })], withNotice(from([history]), notice));
  assert.equal(keys(feed), 'n');
});

test('afterFrame() holds no more than its limit, in order, whatever comes', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, (batches) => {
      let seq = 0;
      let feed = EMPTY_FEED;
      for (const size of batches) {
        const list = Array.from({ length: size }, (_, index) => message(seq + index + 1));
        seq += size;
        feed = afterFrame(feed, { type: 'entries', seq, skipped: 0, entries: list });
      }
      const numbers = feed.lines.map((line) => (line.kind === 'message' ? line.message.seq : 0));
      const expected = Array.from({ length: Math.min(seq, MOST_LINES) }, (_, i) => seq - i);
      assert.deepEqual(numbers, expected.reverse());
    }),
    { numRuns: 30 },
  );
});
