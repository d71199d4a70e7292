import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryJournal } from '../../server/store/journal/index.ts';
import { Random } from '../fuzz/random.ts';
import { call, type OrchestratorServer, playlist, startServer } from './orchestrator-server.ts';

const WRITERS = 200;
const STREAM = 'shared';
/** A ladder of segments alone, and a rendition with parts. */
const RENDITIONS = ['1080p', '720p', 'parts'] as const;
const SEGMENTS = 120;
const PARTS = 4;

interface Post {
  readonly path: string;
  readonly body: object;
}

/** Everything that is registered, in order: with odd durations, discontinuities and a hole. */
function sortedInput(random: Random): Post[] {
  const posts: Post[] = [];
  for (const rendition of RENDITIONS) {
    const base = `/streams/${STREAM}/renditions/${rendition}`;
    const hole = 40 + random.below(60);
    for (let sequence = 7; sequence < 7 + SEGMENTS; sequence += 1) {
      if (rendition === '720p' && sequence === hole) continue;
      const path = `/${rendition}/${sequence}.m4s`;
      const more = random.below(10) === 0 ? { discontinuity: true } : {};
      const duration = rendition === 'parts' ? 2 : [2, 1.96, 2.04, 3.5][random.below(4)];
      if (rendition === 'parts') posts.push(...partsOf(base, sequence, more));
      posts.push({ path: `${base}/segments`, body: { sequence, duration, path, ...more } });
    }
  }
  return posts;
}

function partsOf(base: string, sequence: number, more: object): Post[] {
  return Array.from({ length: PARTS }, (_, part) => ({
    path: `${base}/parts`,
    body: {
      sequence,
      part,
      duration: 2 / PARTS,
      path: `/parts/${sequence}.${part}.m4s`,
      independent: part === 0,
      ...(part === 0 && more),
    },
  }));
}

/** Every post once or more, in an order of its own, dealt out to the writers. */
function deal(posts: readonly Post[], random: Random): Post[][] {
  const cards = posts.flatMap((post) => (random.below(3) === 0 ? [post, post] : [post]));
  for (let index = cards.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [cards[index], cards[other]] = [cards[other] as Post, cards[index] as Post];
  }
  const hands: Post[][] = Array.from({ length: WRITERS }, () => []);
  for (const [index, card] of cards.entries()) hands[index % WRITERS]?.push(card);
  return hands;
}

async function start(): Promise<OrchestratorServer> {
  const server = await startServer({ journal: new MemoryJournal() });
  await call(server.url, 'PUT', `/streams/${STREAM}`, { gapTimeout: 0, windowSize: 90 });
  return server;
}

async function write(server: OrchestratorServer, posts: readonly Post[]): Promise<void> {
  for (const { path, body } of posts) {
    const { status } = await call(server.url, 'POST', path, body);
    assert.ok(status === 201 || status === 200, `${path} ${JSON.stringify(body)}: ${status}`);
  }
}

/** The whole state as anybody can see it. */
async function stateOf(server: OrchestratorServer): Promise<unknown> {
  const state = await call(server.url, 'GET', `/streams/${STREAM}`);
  const playlists: string[] = [];
  for (const rendition of RENDITIONS) {
    playlists.push(await playlist(server.url, STREAM, rendition));
    assert.match(playlists.at(-1) ?? '', /^#EXTM3U\n/);
  }
  return { state: state.body, playlists };
}

for (const seed of [1, 2, 3]) {
  test(`200 parallel writers leave the state of the sorted input (seed ${seed})`, async () => {
    const posts = sortedInput(new Random(seed, 0));
    const sorted = await start();
    const shuffled = await start();
    try {
      await write(sorted, posts);
      const hands = deal(posts, new Random(seed, 1));
      await Promise.all(hands.map((hand) => write(shuffled, hand)));
      assert.deepEqual(await stateOf(shuffled), await stateOf(sorted));
    } finally {
      await Promise.all([sorted.close(), shuffled.close()]);
    }
  });
}
