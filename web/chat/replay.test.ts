import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChatMessage } from '../../contract/index.ts';
import { atMs, message } from './chat.test-support.ts';
import { lineOf } from './chat-feed.ts';
import { MOST_SHOWN, placeOf, shownLines, shownUntilMs } from './in-step.ts';
import { nextAsk, type ReplayAsk, type ReplayBook, withAnswer } from './replay-book.ts';

test('shownUntilMs() goes on with the picture, over stutters, and back with a viewer', () => {
  assert.equal(shownUntilMs(null, 1_000), 1_000);
  assert.equal(shownUntilMs(1_000, 2_000), 2_000);
  assert.equal(shownUntilMs(9_000, 8_000), 9_000, 'what was shown stays');
  assert.equal(shownUntilMs(9_000, 3_000), 3_000, 'the viewer went back');
});

test('shownLines() shows what was written by then, the latest of it', () => {
  const lines = [1, 2, 3, 10].map((seq) => lineOf(message(seq)));
  assert.deepEqual(shownLines(lines, null), lines);
  assert.deepEqual(shownLines(lines, atMs(3)), lines.slice(0, 3));
  assert.deepEqual(shownLines(lines, atMs(0)), []);
  const many = Array.from({ length: 500 }, (_, seq) => lineOf(message(seq)));
  assert.deepEqual(shownLines(many, null), many.slice(-MOST_SHOWN));
  assert.deepEqual(shownLines(many, atMs(400)), many.slice(401 - MOST_SHOWN, 401));
});

test('placeOf() tells a picture’s media time by what a message says of its own', () => {
  const lines = [message(5, { broadcastId: 'b0' }), message(20), message(30)].map(lineOf);
  const place = { broadcastId: 'b1', mediaS: 12.5, liveFromS: 20 };
  assert.deepEqual(placeOf(lines, atMs(12.5)), place);
  assert.equal(placeOf([], atMs(1)), null);
  assert.equal(placeOf([lineOf(message(1, { broadcastId: null }))], atMs(1)), null);
});

/** Answers as the server does. */
function answer(all: readonly ChatMessage[], ask: ReplayAsk) {
  const begin = ask.cursor === undefined ? -1 : Number(ask.cursor);
  const found = all.filter(
    ({ streamTime: s, seq }) =>
      s >= ask.from && s < ask.to && (ask.order === 'newest' || seq > begin),
  );
  const page = ask.order === 'oldest' ? found.slice(0, ask.limit) : found.slice(-ask.limit);
  const isWhole = page.length === found.length;
  return { messages: page, next_cursor: isWhole ? null : String(page.at(-1)?.seq) };
}

test('nextAsk() asks for nothing while the picture is where the socket told everything', () => {
  assert.equal(nextAsk(null, { broadcastId: 'b1', mediaS: 60, liveFromS: 50 }), null);
  const near = nextAsk(null, { broadcastId: 'b1', mediaS: 55, liveFromS: 50 });
  assert.equal(near?.to, 50, 'there is little to show before the picture yet');
});

test('nextAsk() asks once for a moment, and goes on before the picture gets there', () => {
  const all = Array.from({ length: 200 }, (_, seq) => message(seq));
  const place = { broadcastId: 'b1', mediaS: 60, liveFromS: 190 };
  const first = nextAsk(null, place);
  assert.ok(first !== null);
  assert.deepEqual([first.order, first.to], ['newest', 60]);
  const book = withAnswer(null, first, answer(all, first));
  const next = nextAsk(book, place);
  assert.ok(next !== null);
  assert.deepEqual([next.order, next.from, next.to], ['oldest', 60, 120]);
  const longer = withAnswer(book, next, answer(all, next));
  assert.equal(nextAsk(longer, place), null);
  assert.equal(nextAsk(longer, { ...place, mediaS: 104 }), null);
  assert.equal(nextAsk(longer, { ...place, mediaS: 106 })?.from, 120);
  assert.equal(nextAsk(longer, { ...place, mediaS: 10 }), null, 'to what is known');
  assert.equal(nextAsk(longer, { ...place, mediaS: 170 })?.order, 'newest', 'far ahead');
  assert.equal(nextAsk(longer, { ...place, broadcastId: 'b2' })?.order, 'newest');
});

/** All messages of the stretch, in order; of its first moment some may have been forgotten. */
function assertWhole(book: ReplayBook, all: readonly ChatMessage[], mediaS: number): void {
  assert.ok(book.messages.length <= 1_000);
  assert.ok(book.toS >= mediaS, 'the moment is known');
  const known = book.messages.map(({ seq }) => seq);
  const wanted = all.filter(({ streamTime: s }) => s >= book.fromS && s < book.toS);
  assert.deepEqual(
    known.filter((seq) => (all[seq]?.streamTime ?? 0) < book.toS),
    wanted.map(({ seq }) => seq).filter((seq) => seq >= (known[0] ?? 0)),
  );
  const missing = wanted.filter(({ seq }) => !known.includes(seq));
  assert.ok(missing.every(({ streamTime: s }) => s === book.fromS));
}

test('the messages of a replay are all that were written, each once, wherever a viewer goes', () => {
  const gaps = fc.array(fc.constantFrom(0, 0, 0.001, 0.2, 5, 40), { minLength: 1, maxLength: 700 });
  const moves = fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(gaps, moves, (between, visits) => {
      let streamTime = 0;
      const all = between.map((gap, seq) => {
        streamTime += gap;
        return message(seq, { streamTime });
      });
      const liveFromS = streamTime + 1;
      let book: ReplayBook | null = null;
      for (const visit of visits) {
        // Watches on for a minute from there.
        for (let mediaS = visit; mediaS < visit + 60 && mediaS < liveFromS; mediaS += 5) {
          for (let asks = 0; ; asks += 1) {
            const ask = nextAsk(book, { broadcastId: 'b1', mediaS, liveFromS });
            if (ask === null) break;
            assert.ok(asks < 10, 'it comes to an end');
            book = withAnswer(book, ask, answer(all, ask));
          }
          if (book !== null) assertWhole(book, all, mediaS);
        }
      }
    }),
    { numRuns: 60 },
  );
});
