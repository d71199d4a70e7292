/**
 * Delivery over HTTP beside nginx serving the same bytes as static files, in one run.
 *
 *     node bench/http.ts [seconds=3] [rounds=2]
 *
 * Method: each server has core 0 to itself while it is asked (the other one is idle), `wrk` with
 * one thread has core 1, and the two take turns A/B/A/B. The playlist is a live low-latency one
 * (50 connections), the segment 500 KB from memory against sendfile (16 connections). Ratios are of
 * the best rounds, because whatever else runs on the machine only ever takes away; that of requests
 * per second of the server's own processor time also holds on a busy machine.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createHttpServer } from '../server/app/http/index.ts';
import { RightOfWay, silentLog, systemClock } from '../server/base/index.ts';
import { Broadcast, OnAir } from '../server/live/index.ts';
import { isDeliveryPath, Origin } from '../server/pipeline/origin/index.ts';

const SERVE = 'serve';
const SERVER_CPU = '0';
const CLIENT_CPU = '1';
const READY_TRIES = 100;
const READY_PAUSE_MS = 20;
const SEGMENTS = 7;
const PARTS_PER_SEGMENT = 6;
const PART_BYTES = 83_334;
const FOLDER = '/live/bench/b1/video';

interface Load {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
}

const LOADS: readonly Load[] = [
  { name: 'playlist', path: `${FOLDER}/playlist.m3u8`, connections: 50 },
  { name: 'segment', path: `${FOLDER}/s${SEGMENTS - 1}.m4s`, connections: 16 },
];

/** A process that serves on `port`. */
interface Peer {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

/** The real origin behind the real server, with a broadcast in memory; prints its port. */
async function serve(): Promise<void> {
  const onAir = new OnAir();
  const broadcast = new Broadcast('b1', 'bench', systemClock.epochMs());
  onAir.start(broadcast);
  const origin = new Origin({
    clock: systemClock,
    onAir,
    orchestrated: { presentation: () => undefined, served: () => {} },
    observer: { answered: () => {} },
    rightOfWay: new RightOfWay(systemClock, setImmediate),
  });
  fill(broadcast);
  const server = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler: origin, matches: isDeliveryPath },
    register: () => {},
    management: {},
  });
  const { port } = await server.listen();
  process.stdout.write(`${port}\n`);
}

/** Closed segments of six parts each. */
function fill(broadcast: Broadcast): void {
  const targets = { windowSize: 6, targetDuration: 2, partTarget: 0.35433 };
  const rendition = broadcast.presentation.add('video', targets);
  const ring = broadcast.media('video');
  const { timeline } = rendition;
  timeline.start(1);
  for (let msn = 1; msn <= SEGMENTS; msn += 1) {
    timeline.openSegment({ discontinuity: false, init: { uri: 'init0.mp4' } }, `p${msn}.0.m4s`);
    for (let index = 0; index < PARTS_PER_SEGMENT; index += 1) {
      ring.putPart(msn, new Uint8Array(PART_BYTES).fill(index));
      const part = { uri: `p${msn}.${index}.m4s`, duration: 1 / 3, independent: index === 0 };
      timeline.appendPart(part, `p${msn}.${index + 1}.m4s`);
    }
    rendition.measure(ring.closeSegment(msn), 2);
    timeline.closeSegment({ duration: 2, uri: `s${msn}.m4s` }, `p${msn + 1}.0.m4s`);
  }
}

async function startOurs(): Promise<Peer> {
  const args = ['-c', SERVER_CPU, process.execPath, import.meta.filename, SERVE];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { name: 'millrace', port: Number(String(line)), child };
}

/** nginx as one tunes it for static files: one worker, no log, files kept open. */
async function startNginx(folder: string): Promise<Peer> {
  const port = await freePort();
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const configuration = `
    ${user} worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error; daemon off;
    events { worker_connections 1024; }
    http {
      ${temporary.join(' ')}
      access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
      open_file_cache max=100; open_file_cache_valid 60s;
      types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }
      server { listen 127.0.0.1:${port}; root ${folder}/root; }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const args = ['-c', SERVER_CPU, 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  return { name: 'nginx', port, child };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port');
  return address.port;
}

/** Fetches once the peer listens. */
async function fetchWhole(peer: Peer, path: string): Promise<Uint8Array> {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${peer.port}${path}`).catch(
      async (error: unknown) => {
        if (tries >= READY_TRIES || peer.child.exitCode !== null) throw error;
        await wait(READY_PAUSE_MS);
        return undefined;
      },
    );
    if (response === undefined) continue;
    if (!response.ok) throw new Error(`${peer.name} answers ${response.status} to ${path}`);
    return response.bytes();
  }
}

/** One round: requests per second of wall clock, and of the server's processor time. */
interface Round {
  readonly rate: number;
  readonly ratePerCpu: number;
}

function measure(peer: Peer, load: Load, seconds: number): Round {
  const url = `http://127.0.0.1:${peer.port}${load.path}`;
  const wrk = ['wrk', '-t1', `-c${load.connections}`, `-d${seconds}s`, url];
  const beforeS = cpuSeconds(peer.child.pid ?? 0);
  const report = execFileSync('taskset', ['-c', CLIENT_CPU, ...wrk], { encoding: 'utf8' });
  const cpuS = cpuSeconds(peer.child.pid ?? 0) - beforeS;
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(`${peer.name} failed:\n${report}`);
  const requests = Number(/(\d+) requests in/.exec(report)?.[1]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]);
  return { rate, ratePerCpu: requests / cpuS };
}

/** User and system time of a process and its children; Linux counts in hundredths of a second. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children
    .filter((child) => child !== '')
    .reduce(
      (total, child) => total + cpuSeconds(Number(child)),
      (Number(fields[11]) + Number(fields[12])) / 100,
    );
}

async function compare(seconds: number, rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(folder, 0o755);
  const peers: Peer[] = [];
  try {
    const ours = await startOurs();
    peers.push(ours);
    for (const { path } of LOADS) {
      const file = join(folder, 'root', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, await fetchWhole(ours, path));
    }
    const nginx = await startNginx(folder);
    peers.push(nginx);
    for (const load of LOADS) {
      const { length } = await fetchWhole(nginx, load.path);
      const measured: Record<string, Round[]> = { nginx: [], millrace: [] };
      for (let round = 0; round < rounds; round += 1) {
        for (const peer of [nginx, ours]) {
          measured[peer.name]?.push(measure(peer, load, seconds));
        }
      }
      report(load, length, measured);
    }
  } finally {
    for (const { child } of peers) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(
  load: Load,
  size: number,
  measured: Readonly<Record<string, readonly Round[]>>,
): void {
  const shown = (value: number): string => Math.round(value).toLocaleString('en').padStart(8);
  console.log(`${load.name}, ${size} bytes, ${load.connections} connections`);
  for (const [name, rounds] of Object.entries(measured)) {
    console.log(
      `  ${name.padEnd(9)} requests/s    ${rounds.map(({ rate }) => shown(rate)).join('')}`,
    );
    const perCpu = rounds.map(({ ratePerCpu }) => shown(ratePerCpu)).join('');
    console.log(`  ${name.padEnd(9)} requests/CPU-s${perCpu}`);
  }
  const best = (name: string, of: (round: Round) => number): number =>
    Math.max(...(measured[name] ?? []).map(of));
  const ratio = (of: (round: Round) => number): string =>
    (best('millrace', of) / best('nginx', of)).toFixed(2);
  console.log(
    `  ratio ${ratio(({ rate }) => rate)}, per CPU ${ratio((round) => round.ratePerCpu)}`,
  );
}

if (process.argv[2] === SERVE) await serve();
else await compare(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 2));
