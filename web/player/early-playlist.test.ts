import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareEarlyPlaylist } from './early-playlist.ts';

function early(parts: number, sequence = 1): string {
  const lines = Array.from(
    { length: parts },
    (_, n) => `#EXT-X-PART:DURATION=0.33333,URI="p1.${n}.m4s"`,
  );
  return `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.063,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=0.35433
#EXT-X-MEDIA-SEQUENCE:${sequence}
#EXT-X-MAP:URI="init0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T04:00:00.000Z
${lines.join('\n')}
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p1.${parts}.m4s"
`;
}

test('prepareEarlyPlaylist() asks for more while less than the hold-back and a margin is listed', () => {
  assert.deepEqual(prepareEarlyPlaylist(early(3)), {
    kind: 'early',
    mediaSequenceNumber: 1,
    part: 3,
  });
});

test('prepareEarlyPlaylist() puts a segment with a part before the parts, after the map', () => {
  const prepared = prepareEarlyPlaylist(early(4));
  assert.equal(prepared.kind, 'ready');
  assert.match(
    prepared.kind === 'ready' ? prepared.text : '',
    /#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-MAP:URI="init0.mp4"\n#EXT-X-PART:DURATION=0.005,URI="p1.0.m4s"\n#EXTINF:0.01,\np1.0.m4s\n#EXT-X-PROGRAM/,
  );
});

test('prepareEarlyPlaylist() leaves playlists with a whole segment, delta updates and ended ones alone', () => {
  for (const line of [
    '#EXTINF:2.000,\ns1.m4s',
    '#EXT-X-SKIP:SKIPPED-SEGMENTS=3',
    '#EXT-X-ENDLIST',
  ]) {
    const text = `${early(2)}${line}\n`;
    assert.deepEqual(prepareEarlyPlaylist(text), { kind: 'ready', text });
  }
});

test('prepareEarlyPlaylist() cannot number a segment before the first', () => {
  const text = early(6, 0);
  assert.deepEqual(prepareEarlyPlaylist(text), { kind: 'ready', text });
});

test('prepareEarlyPlaylist() puts its segment behind a discontinuity and the map', () => {
  const text = early(4).replace('#EXT-X-MAP', '#EXT-X-DISCONTINUITY\n#EXT-X-MAP');
  const prepared = prepareEarlyPlaylist(text);
  assert.match(
    prepared.kind === 'ready' ? prepared.text : '',
    /DISCONTINUITY\n#EXT-X-MAP:URI="init0.mp4"\n#EXT-X-PART:DURATION=0.005/,
  );
});
