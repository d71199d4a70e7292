import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certainPlaylists } from './prefetch.ts';

const BASE = 'http://127.0.0.1:8080/live/one/master.m3u8';

test('certainPlaylists() names the one variant with a picture and its audio', () => {
  const master = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,URI="b1/audio/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2800000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"
b1/video/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=140000,CODECS="mp4a.40.2",AUDIO="audio"
b1/audio/playlist.m3u8
`;
  assert.deepEqual(certainPlaylists(master, BASE), [
    'http://127.0.0.1:8080/live/one/b1/video/playlist.m3u8',
    'http://127.0.0.1:8080/live/one/b1/audio/playlist.m3u8',
  ]);
});

test('certainPlaylists() names none where the player has a choice', () => {
  const master = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=2800000
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000
low.m3u8
`;
  assert.deepEqual(certainPlaylists(master, BASE), []);
});

test('certainPlaylists() takes audio that is in the variant itself for what it is', () => {
  const master =
    '#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="A"\r\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\r\nv.m3u8\r\n';
  assert.deepEqual(certainPlaylists(master, BASE), ['http://127.0.0.1:8080/live/one/v.m3u8']);
});
