import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock, RightOfWay } from '../../base/index.ts';
import { Broadcast, OnAir, Presentation } from '../../live/index.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';
import { isDeliveryPath, Origin } from './origin.ts';
import { isClear } from './right-of-way.test-support.ts';

const TARGETS = { windowSize: 6, targetDuration: 2, partTarget: 0.35433 };

function text(answer: Answer): string {
  return Buffer.concat(answer.body).toString();
}

function header(answer: Answer, name: string): string | undefined {
  return answer.headers.find(([key]) => key === name)?.[1];
}

function scene() {
  const clock = new ManualClock();
  const onAir = new OnAir();
  const broadcast = new Broadcast('b1', 'demo', clock.epochMs());
  onAir.start(broadcast);
  const video = broadcast.presentation.add('video', TARGETS);
  const ring = broadcast.media('video');
  const { timeline } = video;
  timeline.start(1);
  const orchestrated = new Map<string, Presentation>();
  const served: string[] = [];
  const waits: number[] = [];
  const rightOfWay = new RightOfWay(clock, (task) => task());
  const origin = new Origin({
    clock,
    onAir,
    orchestrated: {
      presentation: (id) => orchestrated.get(id),
      served: (id, rendition) => served.push(`${id}/${rendition}`),
    },
    observer: { answered: (waitedMs) => waits.push(waitedMs) },
    rightOfWay,
  });
  const part = (msn: number, index: number): void => {
    if (index === 0) {
      timeline.openSegment({ discontinuity: false, init: { uri: 'init0.mp4' } }, `p${msn}.0.m4s`);
    }
    ring.putPart(msn, Uint8Array.of(msn, index));
    timeline.appendPart(
      { uri: `p${msn}.${index}.m4s`, duration: 1 / 3, independent: index === 0 },
      `p${msn}.${index + 1}.m4s`,
    );
  };
  const close = (msn: number): void => {
    video.measure(ring.closeSegment(msn), 2);
    timeline.closeSegment({ duration: 2, uri: `s${msn}.m4s` }, `p${msn + 1}.0.m4s`);
  };
  for (let index = 0; index < 6; index += 1) part(1, index);
  close(1);
  const ask = (target: string, more: Partial<DeliveryRequest> = {}) => {
    const [path = '', query = ''] = target.split('?');
    const answers: Answer[] = [];
    const request: DeliveryRequest = {
      method: 'GET',
      path,
      query,
      gzip: false,
      ifNoneMatch: undefined,
      range: undefined,
      ...more,
    };
    const cancel = origin.handle(request, (given) => answers.push(given));
    return { answers, cancel };
  };
  const now = (target: string, more: Partial<DeliveryRequest> = {}): Answer => {
    const { answers } = ask(target, more);
    const [given] = answers;
    assert.ok(given !== undefined, `${target} is answered at once`);
    return given;
  };
  const streams = { broadcast, onAir, orchestrated, served };
  return { ...streams, clock, origin, rightOfWay, waits, part, close, ask, now };
}

const PLAYLIST = '/live/demo/b1/video/playlist.m3u8';
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('handle() serves the multivariant playlist of the live broadcast', () => {
  const { now, broadcast } = scene();
  const answer = now('/live/demo/master.m3u8');
  assert.equal(answer.status, 200);
  assert.match(text(answer), /b1\/video\/playlist\.m3u8\n$/);
  broadcast.end(0);
  assert.equal(now('/live/demo/master.m3u8').status, 404);
  assert.match(text(now('/live/demo/master.m3u8')), /"code":"not_live"/);
});

test('handle() compresses a multivariant playlist once for all, and only sends it when it changed', () => {
  const { now } = scene();
  const master = '/live/demo/master.m3u8';
  const first = now(master, { gzip: true });
  assert.equal(now(master, { gzip: true }), first);
  assert.equal(gunzipSync(Buffer.concat(first.body)).toString(), text(now(master)));
  assert.notEqual(header(first, 'etag'), header(now(master), 'etag'));
  const unchanged = now(master, { gzip: true, ifNoneMatch: header(first, 'etag') });
  assert.equal(unchanged.status, 304);
});

test('handle() leads the address without a broadcast to the one that is live', () => {
  const answer = scene().now('/live/demo/video/playlist.m3u8?_HLS_msn=2');
  assert.equal(answer.status, 302);
  assert.equal(header(answer, 'location'), '../b1/video/playlist.m3u8?_HLS_msn=2');
});

test('handle() gives everybody the same rendered answer, compressed for who takes it', () => {
  const { now } = scene();
  const plain = now(PLAYLIST);
  assert.equal(plain, now(PLAYLIST));
  const packed = now(PLAYLIST, { gzip: true });
  assert.equal(header(packed, 'content-encoding'), 'gzip');
  assert.equal(gunzipSync(Buffer.concat(packed.body)).toString(), text(plain));
  assert.notEqual(header(packed, 'etag'), header(plain, 'etag'));
});

test('handle() tells whoever waits for a part that is missing', async () => {
  const { broadcast, ask, now } = scene();
  const held = ask('/live/demo/b1/video/p2.0.m4s');
  const after = ask('/live/demo/b1/video/p2.1.m4s');
  assert.deepEqual([held.answers, after.answers.map(({ status }) => status)], [[], [404]]);
  broadcast.media('video').losePart(2, 0);
  const timeline = broadcast.presentation.renditions.get('video')?.timeline;
  timeline?.openSegment({ discontinuity: false });
  const part = { uri: 'p2.0.m4s', duration: 1 / 3, independent: false, gap: true };
  timeline?.appendPart(part, 'p2.1.m4s');
  await settled();
  assert.deepEqual(
    held.answers.map(({ status }) => status),
    [404],
  );
  assert.match(text(now(PLAYLIST)), /URI="p2\.0\.m4s",GAP=YES\n.*URI="p2\.1\.m4s"\n/);
});

test('handle() answers If-None-Match with 304', () => {
  const { now, part } = scene();
  const etag = header(now(PLAYLIST), 'etag');
  assert.equal(now(PLAYLIST, { ifNoneMatch: `"x", W/${etag}` }).status, 304);
  part(2, 0);
  assert.equal(now(PLAYLIST, { ifNoneMatch: etag }).status, 200);
});

test('handle() holds a blocked reload until its part lands', async () => {
  const { ask, part, origin, clock, waits } = scene();
  const { answers } = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=0`);
  const later = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=1`);
  assert.equal(origin.held, 2);
  clock.advance(300);
  part(2, 0);
  await settled();
  assert.equal(answers[0]?.status, 200);
  assert.match(text(answers[0] as Answer), /p2\.0\.m4s/);
  assert.equal(header(answers[0] as Answer, 'cache-control'), 'max-age=12');
  assert.equal(later.answers.length, 0);
  assert.deepEqual(waits, [300]);
  later.cancel?.();
  assert.equal(origin.held, 0);
  part(2, 1);
  await settled();
  assert.equal(later.answers.length, 0);
});

test('handle() answers 503 after three target durations of waiting', () => {
  const { ask, clock } = scene();
  const { answers } = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=0`);
  clock.advance(5_999);
  assert.equal(answers.length, 0);
  clock.advance(2);
  assert.equal(answers[0]?.status, 503);
  assert.equal(header(answers[0] as Answer, 'cache-control'), 'no-store');
});

test('handle() refuses directives that cannot be meant', () => {
  const { now } = scene();
  for (const query of [
    '_HLS_part=0',
    '_HLS_msn=9',
    '_HLS_msn=x',
    '_HLS_msn=-1',
    '_HLS_msn=1.5',
    '_HLS_msn=',
    '_HLS_msn=1&_HLS_msn=2',
    '_HLS_msn=2&_HLS_part=99',
    '_HLS_skip=no',
  ]) {
    assert.equal(now(`${PLAYLIST}?${query}`).status, 400, query);
  }
});

test('handle() ends held requests when the broadcast ends and ignores directives after', async () => {
  const { ask, now, broadcast } = scene();
  const { answers } = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=0`);
  broadcast.end(0);
  await settled();
  assert.match(text(answers[0] as Answer), /#EXT-X-ENDLIST/);
  assert.match(text(now(`${PLAYLIST}?_HLS_msn=77&_HLS_part=x`)), /#EXT-X-ENDLIST/);
});

test('handle() holds the hinted part, and says 404 or 410 for others', async () => {
  const { ask, now, part } = scene();
  const base = '/live/demo/b1/video';
  const { answers } = ask(`${base}/p2.0.m4s`);
  assert.equal(answers.length, 0);
  part(2, 0);
  await settled();
  assert.deepEqual(answers[0]?.body, [Uint8Array.of(2, 0)]);
  assert.equal(now(`${base}/p7.0.m4s`).status, 404);
  assert.equal(now(`${base}/p0.0.m4s`).status, 410);
  assert.equal(now(`${base}/../../x`).status, 404);
});

test('handle() serves ranges of a segment over the seams of its parts', () => {
  const { now } = scene();
  const answer = now('/live/demo/b1/video/s1.m4s', { range: 'bytes=1-4' });
  assert.equal(answer.status, 206);
  assert.equal(header(answer, 'content-range'), 'bytes 1-4/12');
  assert.deepEqual([...Buffer.concat(answer.body)], [0, 1, 1, 1]);
  assert.equal(now('/live/demo/b1/video/s1.m4s', { range: 'bytes=99-' }).status, 416);
});

test('handle() serves orchestrated playlists and says that it did', () => {
  const { now, orchestrated, served } = scene();
  const presentation = new Presentation();
  const rendition = presentation.add('720p', { ...TARGETS, partTarget: undefined });
  orchestrated.set('event', presentation);
  assert.equal(now('/streams/other/renditions/720p/playlist.m3u8').status, 404);
  assert.equal(now('/streams/event/renditions/480p/playlist.m3u8').status, 404);
  assert.equal(now('/streams/event/renditions/720p/playlist.m3u8').status, 404);
  rendition.timeline.start(42);
  rendition.timeline.appendSegment({ discontinuity: false }, { duration: 2, uri: '/42.ts' });
  const answer = now('/streams/event/renditions/720p/playlist.m3u8');
  assert.match(text(answer), /#EXT-X-MEDIA-SEQUENCE:42\n/);
  assert.deepEqual(new Set(served), new Set(['event/720p']));
});

test('isDeliveryPath() leaves streams and renditions named like playlists to the API', () => {
  for (const path of [
    '/live/demo/master.m3u8',
    '/streams/event/master.m3u8',
    '/streams/event.m3u8/master.m3u8',
    '/streams/event/renditions/720p/playlist.m3u8',
    '/streams/event/renditions/playlist.m3u8/playlist.m3u8',
    '/api/streams/demo/master.m3u8',
    '/api/streams/demo/720p/playlist.m3u8',
    '/api/streams/demo/b1/720p/playlist.m3u8',
    '/api/streams/demo/b1/720p/s1.m4s',
  ]) {
    assert.equal(isDeliveryPath(path), true, path);
  }
  for (const path of [
    '/streams/event.m3u8',
    '/streams/master.m3u8',
    '/streams/event/renditions/720p.m3u8',
    '/streams/event/renditions/playlist.m3u8',
    '/streams/event/other.m3u8',
    '/api/streams/demo',
    '/api/streams/demo.m3u8',
    '/api/streams/demo/keys/key_1',
    '/api/streams/demo/720p/s1.m4s',
  ]) {
    assert.equal(isDeliveryPath(path), false, path);
  }
});

test('handle() takes the right of way for who waited for media, and for nobody else', async () => {
  const { ask, now, part, clock, rightOfWay } = scene();
  now(PLAYLIST);
  part(2, 0);
  await settled();
  assert.ok(isClear(rightOfWay), 'nobody waited');
  const { answers } = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=1`);
  part(2, 1);
  await settled();
  assert.equal(answers.length, 1);
  assert.ok(!isClear(rightOfWay), 'a playlist was waited for');
  clock.advance(100);
  const { answers: parts } = ask('/live/demo/b1/video/p2.2.m4s');
  part(2, 2);
  await settled();
  assert.equal(parts.length, 1);
  assert.ok(!isClear(rightOfWay), 'a part was waited for');
  const late = ask(`${PLAYLIST}?_HLS_msn=3`);
  clock.advance(60_000);
  assert.equal(late.answers[0]?.status, 503);
  assert.ok(isClear(rightOfWay), 'there is no media to make way for');
});

test('handle() answers a held request that fails with 500, and the others as ever', async () => {
  const { ask, broadcast, part } = scene();
  broadcast.presentation.add('other', TARGETS);
  const failing = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=0`);
  const fine = ask('/live/demo/b1/video/p2.0.m4s');
  const other = broadcast.presentation.renditions.get('other');
  assert.ok(other !== undefined);
  other.timeline.edge = () => {
    throw new Error('fault');
  };
  part(2, 0);
  await settled();
  assert.deepEqual(
    [failing, fine].map(({ answers }) => answers[0]?.status),
    [500, 200],
  );
});

test('release() answers what has nothing to show with 503 shutting_down', () => {
  const { ask, origin } = scene();
  const playlist = ask(`${PLAYLIST}?_HLS_msn=2&_HLS_part=0`);
  const media = ask('/live/demo/b1/video/p2.0.m4s');
  origin.release();
  assert.equal(origin.held, 0);
  for (const { answers } of [playlist, media]) {
    const [answer] = answers;
    assert.ok(answer !== undefined && answers.length === 1);
    assert.equal(answer.status, 503);
    assert.match(text(answer), /"code":"shutting_down"/);
    assert.equal(header(answer, 'cache-control'), 'no-store');
  }
});

test('handle() never repeats an entity tag for a stream that was made anew', () => {
  const { now, orchestrated, origin } = scene();
  const path = '/streams/event/renditions/720p/playlist.m3u8';
  const make = (uri: string): string | undefined => {
    const presentation = new Presentation();
    const { timeline } = presentation.add('720p', { ...TARGETS, partTarget: undefined });
    timeline.start(1);
    timeline.appendSegment({ discontinuity: false }, { duration: 2, uri });
    orchestrated.set('event', presentation);
    origin.forget('/streams/event/');
    return header(now(path), 'etag');
  };
  const first = make('/old.ts');
  assert.ok(first !== undefined);
  assert.notEqual(make('/new.ts'), first);
  assert.match(text(now(path, { ifNoneMatch: first })), /new\.ts/);
});
