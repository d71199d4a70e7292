import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RunningProcess } from './process.ts';

const WRITER = join(import.meta.dirname, 'database-writer.ts');
/** A start after a kill replays the log; the first one of all makes the database. */
const START_LIMIT_MS = 120_000;
/** Kills land anywhere in this time of writing, or of a start. */
const WRITING_MS = 300;
const STARTING_MS = 800;
/** Every so many kills comes while the database is being opened. */
const START_KILL_EVERY = 4;

/** What became of the transactions. */
export interface KillingResult {
  /** Highest number that was acknowledged; every one up to it was found after each kill. */
  readonly acknowledged: number;
  readonly kills: number;
}

/**
 * Kills a process that writes to the database in `folder`, again and again; each next one checks
 * that what was acknowledged is there. Throws what a writer said of what it missed.
 */
export async function killWriters(
  folder: string,
  kills: number,
  report: (result: KillingResult) => void = () => {},
): Promise<KillingResult> {
  let acknowledged = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    acknowledged = await killOne(folder, acknowledged, kill % START_KILL_EVERY === 0);
    report({ acknowledged, kills: kill });
  }
  const last = startWriter(folder, acknowledged);
  try {
    await last.waitFor(/going on/, START_LIMIT_MS);
  } finally {
    await last.stop('SIGKILL');
  }
  return { acknowledged, kills };
}

async function killOne(folder: string, from: number, isStarting: boolean): Promise<number> {
  const writer = startWriter(folder, from);
  try {
    if (isStarting) {
      await wait(Math.random() * STARTING_MS);
    } else {
      await writer.waitFor(/going on/, START_LIMIT_MS);
      await wait(Math.random() * WRITING_MS);
    }
  } finally {
    await writer.stop('SIGKILL');
  }
  // The last line may be torn.
  const lines = writer.output.split('\n').slice(0, -1);
  const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number);
  const failure = /Error: .*/.exec(writer.output)?.[0];
  if (failure !== undefined) throw new Error(`${failure}\n${writer.output}`);
  return Math.max(from, ...numbers.slice(-1));
}

function startWriter(folder: string, acknowledged: number): RunningProcess {
  return new RunningProcess([process.execPath, WRITER, folder, String(acknowledged)], {});
}
