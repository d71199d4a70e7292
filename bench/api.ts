/**
 * How long the control API takes to answer at a steady rate beside a live broadcast, with accounts
 * and on the database in the process.
 *
 *     node bench/api.ts [seconds=30] [perSecond=200] [streams=1000]
 *
 * Method: one publisher sends 720p30, one viewer follows video and sound by blocking reload and
 * hint. Requests are sent when they are due, whether or not those before are answered, and each is
 * counted from when it was due: a server that stalls is charged for all that had to wait. Of twenty,
 * four change something. They bear the tokens of one administrator, so that each is looked up in the
 * database as well. Publisher, viewer and programs are this one process; how late it was itself
 * stands beside the figures.
 */
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { PublisherSwarm } from '../test/support/publisher-swarm.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded, share } from '../test/support/spread.ts';
import { encodeTestPicture } from '../test/support/test-picture.ts';
import { type ApiCall, ApiCaller } from './support/api-caller.ts';
import { LiveViewer } from './support/live-viewer.ts';

const seconds = Number(process.argv[2] ?? 30);
const perSecond = Number(process.argv[3] ?? 200);
const streamCount = Number(process.argv[4] ?? 1000);

const WARM_UP_S = 5;
/** Each may ask 6,000 times a minute. */
const TOKENS = 4;
const MAKING_AT_ONCE = 8;

interface Measured {
  readonly isWrite: boolean;
  readonly name: string;
  readonly tookMs: number;
  readonly status: number;
}

/** What is asked, in this order over and over. */
const MIX: readonly (readonly [name: string, call: (ids: Ids) => ApiCall])[] = [
  ['get', ({ any }) => get(`/api/streams/${any()}`)],
  ['live', () => get('/api/streams/live')],
  ['patch', ({ any }) => patch(`/api/streams/${any()}`, { title: `Show ${Math.random()}` })],
  ['get', ({ live }) => get(`/api/streams/${live}`)],
  ['list', () => get('/api/streams?limit=20')],
  ['get', ({ any }) => get(`/api/streams/${any()}`)],
  ['player', ({ live }) => get(`/api/v1/live/streams/${live}`)],
  ['create', () => post('/api/streams', { broadcasterId: 'bench', title: 'New show' })],
  ['get', ({ any }) => get(`/api/streams/${any()}`)],
  ['live', () => get('/api/streams/live')],
  ['search', () => get('/api/streams?limit=20&q=show%204')],
  ['patch', ({ any }) => patch(`/api/streams/${any()}`, { description: `${Math.random()}` })],
  ['get', ({ live }) => get(`/api/streams/${live}`)],
  ['keys', ({ any }) => get(`/api/streams/${any()}/keys`)],
  ['list', () => get('/api/streams?limit=20&status=idle')],
  ['get', ({ any }) => get(`/api/streams/${any()}`)],
  ['events', () => get('/api/events?limit=20&types=stream.created')],
  ['patch', ({ any }) => patch(`/api/streams/${any()}`, { category: `c${Math.random()}` })],
  ['get', ({ any }) => get(`/api/streams/${any()}`)],
  ['player', ({ live }) => get(`/api/v1/live/streams/${live}`)],
];

interface Ids {
  readonly live: string;
  readonly any: () => string;
}

const file = encodeTestPicture(64);
const server = await ServerProcess.start({ env: { NODE_ENV: 'development' } });
const caller = new ApiCaller(server.url);
const viewer = new LiveViewer(server.url);
try {
  console.log(JSON.stringify(await measure()));
} finally {
  viewer.leave();
  caller.close();
  await server.stop();
}

async function measure(): Promise<object> {
  const { id: live, streamKey } = await server.createStream('Live');
  const tokens = await signUp();
  const ids = await makeStreams(tokens);
  const swarm = new PublisherSwarm(file);
  await swarm.add(server.rtmpPort, streamKey);
  const watching = await watch(live);
  const any = (): string => ids[Math.floor(Math.random() * ids.length)] ?? live;
  const asked = { live, any };
  await send(WARM_UP_S, asked, tokens);
  watching.reset();
  const cpuBefore = server.cpuSeconds();
  const { results, worstLatenessMs } = await send(seconds, asked, tokens);
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  return {
    requests: results.length,
    perSecond,
    failed: results.filter(({ status }) => status >= 300 || status === 0).length,
    all: spreadOf(results),
    reads: spreadOf(results.filter(({ isWrite }) => !isWrite)),
    writes: spreadOf(results.filter(({ isWrite }) => isWrite)),
    byKind: Object.fromEntries(
      [...new Set(MIX.map(([name]) => name))].map((name) => [
        name,
        spreadOf(results.filter((each) => each.name === name)).p99,
      ]),
    ),
    corePercent: rounded((cpuSeconds / seconds) * 100),
    callerWorstLatenessMs: rounded(worstLatenessMs),
    ...watching.result(),
    ...swarm.stop(),
    load: loadavg().map(rounded),
  };
}

/** Makes the first account by the link that the server prints, and its tokens. */
async function signUp(): Promise<readonly string[]> {
  const link = await server.setupSecret();
  const answer = await caller.call({
    ...post('/api/invitations/accept', {
      ...{ secret: link, name: 'bench', password: 'correct horse battery' },
    }),
  });
  if (answer.status !== 200) throw new Error(`Cannot sign up: ${answer.status} ${answer.text}`);
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  const { csrfToken } = JSON.parse(answer.text) as { csrfToken: string };
  const tokens: string[] = [];
  while (tokens.length < TOKENS) {
    const draft = { name: `bench ${tokens.length}`, scopes: ['admin'] };
    const headers = { cookie, 'x-csrf-token': csrfToken };
    const made = await caller.read<{ token: string }>({ ...post('/api/tokens', draft), headers });
    tokens.push(made.token);
  }
  return tokens;
}

async function makeStreams(tokens: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  const work = async (headers: ApiCall['headers'] = {}): Promise<void> => {
    while (ids.length < streamCount) {
      const draft = { broadcasterId: `b${ids.length % 100}`, title: `Show ${ids.length}` };
      const { id } = await caller.read<{ id: string }>({ ...post('/api/streams', draft), headers });
      ids.push(id);
    }
  };
  const workers = Array.from({ length: MAKING_AT_ONCE }, (_, index) => work(bearer(tokens, index)));
  await Promise.all(workers);
  return ids;
}

/** Sends at the rate asked for; resolves when all are answered. */
async function send(forSeconds: number, ids: Ids, tokens: readonly string[]) {
  const count = forSeconds * perSecond;
  const results: Promise<Measured>[] = [];
  const startedMs = performance.now();
  let worstLatenessMs = 0;
  while (results.length < count) {
    const nowMs = performance.now();
    for (;;) {
      const dueMs = startedMs + (results.length * 1000) / perSecond;
      if (dueMs > nowMs || results.length >= count) break;
      worstLatenessMs = Math.max(worstLatenessMs, nowMs - dueMs);
      results.push(measureOne(results.length, dueMs, { ids, tokens }));
    }
    await wait(1);
  }
  return { results: await Promise.all(results), worstLatenessMs };
}

async function measureOne(
  index: number,
  dueMs: number,
  { ids, tokens }: { readonly ids: Ids; readonly tokens: readonly string[] },
): Promise<Measured> {
  const [name = '', callOf] = MIX[index % MIX.length] ?? [];
  if (callOf === undefined) throw new Error('There is nothing to ask');
  const call = { ...callOf(ids), headers: bearer(tokens, index) };
  const { status } = await caller.call(call);
  return { name, isWrite: call.method !== 'GET', tookMs: performance.now() - dueMs, status };
}

/** Follows all playlists of a stream; says how many parts came, and the longest time without one. */
async function watch(streamId: string) {
  let parts = 0;
  let longestGapMs = 0;
  let lastMs = performance.now();
  for (const url of await viewer.awaitPlaylists(streamId)) {
    const follow = async (): Promise<void> => {
      for await (const _part of viewer.follow(url)) {
        longestGapMs = Math.max(longestGapMs, performance.now() - lastMs);
        lastMs = performance.now();
        parts += 1;
      }
    };
    follow().catch((error: unknown) => {
      if (!viewer.left) throw error;
    });
  }
  return {
    reset: () => {
      parts = 0;
      longestGapMs = 0;
    },
    result: () => ({ parts, longestPauseBetweenPartsMs: rounded(longestGapMs) }),
  };
}

function spreadOf(results: readonly Measured[]) {
  const took = results.map(({ tookMs }) => tookMs);
  return {
    p50: share(took, 0.5),
    p95: share(took, 0.95),
    p99: share(took, 0.99),
    max: share(took, 1),
  };
}

function bearer(tokens: readonly string[], index: number): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${tokens[index % tokens.length]}` };
}

function get(path: string): ApiCall {
  return { method: 'GET', path };
}

function post(path: string, body: object): ApiCall {
  return { method: 'POST', path, body };
}

function patch(path: string, body: object): ApiCall {
  return { method: 'PATCH', path, body };
}
