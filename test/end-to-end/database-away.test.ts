import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { needs } from '../support/component.ts';
import { fetchText, fetchUntil, postJson, renditionUrls } from '../support/fetching.ts';
import { FfmpegPublisher } from '../support/ffmpeg-publisher.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { ServerProcess } from '../support/server-process.ts';

/** How long the database stays away; a minute was tried by hand. */
const AWAY_MS = Number(process.env.AWAY_SECONDS ?? 10) * 1000;
/** What a caller waits at most, on a machine that is busy. */
const FAST_MS = 6_000;
const PATIENCE_MS = 40_000;

interface EventPage {
  readonly data: readonly { readonly type: string; readonly streamId: string }[];
}

suite('a database that goes away during a broadcast', needs('ffmpeg', 'postgres'), () => {
  let database: PostgresServer;
  const cleanings: (() => Promise<void> | void)[] = [];
  const context = { after: (task: () => Promise<void> | void) => void cleanings.push(task) };

  before(async () => {
    database = await PostgresServer.start(context);
  });
  after(async () => {
    for (const task of cleanings.toReversed()) await task();
  });

  async function start(): Promise<ServerProcess> {
    const DATABASE_URL = await database.freshDatabase(context);
    const server = await ServerProcess.start({ env: { DATABASE_URL, RECONNECT_WINDOW: '0' } });
    cleanings.push(() => server.stop());
    return server;
  }

  function publish({ rtmpPort }: ServerProcess, streamKey: string): FfmpegPublisher {
    const url = `rtmp://127.0.0.1:${rtmpPort}/live/${streamKey}`;
    const publisher = new FfmpegPublisher(url, { seconds: 120 + AWAY_MS / 500 });
    cleanings.push(() => publisher.stop());
    return publisher;
  }

  /** Everything that needs the database is refused soon, and says when to come again. */
  async function assertRefused(url: string, init: RequestInit = {}): Promise<void> {
    const startedMs = performance.now();
    const answer = await fetch(url, init);
    const tookMs = performance.now() - startedMs;
    assert.equal(answer.status, 503, `${url}: ${await answer.text()}`);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.ok(tookMs < FAST_MS, `${url} was refused after ${tookMs} ms`);
  }

  const ways = [
    ['is killed', () => database.kill(), () => database.resume()],
    ['hangs', async () => database.freeze(), async () => database.thaw()],
  ] as const;
  for (const [what, leave, comeBack] of ways) {
    test(`and ${what} stops nobody, and finds everything in order when it is back`, async () => {
      const server = await start();
      const [first, second] = [
        await server.createStream('On air'),
        await server.createStream('Comes meanwhile'),
      ];
      const publisher = publish(server, first.streamKey);
      const [url = ''] = await renditionUrls(`${server.url}/live/${first.id}/master.m3u8`);
      const edge = async () =>
        Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(await fetchText(url))?.[1]);
      await fetchUntil(url, (_status, body) => body.includes('s1.m4s'));
      const acknowledged = await server.createStream('Acknowledged');

      await leave();
      const leftMs = performance.now();
      await assertRefused(`${server.url}/api/streams`);
      await assertRefused(`${server.url}/api/streams/${acknowledged.id}/key`, { method: 'POST' });
      const comer = publish(server, second.streamKey);
      await renditionUrls(`${server.url}/live/${second.id}/master.m3u8`);
      assert.match(await fetchText(`${server.url}/api/streams/live`), /Comes meanwhile/);
      await comer.stop();
      await fetchUntil(`${server.url}/live/${second.id}/master.m3u8`, (status) => status === 404);
      await wait(Math.max(0, AWAY_MS - (performance.now() - leftMs)));
      const before = await fetchText(url);
      await fetchUntil(url, (_status, body) => body !== before);
      await assertRefused(`${server.url}/api/streams`);
      assert.ok((await edge()) > 0);
      await comeBack();

      await fetchUntil(`${server.url}/api/streams`, (status) => status === 200, PATIENCE_MS);
      assert.match(await fetchText(`${server.url}/api/streams/${acknowledged.id}`), /Acknowledged/);
      const made = await postJson(`${server.url}/api/streams`, {
        broadcasterId: 'a',
        title: 'New',
      });
      assert.equal(made.status, 201);
      await publisher.stop();
      const expected = [...['broadcast.connected', 'broadcast.started', 'broadcast.ended']];
      for (const { id } of [first, second]) {
        const types = await eventsOf(server, id, expected.length + 1);
        assert.deepEqual(types, ['stream.created', ...expected]);
        assert.match(await fetchText(`${server.url}/api/streams/${id}`), /"status":"ended"/);
      }
      await server.stop();
      assert.doesNotMatch(server.output, /not kept/);
    });
  }

  async function eventsOf(server: ServerProcess, id: string, count: number) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const headers = { accept: 'application/json' };
      const answer = await fetch(`${server.url}/api/events?streamId=${id}`, { headers });
      const { data } = (await answer.json()) as EventPage;
      if (data.length >= count || performance.now() > deadline) return data.map(({ type }) => type);
      await wait(200);
    }
  }
});
