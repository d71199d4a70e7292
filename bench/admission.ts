/**
 * How long an encoder waits for its admission, from opening its connection until Publish.Start, with
 * many streams in the table and a control API that keeps the database busy.
 *
 *     node bench/admission.ts [--publishes 300] [--streams 10000] [--sleep 0] [--postgres]
 *
 * Method: streams are made over the API, and the server is started anew. Ten encoders a second come
 * with keys of random streams, each over a connection of its own, send the first pictures, so that
 * a broadcast begins, and leave a second later. Meanwhile eight callers search all streams and
 * change some without a pause. With `--sleep`, each change waits for so many seconds in `pg_sleep`
 * within its transaction. With `--postgres` the database is a PostgreSQL server of the bench's own.
 */
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { silentLog, systemClock } from '../server/base/index.ts';
import { openDatabases } from '../server/store/sql/index.ts';
import { PostgresServer } from '../test/support/postgres-server.ts';
import { RtmpPublisher } from '../test/support/rtmp-publisher.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded, share } from '../test/support/spread.ts';
import { encodeTestPicture } from '../test/support/test-picture.ts';
import { ApiCaller } from './support/api-caller.ts';

const { values } = parseArgs({
  options: {
    publishes: { type: 'string', default: '300' },
    streams: { type: 'string', default: '10000' },
    sleep: { type: 'string', default: '0' },
    postgres: { type: 'boolean', default: false },
  },
});
const publishes = Number(values.publishes);
const streamCount = Number(values.streams);
const sleepS = Number(values.sleep);

const BETWEEN_PUBLISHES_MS = 100;
const STAY_MS = 1_000;
const FIRST_PICTURES = 90;
const CALLERS = 8;
const BROADCASTERS = 100;

interface Made {
  readonly id: string;
  readonly streamKey: string;
}

const file = encodeTestPicture(16);
const endings: (() => Promise<void> | void)[] = [];
const url = values.postgres ? await startPostgres() : undefined;
let server = await ServerProcess.start({
  env: { RECONNECT_WINDOW: '2', ...(url !== undefined && { DATABASE_URL: url }) },
});
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await server.stop();
  for (const end of endings.toReversed()) await end();
}

async function startPostgres(): Promise<string> {
  const context = { after: (end: () => Promise<void> | void) => void endings.push(end) };
  const postgres = await PostgresServer.start(context);
  return postgres.freshDatabase(context);
}

async function measure(): Promise<object> {
  const made = await makeStreams();
  await server.kill('SIGTERM');
  if (sleepS > 0) await slowDown();
  server = await server.restart();
  const control = keepBusy(made);
  await wait(STAY_MS);
  const admissions: Promise<number>[] = [];
  let failed = 0;
  while (admissions.length < publishes) {
    const { streamKey } = anyOf(made);
    const admission = publish(streamKey);
    admission.catch(() => {
      failed += 1;
    });
    admissions.push(admission);
    await wait(BETWEEN_PUBLISHES_MS);
  }
  const settled = await Promise.allSettled(admissions);
  const took = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return {
    database: values.postgres ? 'PostgreSQL' : 'PGlite',
    streams: made.length,
    sleepS,
    admissions: took.length,
    failed,
    admissionMs: {
      p50: share(took, 0.5),
      p95: share(took, 0.95),
      p99: share(took, 0.99),
      max: share(took, 1),
    },
    control: await control.stop(),
    load: loadavg().map(rounded),
  };
}

async function makeStreams(): Promise<readonly Made[]> {
  const made: Made[] = [];
  const caller = new ApiCaller(server.url);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < streamCount) {
      const number = next++;
      const body = { broadcasterId: `b${number % BROADCASTERS}`, title: `Show ${number}` };
      made.push(await caller.read<Made>({ method: 'POST', path: '/api/streams', body }));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, work));
  caller.close();
  return made;
}

/** From now on the database sleeps within each change of a stream. */
async function slowDown(): Promise<void> {
  const place = { folder: server.folder, log: silentLog, clock: systemClock };
  const databases = await openDatabases({ ...place, url });
  await databases.control.query(`
    create function sleep() returns trigger language plpgsql as $$
    begin
      perform pg_sleep(${sleepS});
      return new;
    end $$;
    create trigger slow_change before insert on audit_log
      for each row when (new.action = 'stream.update') execute function sleep();`);
  await databases.close();
}

/** Milliseconds from opening a connection until Publish.Start. */
async function publish(streamKey: string): Promise<number> {
  const startedMs = performance.now();
  const publisher = await RtmpPublisher.open(server.rtmpPort, streamKey);
  const tookMs = performance.now() - startedMs;
  publisher.begin(file);
  for (const tag of file.media.slice(0, FIRST_PICTURES)) publisher.send(tag, tag.timestampMs);
  setTimeout(() => publisher.close(), STAY_MS);
  return tookMs;
}

/** Callers that ask again as soon as they are answered. */
function keepBusy(made: readonly Made[]) {
  const caller = new ApiCaller(server.url);
  let isOver = false;
  const answers: Record<string, number> = {};
  const work = async (_: unknown, index: number): Promise<void> => {
    while (!isOver) {
      const isChange = index % 2 === 0;
      const { status } = await caller.call(
        isChange
          ? {
              method: 'PATCH',
              path: `/api/streams/${anyOf(made).id}`,
              body: { description: `${Math.random()}` },
            }
          : { method: 'GET', path: `/api/streams?limit=20&q=${Math.random()}` },
      );
      const name = `${isChange ? 'change' : 'search'} ${status}`;
      answers[name] = (answers[name] ?? 0) + 1;
    }
  };
  const working = Promise.all(Array.from({ length: CALLERS }, work));
  return {
    stop: async () => {
      isOver = true;
      await working;
      caller.close();
      return answers;
    },
  };
}

function anyOf<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to choose from');
  return item;
}
