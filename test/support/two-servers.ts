/** Two servers with one database and one Redis, and a stream whose chat they share. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleaning, tempFolder } from './place.ts';
import { PostgresServer } from './postgres-server.ts';
import { RedisServer } from './redis-server.ts';
import { ServerProcess } from './server-process.ts';

/** What was started. */
export interface TwoServers {
  readonly servers: readonly [ServerProcess, ServerProcess];
  /** Of the chat's routes, on both. */
  readonly path: string;
}

/** Starts both; slow mode is off. `needs('postgres', 'redis')` has been asked before. */
export async function startTwoServers(context: Cleaning): Promise<TwoServers> {
  const [postgres, redis] = await Promise.all([
    PostgresServer.start(context),
    RedisServer.start(context),
  ]);
  const env = { DATABASE_URL: await postgres.freshDatabase(context), REDIS_URL: redis.url() };
  const one = await ServerProcess.start({ env });
  context.after(() => one.stop());
  const folder = tempFolder();
  // Guests are known again, and keys are known, by the same secret.
  const secret = 'stream-key.pepper';
  copyFileSync(join(one.folder, secret), join(folder, secret));
  const two = await ServerProcess.start({ env: { ...env, DATA_DIR: folder } });
  context.after(() => two.stop());
  const { id } = await one.createStream('Chat');
  const path = `/api/streams/${id}/chat`;
  const answer = await fetch(`${one.url}${path}/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ slowModeS: 0 }),
  });
  if (answer.status !== 200) throw new Error(`Cannot set up chat: ${await answer.text()}`);
  return { servers: [one, two], path };
}

/** Where a chat is read at a server. */
export function socketUrl({ url }: ServerProcess, path: string): string {
  return `${url.replace('http', 'ws')}${path}/ws`;
}
