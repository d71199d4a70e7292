import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, startServer } from './http-server.test-support.ts';
import type { PlaylistSighting } from './playlist-witness.ts';

const PLAYLIST = '/live/a/b/video/playlist.m3u8';

/** A witness that asks to be told again after `pauseMs`. */
function witnessing(pauseMs: number) {
  const seen: PlaylistSighting[] = [];
  const saw = (sighting: PlaylistSighting): number => {
    seen.push(sighting);
    return pauseMs;
  };
  return { seen, witness: { saw } };
}

test('a witness is told of playlists in the fast lane, and not again before it wants to be', async (context) => {
  const { seen, witness } = witnessing(10_000);
  const { port } = await startServer(context, { witness });
  const client = await RawClient.open(context, port);
  for (const path of ['/live/a/b/video/p1.0.m4s', `${PLAYLIST}?_HLS_msn=3`, PLAYLIST]) {
    const fields = ['Host: x', 'User-Agent:  VLC/3 \t', 'X-Viewer: abcdefgh', '', ''];
    client.send(`GET ${path} HTTP/1.1`, ...fields.slice(0, -1));
    await client.response();
  }
  assert.deepEqual(seen, [
    {
      ...{ path: PLAYLIST, query: '_HLS_msn=3', remoteAddress: '127.0.0.1' },
      ...{ userAgent: 'VLC/3', forwardedFor: undefined, viewer: 'abcdefgh' },
    },
  ]);
});

test('a witness is told of every playlist that a proxy asks for over one connection', async (context) => {
  const { seen, witness } = witnessing(10_000);
  const { port } = await startServer(context, { witness });
  const client = await RawClient.open(context, port);
  for (const viewer of ['192.0.2.1', '192.0.2.2']) {
    client.send(`GET ${PLAYLIST} HTTP/1.1`, 'Host: x', `X-Forwarded-For: ${viewer}`, '');
    await client.response();
  }
  assert.deepEqual(
    seen.map(({ forwardedFor, userAgent }) => [forwardedFor, userAgent]),
    [
      ['192.0.2.1', ''],
      ['192.0.2.2', ''],
    ],
  );
});

test('a witness is told of playlists that Node’s parser reads, and of no HEAD', async (context) => {
  const { seen, witness } = witnessing(10_000);
  const { port } = await startServer(context, { witness });
  const client = await RawClient.open(context, port);
  client.send(`HEAD ${PLAYLIST} HTTP/1.1`, 'Host: x', '');
  await client.response({ bodiless: true });
  assert.equal(seen.length, 0);
  // With a body, if an empty one, it is not for the fast lane.
  client.send(`GET ${PLAYLIST} HTTP/1.1`, 'Host: x', 'Content-Length: 0', 'User-Agent: tv', '');
  await client.response();
  client.send(`GET ${PLAYLIST} HTTP/1.1`, 'Host: x', '');
  await client.response();
  assert.deepEqual(
    seen.map(({ userAgent, remoteAddress }) => [userAgent, remoteAddress]),
    [['tv', '127.0.0.1']],
  );
});
