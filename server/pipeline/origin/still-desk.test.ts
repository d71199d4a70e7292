import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock, RightOfWay } from '../../base/index.ts';
import { OnAir } from '../../live/index.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';
import { Origin } from './origin.ts';
import type { Still, Stills } from './still-desk.ts';

const CUES = 'WEBVTT\n\n00:00:00.000 --> 00:00:05.000\nthumbnails/t0.jpg#xywh=0,0,160,90\n';

function scene() {
  const shelf = new Map<string, Still | 'expired'>([
    ['one latest poster.jpg', { kind: 'poster', bytes: Buffer.from('poster') }],
    ['one b1 thumbnails.vtt', { kind: 'cues', bytes: Buffer.from(CUES) }],
    ['one b1 thumbnails/t7.jpg', { kind: 'image', bytes: Buffer.from('tile') }],
    ['one b1 thumbnails/t0.jpg', 'expired'],
  ]);
  const stills: Stills = {
    find: (streamId, broadcastId = 'latest', name) =>
      shelf.get(`${streamId} ${broadcastId} ${name}`),
  };
  const clock = new ManualClock();
  const origin = new Origin({
    clock,
    onAir: new OnAir(),
    orchestrated: { presentation: () => undefined, served: () => undefined },
    observer: { answered: () => undefined },
    rightOfWay: new RightOfWay(clock, (task) => task()),
    stills,
  });
  const ask = (path: string, more: Partial<DeliveryRequest> = {}): Answer => {
    const answers: Answer[] = [];
    const request: DeliveryRequest = {
      method: 'GET',
      path,
      query: '',
      gzip: false,
      ifNoneMatch: undefined,
      range: undefined,
      ...more,
    };
    origin.handle(request, (given) => answers.push(given));
    const [given] = answers;
    assert.ok(given !== undefined, `${path} is answered at once`);
    return given;
  };
  return { ask, shelf };
}

function header(answer: Answer, name: string): string | undefined {
  return answer.headers.find(([key]) => key === name)?.[1];
}

const SERVED: readonly (readonly [string, string, string, string])[] = [
  ['/live/one/poster.jpg', 'poster', 'image/jpeg', 'max-age=2'],
  ['/live/one/b1/thumbnails.vtt', CUES, 'text/vtt; charset=utf-8', 'max-age=2'],
  ['/live/one/b1/thumbnails/t7.jpg', 'tile', 'image/jpeg', 'max-age=86400, immutable'],
];
for (const [path, body, type, caching] of SERVED) {
  test(`handle() serves ${path}, cacheable and to any page`, () => {
    const { ask } = scene();
    const answer = ask(path);
    assert.equal(answer.status, 200);
    assert.equal(Buffer.concat(answer.body).toString(), body);
    assert.equal(header(answer, 'content-type'), type);
    assert.equal(header(answer, 'cache-control'), caching);
    assert.equal(header(answer, 'access-control-allow-origin'), '*');
    assert.equal(ask(path), answer);
    const unchanged = ask(path, { ifNoneMatch: header(answer, 'etag') });
    assert.equal(unchanged.status, 304);
    assert.equal(header(unchanged, 'cache-control'), caching);
  });
}

test('handle() compresses cues once for all, and leaves images as they are', () => {
  const { ask } = scene();
  const cues = ask('/live/one/b1/thumbnails.vtt', { gzip: true });
  assert.equal(header(cues, 'content-encoding'), 'gzip');
  assert.equal(header(cues, 'vary'), 'Accept-Encoding');
  assert.equal(gunzipSync(Buffer.concat(cues.body)).toString(), CUES);
  assert.equal(ask('/live/one/b1/thumbnails.vtt', { gzip: true }), cues);
  const poster = ask('/live/one/poster.jpg', { gzip: true });
  assert.equal(poster, ask('/live/one/poster.jpg'));
});

test('handle() gives a new poster a new entity tag', () => {
  const { ask, shelf } = scene();
  const ifNoneMatch = header(ask('/live/one/poster.jpg'), 'etag');
  shelf.set('one latest poster.jpg', { kind: 'poster', bytes: Buffer.from('later') });
  assert.equal(ask('/live/one/poster.jpg', { ifNoneMatch }).status, 200);
});

test('handle() tells stills that left from those that never were', () => {
  const { ask } = scene();
  assert.equal(ask('/live/one/b1/thumbnails/t0.jpg').status, 410);
  for (const path of [
    '/live/two/poster.jpg',
    '/live/one/b2/thumbnails.vtt',
    '/live/one/b1/thumbnails/t8.jpg',
    '/live/one/b1/poster.jpg',
  ]) {
    const answer = ask(path);
    assert.equal(answer.status, 404, path);
    assert.match(header(answer, 'cache-control') ?? '', /^max-age=[12]$/);
  }
});
