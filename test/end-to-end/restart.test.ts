import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { needs } from '../support/component.ts';
import { fetchText, fetchUntil, metricOf, postJson, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { readMediaPlaylist } from '../support/playlist-reader.ts';
import { ServerProcess } from '../support/server-process.ts';

const WRITERS = 20;
/** The server is killed when it has acknowledged so many. */
const KILLED_AFTER = 400;
const SEGMENTS = 900;
const HELD = 50;

suite('kill -9', () => {
  test('loses no segment that was acknowledged to 20 writers', async (context) => {
    const first = await startServer(context);
    await putJson(`${first.url}/streams/kept`, { windowSize: 1000, gapTimeout: 0 });
    const acknowledged = await writeUntilKilled(first);
    assert.ok(acknowledged.size >= KILLED_AFTER);
    const second = await restart(context, first);
    for (const sequence of acknowledged) {
      const answer = await post(second, 'kept', sequence);
      assert.deepEqual([sequence, answer.status, answer.body], [sequence, 200, 'duplicate']);
    }
    for (let sequence = 0; sequence < SEGMENTS; sequence += 1) {
      if (!acknowledged.has(sequence)) await post(second, 'kept', sequence);
    }
    const playlist = readMediaPlaylist(await fetchText(playlistUrl(second, 'kept')));
    assert.deepEqual(
      playlist.segments.map(({ mediaSequenceNumber, uri, discontinuity }) =>
        JSON.stringify([mediaSequenceNumber, uri, discontinuity === true]),
      ),
      Array.from({ length: SEGMENTS }, (_, sequence) =>
        JSON.stringify([sequence, `/${sequence}.ts`, isDiscontinuity(sequence)]),
      ),
    );
  });

  test('leaves playlists that go on counting where they were', async (context) => {
    const first = await startServer(context);
    for (let sequence = 7; sequence < 40; sequence += 1) await post(first, 'sliding', sequence);
    const before = await fetchText(playlistUrl(first, 'sliding'));
    assert.match(before, /#EXT-X-MEDIA-SEQUENCE:34\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n/);
    await first.kill('SIGKILL');
    const second = await restart(context, first);
    assert.equal(await fetchText(playlistUrl(second, 'sliding')), before);
    for (let sequence = 40; sequence < 51; sequence += 1) {
      assert.equal((await post(second, 'sliding', sequence)).status, 201);
    }
    const after = await fetchText(playlistUrl(second, 'sliding'));
    assert.match(after, /#EXT-X-MEDIA-SEQUENCE:45\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n/);
  });
});

suite('SIGTERM', needs('ffmpeg'), () => {
  test('answers who waits, ends who publishes, and leaves nothing behind', async (context) => {
    const server = await startServer(context);
    for (const sequence of [1, 2, 3]) await post(server, 'held', sequence);
    const { id, streamKey } = await server.createStream('Ends with the server');
    const address = `rtmp://127.0.0.1:${server.rtmpPort}/live/${streamKey}`;
    const publisher = new FfmpegPublisher(address, { seconds: 60 });
    context.after(() => publisher.stop());
    const urls = await renditionUrls(`${server.url}/live/${id}/master.m3u8`);
    assert.equal(urls.length, 2);
    const waiting = Array.from({ length: HELD }, async () => {
      const response = await fetch(`${playlistUrl(server, 'held')}?_HLS_msn=4`);
      return { status: response.status, body: await response.text() };
    });
    await fetchUntil(
      `${server.url}/metrics`,
      (_status, body) => metricOf(body, 'hls_held_requests') >= HELD,
    );
    const startedMs = performance.now();
    const exit = server.kill('SIGTERM');
    for (const { status, body } of await Promise.all(waiting)) {
      assert.equal(status, 503, body);
      assert.equal(JSON.parse(body).status, 503);
    }
    assert.equal(await exit, 0, server.output);
    assert.ok(performance.now() - startedMs < 10_000, 'within ten seconds');
    assert.notEqual(await publisher.exited, 0, 'the encoder is told that it is over');
    for (const port of [server.port, server.rtmpPort]) assert.ok(await isRefused(port), `${port}`);
  });
});

async function startServer(context: TestContext): Promise<ServerProcess> {
  const server = await ServerProcess.start();
  context.after(() => server.stop());
  return server;
}

async function restart(context: TestContext, killed: ServerProcess): Promise<ServerProcess> {
  const server = await killed.restart();
  context.after(() => server.stop());
  return server;
}

function playlistUrl(server: ServerProcess, stream: string): string {
  return `${server.url}/streams/${stream}/renditions/720p/playlist.m3u8`;
}

function isDiscontinuity(sequence: number): boolean {
  return sequence % 10 === 0;
}

async function post(server: ServerProcess, stream: string, sequence: number) {
  const response = await postJson(`${server.url}/streams/${stream}/renditions/720p/segments`, {
    sequence,
    duration: 2,
    path: `/${sequence}.ts`,
    ...(isDiscontinuity(sequence) && { discontinuity: true }),
  });
  const { status } = (await response.json()) as { readonly status: string };
  return { status: response.status, body: status };
}

/** Writers side by side, each with every twentieth segment, until the server dies under them. */
async function writeUntilKilled(server: ServerProcess): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  let killed: Promise<number | null> | undefined;
  const write = async (writer: number): Promise<void> => {
    for (let sequence = writer; sequence < SEGMENTS; sequence += WRITERS) {
      const answer = await post(server, 'kept', sequence).catch((error: unknown) => {
        if (killed === undefined) throw error;
        return undefined;
      });
      if (answer === undefined) return;
      assert.equal(answer.status, 201);
      acknowledged.add(sequence);
      if (acknowledged.size === KILLED_AFTER) killed = server.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  assert.equal(await killed, null, 'the server was killed while they wrote');
  return acknowledged;
}

async function putJson(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
}
