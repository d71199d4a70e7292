import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Broadcast } from '../../live/index.ts';
import { AUDIO, fieldOf, pair, Reel, studio, textOf, VIDEO } from './dash-studio.test-support.ts';

const MANIFEST = '/live/demo/manifest.mpd';
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a manifest lists: each period with its start, each representation with its segments. */
function outline(manifest: string): string[] {
  return manifest.split('\n').flatMap((line) => {
    const period = /<Period id="b1-(\d+)" start="PT([\d.]+)S"/.exec(line);
    if (period !== null) return [`period ${period[1]} at ${period[2]}`];
    const id = /<Representation id="([^"]+)"/.exec(line);
    if (id !== null) return [`${id[1]}`];
    const template = /presentationTimeOffset="(\d+)" startNumber="(\d+)"/.exec(line);
    if (template !== null) return [`  from ${template[2]}, offset ${template[1]}`];
    const s = /<S( t="\d+")? (d="\d+")( r="\d+")?\/>/.exec(line);
    return s === null ? [] : [`  ${s[1]?.trim() ?? 't=...'} ${s[2]}${s[3] ?? ''}`];
  });
}

test('handle() lists whole segments, and the open one at the length it is expected to have', () => {
  const { manifest, both } = pair();
  both((reel) => reel.segments(2));
  both((reel) => reel.part());
  const text = manifest();
  assert.deepEqual(outline(text), [
    'period 1 at 0',
    'video',
    '  from 1, offset 0',
    '  t="0" d="180000" r="2"',
    'audio',
    '  from 1, offset 0',
    '  t="0" d="96000" r="2"',
  ]);
  assert.match(text, / type="dynamic" availabilityStartTime="2026-11-21T08:00:00.000Z" /);
  assert.match(text, / timeShiftBufferDepth="PT6S" /);
  assert.match(
    text,
    / media="b1\/video\/s\$Number\$\.m4s" initialization="b1\/video\/init0\.mp4" /,
  );
  assert.match(text, / availabilityTimeOffset="1\.5" availabilityTimeComplete="false"/);
  assert.match(text, / width="1280" height="720" frameRate="30"/);
});

test('handle() writes a version once for all, and none for a part that changes nothing', () => {
  const { ask, clock, both } = pair();
  both((reel) => reel.segments(1));
  both((reel) => reel.part());
  const first = ask(MANIFEST);
  assert.equal(first, ask(MANIFEST));
  assert.equal(fieldOf(first, 'content-type'), 'application/dash+xml');
  assert.equal(fieldOf(first, 'cache-control'), 'no-cache');
  const packed = ask(MANIFEST, { gzip: true });
  assert.equal(packed, ask(MANIFEST, { gzip: true }));
  assert.equal(gunzipSync(Buffer.concat(packed?.body ?? [])).toString(), textOf(first));
  assert.notEqual(fieldOf(packed, 'etag'), fieldOf(first, 'etag'));
  clock.advance(500);
  both((reel) => reel.part());
  assert.equal(ask(MANIFEST), first);
  const ifNoneMatch = fieldOf(first, 'etag');
  assert.equal(ask(MANIFEST, { ifNoneMatch })?.status, 304);
  both((reel) => reel.part());
  both((reel) => reel.part());
  both((reel) => reel.close());
  both((reel) => reel.part());
  const next = ask(MANIFEST, { ifNoneMatch });
  assert.equal(next?.status, 200);
  assert.match(textOf(next), / publishTime="2026-11-21T08:00:00\.500Z" /);
});

test('handle() expects as much as the target allows of a segment that outgrew the others', () => {
  const { manifest, video, audio } = pair();
  for (const reel of [video, audio]) {
    reel.part();
    reel.part();
    reel.close();
    for (let part = 0; part < 3; part += 1) reel.part();
  }
  assert.deepEqual(outline(manifest()).slice(0, 5), [
    'period 1 at 0',
    'video',
    '  from 1, offset 0',
    '  t="0" d="90000"',
    '  t=... d="225000"',
  ]);
});

test('handle() begins a period at a discontinuity, and keeps it when its first segments are gone', () => {
  const { manifest, both } = pair();
  both((reel) => reel.segments(2));
  both((reel) => reel.break(5.25));
  both((reel) => reel.segments(1));
  assert.deepEqual(outline(manifest()), [
    'period 1 at 0',
    'video',
    '  from 1, offset 0',
    '  t="0" d="180000" r="1"',
    'audio',
    '  from 1, offset 0',
    '  t="0" d="96000" r="1"',
    'period 3 at 9.25',
    'video',
    '  from 3, offset 832500',
    '  t="832500" d="180000"',
    'audio',
    '  from 3, offset 444000',
    '  t="444000" d="96000"',
  ]);
  both((reel) => reel.segments(2));
  manifest();
  both((reel) => reel.segments(2));
  assert.deepEqual(outline(manifest()), [
    'period 3 at 9.25',
    'video',
    '  from 5, offset 832500',
    '  t="1192500" d="180000" r="2"',
    'audio',
    '  from 5, offset 444000',
    '  t="636000" d="96000" r="2"',
  ]);
});

test('handle() keeps all that is listed within reach while nothing comes, and after it', () => {
  const { ask, broadcast, clock, manifest, both } = pair();
  const depth = (): string => /timeShiftBufferDepth="PT(\d+)S"/.exec(manifest())?.[1] ?? '';
  both((reel) => reel.segments(3));
  clock.advance(6000 + 3999);
  assert.equal(depth(), '6');
  clock.advance(1);
  assert.equal(depth(), '10');
  const kept = ask(MANIFEST);
  clock.advance(1);
  assert.equal(depth(), '12');
  const next = ask(MANIFEST, { ifNoneMatch: fieldOf(kept, 'etag') });
  assert.equal(next?.status, 200);
  assert.match(textOf(next), / publishTime="2026-11-21T08:00:10\.001Z" /);
  clock.advance(1998);
  assert.equal(ask(MANIFEST), next);
  clock.advance(23_001);
  assert.equal(depth(), '36');
  both((reel) => reel.break(30));
  both((reel) => reel.segments(2));
  clock.advance(5000);
  assert.equal(depth(), '36');
  both((reel) => reel.segments(1));
  clock.advance(2000);
  assert.equal(depth(), '6');
  clock.advance(10_000);
  broadcast.end(clock.monotonicMs());
  assert.match(manifest(), / type="static" /);
});

test('handle() holds a period back until every rendition has come to it, or long enough', () => {
  const { manifest, video, audio } = pair();
  for (const reel of [video, audio]) {
    reel.segments(1);
    reel.break(1);
  }
  const periods = (): string[] => outline(manifest()).filter((line) => line.startsWith('period'));
  video.part();
  assert.deepEqual(periods(), ['period 1 at 0']);
  audio.part();
  assert.deepEqual(periods(), ['period 1 at 0', 'period 2 at 3']);
});

test('handle() promises keyframes at the beginning of segments only where there are', () => {
  const { broadcast, manifest, both } = pair();
  const promises = (): string[] =>
    [...manifest().matchAll(/contentType="(\w+)".* startWithSAP="1"/g)].map(
      ([, kind]) => kind ?? '',
    );
  both((reel) => reel.segments(1));
  assert.deepEqual(promises(), ['audio']);
  broadcast.presentation.independentSegments = true;
  both((reel) => reel.segments(1));
  assert.deepEqual(promises(), ['video', 'audio']);
  broadcast.presentation.independentSegments = false;
  both((reel) => reel.segments(1));
  assert.deepEqual(promises(), ['audio']);
});

test('handle() lists a ladder as one set, smallest picture first', () => {
  const { broadcast, manifest } = studio();
  for (const name of ['720p', '480p', 'audio']) {
    const reel = new Reel(broadcast, name, name === 'audio' ? AUDIO : VIDEO);
    reel.segments(1);
  }
  const text = manifest();
  assert.equal(text.split('<AdaptationSet').length - 1, 2);
  const ids = outline(text).filter((line) => /^\w+$/.test(line));
  assert.deepEqual(ids, ['480p', '720p', 'audio']);
});

test('handle() writes a static manifest after the end, up to where the longest track reaches', () => {
  const { ask, broadcast, video, audio, clock } = pair();
  for (const reel of [video, audio]) reel.segments(2);
  video.part();
  video.part();
  audio.part();
  broadcast.end(clock.monotonicMs());
  const answer = ask(MANIFEST);
  const text = textOf(answer);
  assert.match(text, / type="static" mediaPresentationDuration="PT5S" /);
  assert.doesNotMatch(text, /availabilityStartTime|minimumUpdatePeriod|UTCTiming|availabilityTime/);
  assert.deepEqual(outline(text).slice(0, 5), [
    'period 1 at 0',
    'video',
    '  from 1, offset 0',
    '  t="0" d="180000" r="1"',
    '  t=... d="90000"',
  ]);
  assert.equal(ask('/live/demo/b1/video/s3.m4s')?.rest, undefined);
  assert.equal(ask('/live/demo/b1/video/s3.m4s')?.status, 200);
});

test('handle() serves the last broadcast that can be reached, and none that has no media yet', () => {
  const { ask, onAir, broadcast, video } = pair();
  assert.equal(ask(MANIFEST)?.status, 404);
  video.segments(1);
  broadcast.end(0);
  assert.match(textOf(ask(MANIFEST)), / type="static" /);
  const next = new Broadcast('b2', 'demo', 0);
  onAir.start(next);
  const reel = new Reel(next, 'video', VIDEO);
  assert.match(textOf(ask(MANIFEST)), / type="static" .*<Period id="b1-1"/s);
  reel.segments(1);
  assert.match(textOf(ask(MANIFEST)), / type="dynamic" .*<Period id="b2-1"/s);
  assert.equal(ask('/live/nobody/manifest.mpd')?.status, 404);
});

test('handle() tells the time to whoever asks, and lets nobody keep it', () => {
  const { ask, clock } = studio();
  clock.advance(1234);
  const answer = ask('/live/time');
  assert.equal(textOf(answer), '2026-11-21T08:00:01.234Z');
  assert.equal(fieldOf(answer, 'cache-control'), 'no-store');
  assert.equal(fieldOf(answer, 'access-control-allow-origin'), '*');
});

test('handle() answers for the segment being made with its parts so far and each other one', async () => {
  const { ask, origin, video } = pair();
  video.segments(1);
  video.part();
  const path = '/live/demo/b1/video/s2.m4s';
  const answer = ask(path, { range: 'bytes=0-' });
  assert.equal(answer?.status, 200);
  assert.equal(answer?.body.length, 1);
  const heard: (Uint8Array | string)[] = [...(answer?.body ?? [])];
  answer?.rest?.follow({
    take: (bytes) => heard.push(bytes),
    end: () => heard.push('end'),
    fail: () => heard.push('fail'),
  });
  assert.equal(origin.held, 1);
  video.part();
  await settled();
  assert.equal(heard.length, 2);
  video.close();
  await settled();
  assert.equal(origin.held, 0);
  assert.equal(heard.pop(), 'end');
  const whole = ask(path);
  assert.equal(whole?.rest, undefined);
  assert.deepEqual(whole?.body, heard);
  assert.equal(fieldOf(whole, 'etag'), fieldOf(answer, 'etag'));
});

test('handle() holds a request for the segment that comes next, and knows none after it', async () => {
  const { ask, origin, video } = pair();
  video.segments(1);
  assert.equal(ask('/live/demo/b1/video/s2.m4s'), undefined);
  assert.equal(origin.held, 1);
  assert.equal(ask('/live/demo/b1/video/s3.m4s')?.status, 404);
  origin.release();
});
