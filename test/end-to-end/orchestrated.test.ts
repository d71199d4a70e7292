import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/component.ts';
import { assertDecodes, wholeMedia } from '../support/decoding.ts';
import { fetchText, fetchUntil, metricOf, postJson } from '../support/fetching.ts';
import { FEED, OrchestratorFeeder } from '../support/orchestrator-feeder.ts';
import {
  readManifest,
  readMediaPlaylist,
  readMultivariantPlaylist,
} from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

const FIRST_SEQUENCE = 42;

suite('a stream that an outside transcoder feeds', needs('ffmpeg'), () => {
  let server: ServerProcess;
  let feeder: OrchestratorFeeder;

  before(async () => {
    // The first segment is still listed however late it is looked at.
    server = await ServerProcess.start({ env: { SLIDING_WINDOW_SIZE: '60' } });
    const place = { server: server.url, stream: 'fed', firstSequence: FIRST_SEQUENCE };
    feeder = await OrchestratorFeeder.start({ ...place, seconds: 60 });
  });
  after(async () => {
    await feeder.close();
    await server.stop();
  });

  test('has a multivariant playlist that two independent parsers read alike', async () => {
    const text = await fetchUntil(feeder.masterUrl, (_status, body) =>
      FEED.renditions.every((name) => body.includes(`\nrenditions/${name}/playlist.m3u8\n`)),
    );
    const playlist = readMultivariantPlaylist(text);
    assert.deepEqual(
      playlist.variants.map(({ resolution }) => resolution),
      [
        { width: 160, height: 90 },
        { width: 320, height: 180 },
      ],
    );
    for (const { codecs } of playlist.variants) assert.match(codecs ?? '', /^avc1\.[0-9a-f]{6}$/i);
    assert.deepEqual(
      readManifest(text).playlists?.map(({ attributes }) => attributes.BANDWIDTH),
      playlist.variants.map(({ bandwidth }) => bandwidth),
    );
  });

  test('has low-latency playlists that two independent parsers read alike', async () => {
    for (const name of FEED.renditions) {
      const url = feeder.playlistUrl(name);
      const text = await fetchUntil(url, (_status, body) => body.includes('s43.m4s'));
      const playlist = readMediaPlaylist(text);
      assert.equal(playlist.mediaSequenceBase, FIRST_SEQUENCE);
      assert.equal(playlist.lowLatencyCompatibility?.canBlockReload, true);
      const other = readManifest(text);
      assert.equal(other.mediaSequence, FIRST_SEQUENCE);
      assert.equal(other.targetDuration, FEED.targetDuration);
      assert.equal(other.partTargetDuration, FEED.partTarget);
      assert.equal(other.serverControl?.canBlockReload, true);
      assert.equal(other.renditionReports?.length, 1);
      const first = other.segments[0];
      assert.ok(first !== undefined);
      assert.equal(new URL(first.map?.uri ?? '').pathname, `/fed/${name}/init.mp4`);
      assert.equal(first.parts?.length, FEED.framesPerSegment / FEED.framesPerPart);
      assert.ok(Date.now() - (first.dateTimeObject?.getTime() ?? 0) < 60_000);
      assertDecodes(await wholeMedia(url, text));
    }
  });

  test('states the same capture time in every rendition', async () => {
    const [high, low] = await Promise.all(
      FEED.renditions.map(async (name) => readManifest(await fetchText(feeder.playlistUrl(name)))),
    );
    assert.deepEqual(high?.segments[0]?.dateTimeObject, low?.segments[0]?.dateTimeObject);
  });

  test('is answered part by part to blocking reloads, and the hint comes true', async () => {
    const url = feeder.playlistUrl('high');
    let text = await fetchText(url);
    for (let reload = 0; reload < 7; reload += 1) {
      const hint = hintOf(text);
      const [, sequence, part] = /p(\d+)\.(\d+)\.m4s$/.exec(hint) ?? [];
      const [media, next] = await Promise.all([
        fetch(hint),
        fetchText(`${url}?_HLS_msn=${sequence}&_HLS_part=${part}`),
      ]);
      assert.equal(media.status, 200);
      assert.ok((await media.arrayBuffer()).byteLength > 0);
      assert.ok(
        next.includes(`#EXT-X-PART:DURATION=0.400,URI="${hint}"`),
        'it lists what it hinted',
      );
      text = next;
    }
  });

  test('ends everywhere at once, for those who wait too', async () => {
    const waits = FEED.renditions.map(async (name) => {
      const url = feeder.playlistUrl(name);
      const text = await fetchText(url);
      const { mediaSequence = 0, segments } = readManifest(text);
      // Beyond the segment that is open: what comes until the end does not answer this.
      const next = mediaSequence + segments.length + 1;
      return fetchText(`${url}?_HLS_msn=${next}`);
    });
    const unkept = fetch(hintOf(await fetchText(feeder.playlistUrl('low'))));
    await fetchUntil(
      `${server.url}/metrics`,
      (_status, body) => metricOf(body, 'hls_held_requests') === FEED.renditions.length,
    );
    await feeder.stop();
    const endedMs = performance.now();
    for (const text of await Promise.all(waits)) {
      assert.match(text, /\n#EXT-X-ENDLIST\n$/);
      assert.doesNotMatch(text, /PRELOAD-HINT/);
      assert.equal(readManifest(text).endList, true);
      assert.equal(readMediaPlaylist(text).endlist, true);
    }
    assert.ok(performance.now() - endedMs < 1000, 'held requests are answered at once');
    assert.ok([200, 404].includes((await unkept).status));
    const late = await postJson(`${server.url}/streams/fed/renditions/high/segments`, {
      sequence: 9000,
      duration: 2,
      path: '/late.m4s',
    });
    assert.equal(late.status, 409);
  });
});

suite('a plain stream of transport stream segments', () => {
  let server: ServerProcess;
  before(async () => {
    server = await ServerProcess.start();
  });
  after(() => server.stop());

  test('is the playlist that the simplest player reads', async () => {
    const base = `${server.url}/streams/plain/renditions/720p`;
    for (const sequence of [42, 43, 44]) {
      const path = `/segments/${sequence}.ts`;
      const answer = await postJson(`${base}/segments`, { sequence, duration: 2.0, path });
      assert.equal(answer.status, 201);
    }
    const response = await fetch(`${base}/playlist.m3u8`);
    assert.equal(response.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    const text = await response.text();
    assert.equal(
      text,
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:42
#EXTINF:2.000,
/segments/42.ts
#EXTINF:2.000,
/segments/43.ts
#EXTINF:2.000,
/segments/44.ts
`,
    );
    const playlist = readMediaPlaylist(text);
    assert.equal(playlist.version, 3);
    assert.deepEqual(
      playlist.segments.map(({ mediaSequenceNumber, uri }) => `${mediaSequenceNumber} ${uri}`),
      ['42 /segments/42.ts', '43 /segments/43.ts', '44 /segments/44.ts'],
    );
    assert.equal(readManifest(text).mediaSequence, 42);
  });
});

function hintOf(playlist: string): string {
  const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist)?.[1];
  assert.ok(hint !== undefined, playlist);
  return hint;
}
