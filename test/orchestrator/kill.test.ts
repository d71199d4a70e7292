import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, test } from 'node:test';
import { MemoryJournal } from '../../server/store/journal/index.ts';
import { call, playlist, startServer } from './orchestrator-server.ts';

const CHILD = join(import.meta.dirname, 'orchestrator-child.ts');

interface Line {
  readonly level: string;
  readonly message: string;
  readonly url?: string;
  readonly streams?: number;
  readonly tornBytes?: number;
  readonly tookMs?: number;
}

let folder = '';
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
});
afterEach(async () => {
  await kill();
  await rm(folder, { recursive: true });
});

/** Starts the child, through `shell` if given, and returns its address and what it logged. */
async function start(shell?: string): Promise<{ url: string; lines: Line[] }> {
  const [command, args] =
    shell === undefined
      ? [process.execPath, [CHILD, folder]]
      : ['/bin/sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, CHILD, folder]];
  const started = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const lines: Line[] = [];
  for await (const text of createInterface({ input: started.stdout })) {
    const line: Line = JSON.parse(text);
    lines.push(line);
    if (line.url === undefined) continue;
    // What nobody reads would fill the pipe, and the child would wait for it.
    started.stdout.resume();
    return { url: line.url, lines };
  }
  throw new Error(`the server ended: ${JSON.stringify(lines)}`);
}

/** `kill -9`. */
async function kill(): Promise<void> {
  const dying = child;
  child = undefined;
  if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
  const gone = once(dying, 'exit');
  dying.kill('SIGKILL');
  await gone;
}

interface Post {
  readonly path: string;
  readonly body: object;
}

function input(): Post[] {
  const posts: Post[] = [];
  for (let sequence = 1; sequence <= 150; sequence += 1) {
    for (const rendition of ['a', 'b']) {
      const base = `/streams/s/renditions/${rendition}`;
      const start = { discontinuity: sequence % 9 === 0 };
      if (rendition === 'b') {
        for (const part of [0, 1]) {
          const path = `${sequence}.${part}.m4s`;
          const body = { sequence, part, duration: 1, path, ...(part === 0 && start) };
          posts.push({ path: `${base}/parts`, body });
        }
      }
      const body = { sequence, duration: 2, path: `${sequence}.m4s`, ...start };
      posts.push({ path: `${base}/segments`, body });
    }
  }
  return posts;
}

/** Sends posts with 20 writers until the server is gone; returns those that were acknowledged. */
async function writeUntilGone(url: string, posts: readonly Post[]): Promise<Set<Post>> {
  const acknowledged = new Set<Post>();
  const queue = posts.values();
  const writers = Array.from({ length: 20 }, async () => {
    for (const post of queue) {
      const answer = await call(url, 'POST', post.path, post.body).catch(() => undefined);
      if (answer === undefined) return;
      assert.ok(answer.status === 201 || answer.status === 200, JSON.stringify(answer));
      acknowledged.add(post);
    }
  });
  await Promise.all(writers);
  return acknowledged;
}

async function stateOf(url: string): Promise<unknown> {
  const { body } = await call(url, 'GET', '/streams/s');
  return { body, a: await playlist(url, 's', 'a'), b: await playlist(url, 's', 'b') };
}

test('every acknowledged segment survives kill -9, and numbers go on as if nothing had been', async () => {
  const posts = input();
  const acknowledged = new Set<Post>();
  const settings = { targetDuration: 2, partTarget: 1, windowSize: 40, gapTimeout: 0 };
  const killAt = [100, 250, 420];
  for (const count of killAt) {
    const { url } = await start();
    await call(url, 'PUT', '/streams/s', settings);
    for (const post of acknowledged) {
      const { status, body } = await call(url, 'POST', post.path, post.body);
      assert.equal(status, 200, `lost: ${JSON.stringify([post, body])}`);
    }
    const rest = posts.slice(0, count + 80).filter((post) => !acknowledged.has(post));
    const writing = writeUntilGone(url, rest);
    await reached(url, count);
    await kill();
    for (const post of await writing) acknowledged.add(post);
  }
  const { url } = await start();
  await call(url, 'PUT', '/streams/s', settings);
  for (const post of posts) await call(url, 'POST', post.path, post.body);
  const reference = await startServer({ journal: new MemoryJournal() });
  try {
    await call(reference.url, 'PUT', '/streams/s', settings);
    for (const post of posts) await call(reference.url, 'POST', post.path, post.body);
    assert.deepEqual(await stateOf(url), await stateOf(reference.url));
    assert.match(await playlist(url, 's', 'a'), /SEQUENCE:111\n#EXT-X-DISCONTINUITY-SEQUENCE:12\n/);
  } finally {
    await reference.close();
  }
});

/** Resolves once the server has listed about as much as `count` posts make. */
async function reached(url: string, count: number): Promise<void> {
  for (;;) {
    const { body } = await call(url, 'GET', '/streams/s');
    const renditions = body.renditions as readonly { nextExpectedSequence: number | null }[];
    const [first] = renditions;
    if ((first?.nextExpectedSequence ?? 0) * 4 > count) return;
  }
}

test('a start that was served, an end and gaps survive kill -9', async () => {
  const segment = (sequence: number) => ({ sequence, duration: 1, path: `/${sequence}.ts` });
  const first = await start();
  await call(first.url, 'PUT', '/streams/s', { gapTimeout: 0.05 });
  for (const sequence of [5, 7]) {
    await call(first.url, 'POST', '/streams/s/renditions/a/segments', segment(sequence));
    await call(first.url, 'POST', '/streams/over/renditions/a/segments', segment(sequence));
  }
  // The gap is answered by a held request, which comes when segment 6 has been given up.
  const gapped = await playlist(first.url, 's', 'a', '?_HLS_msn=7');
  assert.match(gapped, /#EXT-X-GAP\n#EXTINF:1.000,\ngap-6\n#EXTINF:1.000,\n\/7.ts\n/);
  await call(first.url, 'POST', '/streams/over/end');
  const ended = await playlist(first.url, 'over', 'a');
  await kill();

  const names = await readdir(folder);
  const last = names.sort().at(-1) ?? '';
  await appendFile(join(folder, last), Buffer.from('2000000011111111', 'hex'));
  const second = await start();
  assert.equal(second.lines.find(({ level }) => level === 'warn')?.tornBytes, 8);
  assert.equal(await playlist(second.url, 's', 'a'), gapped);
  assert.equal(await playlist(second.url, 'over', 'a'), ended);
  for (const sequence of [4, 6]) {
    const late = await call(
      second.url,
      'POST',
      '/streams/s/renditions/a/segments',
      segment(sequence),
    );
    assert.equal(late.body.status, 'late');
  }
  const over = await call(second.url, 'POST', '/streams/over/renditions/a/segments', segment(8));
  assert.equal(over.body.code, 'stream_ended');
  assert.equal(await playlist(second.url, 's', 'a'), gapped);
});

test('a full disk is answered 500, and nothing that was acknowledged is lost', async () => {
  // The largest file this process may write, in blocks of 512 bytes: 4 KiB.
  const { url } = await start(`trap '' XFSZ; ulimit -f 8`);
  const acknowledged: number[] = [];
  let refusals = 0;
  for (let sequence = 1; refusals < 3; sequence += 1) {
    const body = { sequence, duration: 2, path: `/${'x'.repeat(200)}/${sequence}.ts` };
    const answer = await call(url, 'POST', '/streams/s/renditions/a/segments', body);
    if (answer.status === 201) {
      acknowledged.push(sequence);
      continue;
    }
    assert.deepEqual([answer.status, answer.body.code], [500, 'journal_write_failed']);
    refusals += 1;
  }
  assert.ok(acknowledged.length > 5);
  await kill();
  const again = await start();
  const { body } = await call(again.url, 'GET', '/streams/s');
  const [rendition] = body.renditions as readonly { nextExpectedSequence: number }[];
  assert.ok((rendition?.nextExpectedSequence ?? 0) > (acknowledged.at(-1) ?? 0));
});

test('1,000 streams are there again within a second', async () => {
  const { url } = await start();
  const ids = Array.from({ length: 1000 }, (_, index) => `s${index}`).values();
  const writers = Array.from({ length: 50 }, async () => {
    for (const id of ids) {
      for (let sequence = 1; sequence <= 2; sequence += 1) {
        const body = { sequence, duration: 2, path: `/${id}/${sequence}.ts` };
        await call(url, 'POST', `/streams/${id}/renditions/720p/segments`, body);
      }
    }
  });
  await Promise.all(writers);
  await kill();
  const { lines } = await start();
  const recovered = lines.find(({ message }) => message === 'journal recovered');
  assert.equal(recovered?.streams, 1000);
  assert.ok((recovered.tookMs ?? Infinity) < 1000, `${recovered.tookMs} ms`);
});
