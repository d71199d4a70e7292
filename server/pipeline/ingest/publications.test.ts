import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { Feed, type FeedCursor, MAX_RUNGS } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import type { SourceEvent } from './normaliser-input.ts';
import { type MediaSource, Publications } from './publications.ts';
import type { RtmpPublisher } from './rtmp-connection.ts';

const track = videoTrack({ frameRate: 30 });

/** A source that makes a track of its first message and a frame of each, stamped as sent. */
class FakeSource implements MediaSource {
  readonly #rungs: readonly string[];
  #begun = false;
  unsupported: string | undefined;
  readonly repairs = new Map([['jump_joined', 1]]);
  readonly dropped = new Map([['empty', 1]]);

  /** Each frame comes in `rungs` as well. */
  constructor(rungs: readonly string[]) {
    this.#rungs = rungs;
  }

  media(_kind: 'audio' | 'video', timestampMs: number, data: Uint8Array): SourceEvent[] {
    const dts = timestampMs * 90;
    const sample = { kind: 'video', dts, pts: dts, keyframe: true, data } as const;
    const events: MediaEvent[] = this.#begun ? [] : [{ type: 'track', track }];
    this.#begun = true;
    if (data.length === 0) this.unsupported = 'VP6 video is not supported';
    else events.push({ type: 'sample', sample });
    const rungs = this.#rungs.flatMap((name) =>
      events.map((event): SourceEvent => ({ type: 'rung', name, event })),
    );
    return [...events, ...rungs];
  }

  end(): SourceEvent[] {
    return [];
  }
}

class FakePublisher implements RtmpPublisher {
  readonly connectionId = 1;
  readonly remoteAddress = '127.0.0.1';
  readonly closedFor: string[] = [];

  close(reason: string): void {
    this.closedFor.push(reason);
  }
}

/** `ladders` are the rungs of each publisher after another; none when left out. */
function scene(...ladders: readonly (readonly string[])[]) {
  let sources = 0;
  const feeds: Feed[] = [];
  const gone: string[] = [];
  const waits: string[] = [];
  const clock = new ManualClock();
  const publications = new Publications({
    log: silentLog,
    clock,
    reconnectWindowMs: 60_000,
    source: () => new FakeSource(ladders[sources++] ?? []),
    goLive: () => {
      const feed = new Feed();
      feeds.push(feed);
      return feed;
    },
    lost: (streamId, reason) => waits.push(`${streamId} lost: ${reason}`),
    resumed: (streamId) => waits.push(`${streamId} resumed`),
    gone: (streamId, reason) => gone.push(`${streamId}: ${reason}`),
  });
  return { publications, feeds, gone, waits, clock };
}

const FRAME = Uint8Array.of(1);

/** What a reader has not read yet: samples by their decode times, other events by their types. */
function unread(cursor: FeedCursor | undefined): (string | number)[] {
  const seen: (string | number)[] = [];
  for (let event = cursor?.take(); event !== undefined; event = cursor?.take()) {
    seen.push(event.type === 'sample' ? event.sample.dts : event.type);
  }
  return seen;
}

/** Decode time of the last sample. */
function lastOf(events: readonly (string | number)[]): number {
  const last = events.at(-1);
  assert.ok(typeof last === 'number', 'a sample is last');
  return last;
}

test('publish() makes a stream live with its first sample, configuration first', () => {
  const { publications, feeds } = scene();
  const sink = publications.publish('a', new FakePublisher());
  assert.equal(feeds.length, 0);
  sink.media('video', 0, FRAME);
  assert.equal(feeds.length, 1);
  assert.deepEqual([...(feeds[0]?.tracks.keys() ?? [])], ['video']);
});

test('publish() lets the newest win, on the same feed, and fences the one before', () => {
  const { publications, feeds, gone } = scene();
  const first = new FakePublisher();
  const old = publications.publish('a', first);
  old.media('video', 0, FRAME);
  const cursor = feeds[0]?.read();
  const sink = publications.publish('a', new FakePublisher());
  assert.equal(first.closedFor.length, 1);
  old.media('video', 40, FRAME);
  old.end('closed');
  sink.media('video', 7, FRAME);
  assert.equal(feeds.length, 1);
  assert.deepEqual(gone, []);
  assert.deepEqual(unread(cursor), ['track', 'track', 'discontinuity', 3000 + 7 * 90]);
  assert.equal(publications.takeovers, 1);
});

test('end() closes the feed and the publisher, once', () => {
  const { publications, feeds, gone } = scene();
  const publisher = new FakePublisher();
  const sink = publications.publish('a', publisher);
  sink.media('video', 0, FRAME);
  assert.equal(publications.end('a', 'ended by request'), true);
  assert.equal(publications.end('a', 'ended by request'), false);
  sink.end('closed');
  assert.equal(feeds[0]?.closed, true);
  assert.deepEqual(publisher.closedFor, ['ended by request']);
  assert.deepEqual(gone, ['a: ended by request']);
  assert.deepEqual([...publications.repairs], [['jump_joined', 1]]);
  assert.deepEqual([...publications.dropped], [['empty', 1]]);
});

test('end() of a publisher that says goodbye ends the broadcast at once', () => {
  const { publications, feeds, gone, waits } = scene();
  const sink = publications.publish('a', new FakePublisher());
  sink.media('video', 0, FRAME);
  sink.end('unpublished');
  assert.equal(feeds[0]?.closed, true);
  assert.deepEqual([gone, waits], [['a: unpublished'], []]);
});

test('end() of a publisher that is lost keeps the broadcast for the next one', () => {
  const { publications, feeds, gone, waits, clock } = scene(['360p'], ['360p']);
  const first = publications.publish('a', new FakePublisher());
  for (const stampMs of [0, 40]) first.media('video', stampMs, FRAME);
  const cursors = [feeds[0]?.read(), feeds[0]?.rungs.get('360p')?.read()];
  for (const cursor of cursors) unread(cursor);
  first.end('peer_closed');
  assert.equal(publications.awaits('a'), true);
  clock.advance(20_000);
  const second = publications.publish('a', new FakePublisher());
  assert.equal(publications.awaits('a'), true, 'until it sends');
  clock.advance(500);
  second.media('video', 7, FRAME);
  assert.equal(publications.awaits('a'), false);
  assert.deepEqual(waits, ['a lost: peer_closed', 'a resumed']);
  // The silence is on the timeline: dates stay those of the clock.
  const resumed = (80 + 20_500 + 7) * 90;
  assert.deepEqual(cursors.map(unread), [
    ['track', 'discontinuity', resumed],
    ['track', resumed],
  ]);
  assert.deepEqual([feeds.length, gone.length, publications.takeovers], [1, 0, 0]);
});

test('publish() keeps media time at the clock, however often and briefly publishers are lost', () => {
  const { publications, feeds, clock } = scene();
  const startedMs = clock.monotonicMs();
  let cursor: FeedCursor | undefined;
  for (let count = 0; count < 100; count++) {
    const sink = publications.publish('a', new FakePublisher());
    for (const stampMs of [0, 40, 80]) {
      sink.media('video', stampMs, FRAME);
      cursor ??= feeds[0]?.read();
      clock.advance(40);
    }
    sink.end('peer_closed');
    const mediaMs = count === 0 ? 120 : lastOf(unread(cursor)) / 90;
    const behindMs = clock.monotonicMs() - startedMs - mediaMs;
    assert.ok(behindMs >= 0 && behindMs < 1_200, `${behindMs} ms after ${count} losses`);
    clock.advance(780);
  }
});

test('publish() counts a silence once when who came meanwhile sent no sample', () => {
  const { publications, feeds, clock } = scene();
  const first = publications.publish('a', new FakePublisher());
  first.media('video', 0, FRAME);
  const cursor = feeds[0]?.read();
  first.end('peer_closed');
  for (let count = 0; count < 5; count++) {
    clock.advance(10_000);
    const sink = publications.publish('a', new FakePublisher());
    if (count === 4) sink.media('video', 0, FRAME);
    else sink.end('peer_closed');
  }
  assert.ok(Math.abs(lastOf(unread(cursor)) / 90_000 - 50) < 0.1);
});

test('end() of a publisher that is lost ends the broadcast when nobody comes in time', () => {
  const { publications, feeds, gone, clock } = scene();
  const first = publications.publish('a', new FakePublisher());
  first.media('video', 0, FRAME);
  first.end('peer_closed');
  clock.advance(40_000);
  const silent = new FakePublisher();
  publications.publish('a', silent).end('peer_closed');
  clock.advance(19_999);
  assert.equal(feeds[0]?.closed, false);
  clock.advance(1);
  assert.equal(feeds[0]?.closed, true, 'one that sent nothing does not begin the window anew');
  assert.deepEqual(gone, ['a: peer_closed, and nobody came back in time']);
  publications.publish('a', new FakePublisher()).media('video', 0, FRAME);
  assert.equal(feeds.length, 2, 'a new broadcast');
});

test('end() of the broadcast while its publisher is waited for ends the wait', () => {
  const { publications, gone, clock } = scene();
  const first = publications.publish('a', new FakePublisher());
  first.media('video', 0, FRAME);
  first.end('too_slow');
  assert.equal(publications.end('a', 'ended by request'), true);
  clock.advance(120_000);
  assert.deepEqual(gone, ['a: ended by request']);
});

test('end() of a publisher that sent nothing waits for nobody', () => {
  const { publications, waits } = scene();
  publications.publish('a', new FakePublisher()).end('peer_closed');
  assert.deepEqual([publications.awaits('a'), waits], [false, []]);
});

test('media() that cannot be carried ends the publisher by name', () => {
  const { publications } = scene();
  const publisher = new FakePublisher();
  publications.publish('a', publisher).media('video', 0, new Uint8Array());
  assert.deepEqual(publisher.closedFor, ['VP6 video is not supported']);
  assert.equal(publications.count, 0);
});

test('publish() opens a rung for each that the publisher sends, and closes it after the feed', () => {
  const { publications, feeds } = scene(['360p', '240p']);
  const sink = publications.publish('a', new FakePublisher());
  sink.media('video', 0, FRAME);
  const feed = feeds[0];
  assert.deepEqual([...(feed?.rungs.keys() ?? [])], ['360p', '240p']);
  const rung = feed?.rungs.get('240p');
  const cursor = rung?.read();
  sink.media('video', 40, FRAME);
  assert.deepEqual(unread(cursor), ['track', 0, 40 * 90]);
  sink.end('unpublished');
  assert.deepEqual([feed?.closed, rung?.closed], [true, true]);
});

test('publish() lets a rung of the newest publisher go on in the feed of its name', () => {
  const { publications, feeds } = scene(['360p', '240p'], ['360p', '480p']);
  const first = publications.publish('a', new FakePublisher());
  for (const stampMs of [0, 40, 80]) first.media('video', stampMs, FRAME);
  const rung = feeds[0]?.rungs.get('360p');
  const cursors = [feeds[0]?.read(), rung?.read()];
  publications.publish('a', new FakePublisher()).media('video', 7, FRAME);
  assert.deepEqual(cursors.map(unread), [
    ['track', 'track', 'discontinuity', 127 * 90],
    ['track', 0, 40 * 90, 80 * 90, 'track', 127 * 90],
  ]);
  assert.deepEqual([...(feeds[0]?.rungs.keys() ?? [])], ['360p', '240p', '480p']);
});

test('publish() leaves a rung alone that somebody else publishes, and names its own otherwise', () => {
  const { publications, feeds } = scene([], ['360p'], ['360p'], []);
  const next = () => publications.publish('a', new FakePublisher()).media('video', 0, FRAME);
  next();
  const feed = feeds[0];
  const transcoded = feed?.openRung('360p').read();
  next();
  assert.deepEqual(unread(transcoded), []);
  assert.deepEqual([...(feed?.rungs.keys() ?? [])], ['360p', '360p-2']);
  next();
  assert.deepEqual([...(feed?.rungs.keys() ?? [])], ['360p', '360p-2'], 'and stays with the name');
  assert.deepEqual([...(feed?.publisherRungs ?? [])], ['360p-2']);
  next();
  assert.deepEqual([...(feed?.publisherRungs ?? [])], [], 'the newest sends none');
});

test('publish() opens no more rungs than a feed may have, however many publishers follow', () => {
  const names = Array.from({ length: MAX_RUNGS + 2 }, (_, index) => `${100 + index}p`);
  const { publications, feeds } = scene(...names.map((name) => [name]));
  for (const _ of names) publications.publish('a', new FakePublisher()).media('video', 0, FRAME);
  assert.equal(feeds[0]?.rungs.size, MAX_RUNGS);
  assert.equal(publications.dropped.get('too_many_rungs'), 4);
});
