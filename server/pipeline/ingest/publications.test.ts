import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../base/index.ts';
import { Feed } from '../../live/index.ts';
import type { MediaEvent, VideoTrack } from '../../media/index.ts';
import { type MediaSource, Publications } from './publications.ts';
import type { RtmpPublisher } from './rtmp-connection.ts';

const track: VideoTrack = {
  kind: 'video',
  codec: 'avc1',
  codecString: 'avc1.64001f',
  timescale: 90_000,
  width: 1280,
  height: 720,
  frameRate: 30,
  config: new Uint8Array(),
};

/** A source that makes a track of its first message and a frame of each, stamped as sent. */
class FakeSource implements MediaSource {
  #begun = false;
  unsupported: string | undefined;
  readonly repairs = new Map([['jump_joined', 1]]);

  media(_kind: 'audio' | 'video', timestampMs: number, data: Uint8Array): MediaEvent[] {
    const dts = timestampMs * 90;
    const sample = { kind: 'video', dts, pts: dts, keyframe: true, data } as const;
    const events: MediaEvent[] = this.#begun ? [] : [{ type: 'track', track }];
    this.#begun = true;
    if (data.length === 0) this.unsupported = 'VP6 video is not supported';
    else events.push({ type: 'sample', sample });
    return events;
  }

  end(): MediaEvent[] {
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

function scene() {
  const feeds: Feed[] = [];
  const gone: string[] = [];
  const publications = new Publications({
    log: silentLog,
    source: () => new FakeSource(),
    goLive: () => {
      const feed = new Feed();
      feeds.push(feed);
      return feed;
    },
    gone: (streamId, reason) => gone.push(`${streamId}: ${reason}`),
  });
  return { publications, feeds, gone };
}

const FRAME = Uint8Array.of(1);

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
  const seen: string[] = [];
  for (let event = cursor?.take(); event !== undefined; event = cursor?.take()) {
    seen.push(event.type);
  }
  assert.deepEqual(seen, ['track', 'track', 'discontinuity', 'sample']);
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
});

test('media() that cannot be carried ends the publisher by name', () => {
  const { publications } = scene();
  const publisher = new FakePublisher();
  publications.publish('a', publisher).media('video', 0, new Uint8Array());
  assert.deepEqual(publisher.closedFor, ['VP6 video is not supported']);
  assert.equal(publications.count, 0);
});
