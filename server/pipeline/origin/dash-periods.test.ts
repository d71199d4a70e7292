import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ladder, pair, Reel, VIDEO } from './dash-studio.test-support.ts';

/** The periods of a manifest and which segments each representation has there. */
function spans(manifest: string): string[] {
  const found: string[] = [];
  let name = '';
  let first = 0;
  let count = 0;
  for (const line of manifest.split('\n')) {
    const period = /<Period id="b1-(\d+)"/.exec(line)?.[1];
    if (period !== undefined) found.push(`period ${period}`);
    name = /<Representation id="([^"]+)"/.exec(line)?.[1] ?? name;
    const startNumber = /startNumber="(\d+)"/.exec(line)?.[1];
    if (startNumber !== undefined) [first, count] = [Number(startNumber), 0];
    const row = /<S (?:t="\d+" )?d="\d+"(?: r="(\d+)")?/.exec(line);
    if (row !== null) count += 1 + Number(row[1] ?? 0);
    if (!line.includes('</SegmentTimeline>')) continue;
    found.push(count === 1 ? `${name} ${first}` : `${name} ${first}-${first + count - 1}`);
  }
  return found;
}

test('PeriodBook.update() shows a period without the quality that does not come', () => {
  const { manifest, video, audio, rung } = ladder();
  for (const reel of [video, audio, rung]) {
    reel.segments(1);
    reel.break(1);
  }
  for (const reel of [video, audio]) reel.segments(2);
  assert.deepEqual(spans(manifest()), ['period 1', '360p 1', 'video 1', 'audio 1']);
  video.part();
  assert.deepEqual(spans(manifest()).slice(-3), ['period 2', 'video 2-4', 'audio 2-3']);
});

test('PeriodBook.update() leaves out what lacks sound, so that players jump it', () => {
  const { manifest, video, audio } = pair();
  video.segments(3);
  audio.segments(1);
  audio.gap();
  audio.segments(1);
  assert.deepEqual(spans(manifest()), [
    'period 1',
    'video 1',
    'audio 1',
    'period 3',
    'video 3',
    'audio 3',
  ]);
});

test('PeriodBook.update() lists nothing new while sound does not come, and goes on where it is back', () => {
  const { manifest, video, audio } = pair();
  for (const reel of [video, audio]) reel.segments(1);
  video.part();
  const before = ['period 1', 'video 1-2', 'audio 1'];
  assert.deepEqual(spans(manifest()), before);
  audio.gap();
  assert.deepEqual(spans(manifest()), before);
  for (let part = 0; part < 3; part += 1) video.part();
  video.close();
  video.part();
  assert.deepEqual(spans(manifest()), before);
  audio.part();
  assert.deepEqual(spans(manifest()), [...before, 'period 3', 'video 3', 'audio 3']);
});

test('PeriodBook.update() begins anew without sound once that has been away for long, and with it again', () => {
  const { manifest, video, audio, both } = pair();
  both((reel) => reel.segments(2));
  manifest();
  video.segments(4);
  for (let i = 0; i < 4; i += 1) audio.gap();
  assert.deepEqual(spans(manifest()), ['period 4', 'video 4-6']);
  both((reel) => reel.part());
  assert.deepEqual(spans(manifest()), ['period 7', 'video 7', 'audio 7']);
});

test('PeriodBook.update() begins a period where a quality is missing and where it is back', () => {
  const { manifest, video, audio, rung } = ladder();
  for (const reel of [video, audio]) reel.segments(3);
  rung.segments(1);
  rung.gap();
  rung.segments(1);
  assert.deepEqual(spans(manifest()), [
    ...['period 1', '360p 1', 'video 1', 'audio 1'],
    ...['period 2', 'video 2', 'audio 2'],
    ...['period 3', '360p 3', 'video 3', 'audio 3'],
  ]);
});

test('PeriodBook.update() gives a segment up with the first part of it that is missing', () => {
  const { manifest, video, audio, rung } = ladder();
  for (const reel of [video, audio, rung]) reel.segments(1);
  for (const reel of [video, audio]) reel.part();
  rung.gapPart();
  const begun = ['period 1', '360p 1', 'video 1', 'audio 1', 'period 2', 'video 2', 'audio 2'];
  assert.deepEqual(spans(manifest()), begun);
  for (const reel of [video, audio, rung]) {
    for (let part = 0; part < 3; part += 1) reel === rung ? reel.gapPart() : reel.part();
  }
  rung.gap();
  for (const reel of [video, audio]) reel.close();
  assert.deepEqual(spans(manifest()), begun);
  for (const reel of [video, audio, rung]) reel.segments(1);
  assert.deepEqual(spans(manifest()).slice(-4), ['period 3', '360p 3', 'video 3', 'audio 3']);
});

test('PeriodBook.update() keeps what it listed when a quality turns out to be missing later', () => {
  const { manifest, video, audio, rung } = ladder();
  rung.segments(1);
  rung.part();
  for (const reel of [video, audio]) reel.segments(2);
  assert.deepEqual(spans(manifest()), ['period 1', '360p 1-2', 'video 1-2', 'audio 1-2']);
  for (let part = 0; part < 3; part += 1) rung.part();
  rung.close();
  for (const reel of [video, audio]) reel.part();
  const listed = ['period 1', '360p 1-2', 'video 1-3', 'audio 1-3'];
  assert.deepEqual(spans(manifest()), listed);
  rung.gap();
  assert.deepEqual(spans(manifest()), listed);
  for (const reel of [video, audio]) {
    for (let part = 0; part < 3; part += 1) reel.part();
    reel.close();
    reel.part();
  }
  assert.deepEqual(spans(manifest()).slice(-3), ['period 4', 'video 4', 'audio 4']);
  assert.deepEqual(spans(manifest())[1], '360p 1-2');
});

test('PeriodBook.update() begins a period for a quality that comes late', () => {
  const { broadcast, manifest, both } = pair();
  both((reel) => reel.segments(1));
  both((reel) => reel.part());
  assert.deepEqual(spans(manifest()), ['period 1', 'video 1-2', 'audio 1-2']);
  const rung = new Reel(broadcast, '360p', VIDEO);
  rung.segments(2);
  assert.deepEqual(spans(manifest()), ['period 1', 'video 1-2', 'audio 1-2']);
  both((reel) => {
    for (let part = 0; part < 3; part += 1) reel.part();
    reel.close();
    reel.part();
  });
  rung.part();
  const begun = ['period 1', 'video 1-2', 'audio 1-2', 'period 3', '360p 3', 'video 3', 'audio 3'];
  assert.deepEqual(spans(manifest()), begun);
});

test('PeriodBook.update() takes a late quality in when it has caught up', () => {
  const { broadcast, manifest, both } = pair();
  both((reel) => reel.segments(2));
  manifest();
  const rung = new Reel(broadcast, '360p', VIDEO);
  for (let segment = 0; segment < 2; segment += 1) {
    rung.segments(1);
    assert.deepEqual(spans(manifest()).slice(0, 1), ['period 1']);
    both((reel) => reel.segments(1));
    assert.equal(manifest().split('<Period').length, 2);
  }
  rung.segments(2);
  manifest();
  rung.part();
  both((reel) => reel.part());
  assert.deepEqual(spans(manifest()).slice(-4), ['period 5', '360p 5', 'video 5', 'audio 5']);
});

test('PeriodBook.update() begins anew when nobody asked while the window went by', () => {
  const { manifest, both } = pair();
  both((reel) => reel.segments(2));
  manifest();
  both((reel) => reel.break(0));
  both((reel) => reel.segments(6));
  const text = manifest();
  assert.deepEqual(spans(text), ['period 6', 'video 6-8', 'audio 6-8']);
  assert.match(text, /video\/init1\.mp4/);
});

test('PeriodBook.update() states the same bandwidth throughout a period, and what the encoder says of it', () => {
  const { manifest, video, audio, both } = pair();
  audio.rendition.attributes = { ...audio.rendition.attributes, statedBitrate: 190_000 };
  const { bandwidth: _declared, ...measured } = video.rendition.attributes;
  video.rendition.attributes = measured;
  video.rendition.measure(250_000, 2);
  const stated = (): string[] => manifest().match(/ bandwidth="\d+"/g) ?? [];
  both((reel) => reel.segments(1));
  assert.deepEqual(stated(), [' bandwidth="1300000"', ' bandwidth="150000"']);
  video.rendition.measure(900_000, 2);
  both((reel) => reel.segments(1));
  assert.deepEqual(stated(), [' bandwidth="1300000"', ' bandwidth="150000"']);
});

/** Number of each period and of the last segment of each representation in it. */
function endsOf(manifest: string): Map<number, Map<string, number>> {
  const periods = new Map<number, Map<string, number>>();
  let rows = new Map<string, number>();
  for (const span of spans(manifest)) {
    const [name = '', numbers = ''] = span.split(' ');
    if (name === 'period') {
      rows = new Map();
      periods.set(Number(numbers), rows);
    } else {
      rows.set(name, Number(numbers.split('-').at(-1)));
    }
  }
  return periods;
}

const steps = fc.array(
  fc.record({
    reel: fc.nat(2),
    does: fc.constantFrom('part', 'part', 'segment', 'segment', 'segment', 'gap'),
    asks: fc.boolean(),
  }),
  { minLength: 20, maxLength: 80 },
);

test('PeriodBook.update() keeps what it listed, and neighbours alike, whatever comes when', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { manifest, video, audio, rung } = ladder();
      const reels = [video, audio, rung];
      const parts = [0, 0, 0];
      let before = endsOf('');
      let newest = 0;
      for (const { reel, does, asks } of taken) {
        const one = reels[reel] ?? video;
        const open = parts[reel] ?? 0;
        parts[reel] = does === 'part' && open < 4 ? open + 1 : 0;
        if (parts[reel] !== 0) one.part();
        else if (open > 0) one.close();
        else if (does === 'gap') one.gap();
        else one.segments(1);
        if (!asks) continue;
        const now = endsOf(manifest());
        const kinds = [...now.values()].map((rows) => [
          rows.has('audio'),
          rows.has('video') || rows.has('360p'),
        ]);
        for (const kind of kinds) assert.deepEqual(kind, kinds[0]);
        for (const [period, rows] of now) {
          const known = before.get(period);
          if (known === undefined) assert.ok(period > newest, `${period} comes after ${newest}`);
          for (const [name, end] of rows) {
            const was = known === undefined ? end : known.get(name);
            assert.ok(was !== undefined && end >= was, `${name} of ${period} ends at ${end}`);
          }
        }
        newest = Math.max(newest, ...[...now.values()].flatMap((rows) => [...rows.values()]));
        before = now;
      }
    }),
    { numRuns: 60 },
  );
});
