import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skippableSegments, writeMediaPlaylist } from './media-playlist.ts';
import type { MediaPlaylist, MediaSegment } from './playlist.ts';

function segment(mediaSequenceNumber: number, more: Partial<MediaSegment> = {}): MediaSegment {
  return {
    mediaSequenceNumber,
    duration: 2,
    uri: `/segments/${mediaSequenceNumber}.ts`,
    discontinuity: false,
    gap: false,
    parts: [],
    ...more,
  };
}

function playlist(more: Partial<MediaPlaylist>): MediaPlaylist {
  return {
    targetDuration: 2,
    partTarget: undefined,
    mediaSequence: 42,
    discontinuitySequence: 0,
    segments: [],
    open: undefined,
    preloadHint: undefined,
    renditionReports: [],
    ended: false,
    ...more,
  };
}

test('writeMediaPlaylist() writes plain transport stream segments at version 3', () => {
  assert.equal(
    writeMediaPlaylist(playlist({ segments: [segment(42), segment(43, { duration: 1.98 })] })),
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:42
#EXTINF:2.000,
/segments/42.ts
#EXTINF:1.980,
/segments/43.ts
`,
  );
});

test('writeMediaPlaylist() ends a playlist with EXT-X-ENDLIST and no hints', () => {
  const text = writeMediaPlaylist(
    playlist({ segments: [segment(42)], ended: true, preloadHint: 'p43.0.m4s', partTarget: 0.5 }),
  );
  assert.match(text, /\n#EXT-X-ENDLIST\n$/);
  assert.doesNotMatch(text, /PRELOAD-HINT/);
});

test('writeMediaPlaylist() states gaps, discontinuities, dates, maps and byte ranges', () => {
  const init = { uri: 'init0.mp4' };
  const text = writeMediaPlaylist(
    playlist({
      discontinuitySequence: 3,
      segments: [
        segment(42, { init, programDateTimeMs: Date.UTC(2026, 10, 21, 4, 0, 0, 250) }),
        segment(43, { init, gap: true }),
        segment(44, {
          init: { uri: 'init1.mp4' },
          discontinuity: true,
          byteRange: { length: 10, offset: 5 },
        }),
      ],
    }),
  );
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:42
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="init0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T04:00:00.250Z
#EXTINF:2.000,
/segments/42.ts
#EXT-X-GAP
#EXTINF:2.000,
/segments/43.ts
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init1.mp4"
#EXTINF:2.000,
#EXT-X-BYTERANGE:10@5
/segments/44.ts
`,
  );
});

test('writeMediaPlaylist() states the discontinuity sequence as soon as there is a discontinuity', () => {
  const joint = { discontinuity: true };
  const listed = writeMediaPlaylist(playlist({ segments: [segment(42), segment(43, joint)] }));
  const open = writeMediaPlaylist(
    playlist({ segments: [segment(42)], open: { ...joint, parts: [] } }),
  );
  for (const text of [listed, open]) assert.match(text, /\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n/);
});

test('writeMediaPlaylist() writes byte ranges without maps at version 4', () => {
  const segments = [segment(42, { byteRange: { length: 10, offset: 0 } })];
  assert.match(writeMediaPlaylist(playlist({ segments })), /#EXT-X-VERSION:4\n/);
});

const init = { uri: 'init0.mp4' };

function part(uri: string, independent = false) {
  return { uri, duration: 1 / 3, independent };
}

function lowLatency(count: number): MediaPlaylist {
  const segments: MediaSegment[] = [];
  for (let n = 1; n <= count; n += 1) {
    const parts = [0, 1, 2, 3, 4, 5].map((i) => part(`p${n}.${i}.m4s`, i === 0));
    segments.push(segment(n, { init, parts, uri: `s${n}.m4s` }));
  }
  return playlist({
    mediaSequence: 1,
    partTarget: 0.35433,
    segments,
    open: { discontinuity: false, init, parts: [part(`p${count + 1}.0.m4s`, true)] },
    preloadHint: `p${count + 1}.1.m4s`,
    renditionReports: [
      { uri: '../audio/playlist.m3u8', lastMediaSequenceNumber: count + 1, lastPart: 0 },
    ],
  });
}

test('writeMediaPlaylist() writes server control, parts, hint and reports of a live edge', () => {
  assert.equal(
    writeMediaPlaylist(lowLatency(1)),
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.06299,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=0.35433
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-MAP:URI="init0.mp4"
#EXT-X-PART:DURATION=0.33333,URI="p1.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33333,URI="p1.1.m4s"
#EXT-X-PART:DURATION=0.33333,URI="p1.2.m4s"
#EXT-X-PART:DURATION=0.33333,URI="p1.3.m4s"
#EXT-X-PART:DURATION=0.33333,URI="p1.4.m4s"
#EXT-X-PART:DURATION=0.33333,URI="p1.5.m4s"
#EXTINF:2.000,
s1.m4s
#EXT-X-PART:DURATION=0.33333,URI="p2.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p2.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../audio/playlist.m3u8",LAST-MSN=2,LAST-PART=0
`,
  );
});

test('writeMediaPlaylist() lists parts within three target durations of the end only', () => {
  const text = writeMediaPlaylist(lowLatency(6));
  assert.doesNotMatch(text, /p3\.\d/);
  assert.match(text, /p4\.0/);
});

test('skippableSegments() counts the segments that end before the skip boundary', () => {
  assert.equal(skippableSegments(lowLatency(6)), 0);
  assert.equal(skippableSegments(lowLatency(10)), 4);
  assert.equal(skippableSegments({ ...lowLatency(10), ended: true }), 0);
});

test('writeMediaPlaylist() of a delta update skips and keeps the rest as it was', () => {
  const full = writeMediaPlaylist(lowLatency(10));
  const delta = writeMediaPlaylist(lowLatency(10), 4);
  assert.match(delta, /#EXT-X-VERSION:9\n/);
  assert.match(
    delta,
    /#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n#EXTINF:2.000,\ns5/,
  );
  const tail = full.slice(full.indexOf('s5.m4s'));
  assert.equal(delta.slice(delta.indexOf('s5.m4s')), tail);
});

test('writeMediaPlaylist() hints at the init segment that a new discontinuity brings', () => {
  const value = lowLatency(1);
  const text = writeMediaPlaylist({
    ...value,
    open: { discontinuity: true, init: { uri: 'init1.mp4' }, parts: [] },
    preloadHint: 'p2.0.m4s',
  });
  assert.match(text, /PRELOAD-HINT:TYPE=MAP,URI="init1.mp4"\n#EXT-X-PRELOAD-HINT:TYPE=PART/);
});

test('writeMediaPlaylist() refuses to write a quoted string that would end early', () => {
  const open = { discontinuity: false, parts: [part('a"b')] };
  assert.throws(() => writeMediaPlaylist(playlist({ partTarget: 0.5, open })), /quote/);
});
