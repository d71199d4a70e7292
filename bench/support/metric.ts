import { setTimeout as wait } from 'node:timers/promises';

const TIMEOUT_MS = 10_000;
const PAUSE_MS = 20;

/** The value of one series of the server at `origin`, 0 while it has not been counted yet. */
export async function readMetric(origin: string, series: string): Promise<number> {
  const response = await fetch(`${origin}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot read ${series}: ${response.status} ${text}`);
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

/** Waits until a gauge has come to `value`; throws after 10 s. */
export async function awaitMetric(origin: string, series: string, value: number): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  let seen = await readMetric(origin, series);
  while (seen !== value) {
    if (performance.now() > deadline) {
      throw new Error(`Cannot go on: ${series} is ${seen} and not ${value}`);
    }
    await wait(PAUSE_MS);
    seen = await readMetric(origin, series);
  }
}
