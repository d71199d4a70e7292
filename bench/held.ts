/**
 * How long held playlist requests wait after their part is there: from before a part is posted to
 * the orchestrator until each answer has arrived whole, the post itself included.
 *
 *     node bench/held.ts [held=2000] [rounds=20]
 *
 * Method: this process opens as many keep-alive connections as requests, lets all of them ask for
 * the next part, posts it once the server says that it holds them all, and notes when each answer
 * has come. Reading them takes this process about as long as writing them takes the server, and
 * that is in the figures too.
 */
import { ServerProcess } from '../test/support/server-process.ts';
import { share } from '../test/support/spread.ts';
import { awaitMetric } from './support/metric.ts';
import { PartFeeder } from './support/part-feeder.ts';

const held = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 20);

const server = await ServerProcess.start();
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await server.stop();
}

async function measure(): Promise<object> {
  const feeder = await PartFeeder.begin(server.url);
  const viewers = await Promise.all(Array.from({ length: held }, () => feeder.openViewer()));
  const waits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await feeder.endSegment();
    const answers = viewers.map((viewer) => viewer.ask(feeder.query));
    await awaitMetric(server.url, 'hls_held_requests', held);
    const postedMs = performance.now();
    const [, ...arrivals] = await Promise.all([feeder.postPart(), ...answers]);
    for (const atMs of arrivals) waits.push(atMs - postedMs);
  }
  for (const viewer of viewers) viewer.close();
  return {
    held,
    rounds,
    p50Ms: share(waits, 0.5),
    p99Ms: share(waits, 0.99),
    maxMs: share(waits, 1),
  };
}
