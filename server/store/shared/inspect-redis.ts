import { systemClock } from '../../base/index.ts';
import { redisAddress } from './redis-address.ts';
import { RedisSession } from './redis-session.ts';

/** What a Redis server says about itself. */
export interface RedisFinding {
  /** Such as `7.0.15`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  /** What it drops when its memory is full, as it calls it; undefined where it does not tell. */
  readonly eviction: string | undefined;
  /** Whether it keeps anything on disk; undefined where it does not tell. */
  readonly isKept: boolean | undefined;
}

/** Looks at the server at `url`. Throws a `RedisUnavailableError` when it gives no answer. */
export async function inspectRedis(url: string): Promise<RedisFinding> {
  const session = await RedisSession.open(redisAddress(url), systemClock);
  try {
    await session.send('PING', []);
    const told = String(await session.send('INFO', []));
    const value = (name: string): string | undefined =>
      new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(told)?.[1];
    const version = value('redis_version') ?? 'unknown';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const save = await setting(session, 'save');
    const appends = value('aof_enabled');
    return {
      ...{ version, major, minor },
      eviction: value('maxmemory_policy'),
      isKept: appends === '1' || (save === undefined ? undefined : save !== ''),
    };
  } finally {
    session.close();
  }
}

/** A hosted server often does not let anybody ask. */
async function setting(session: RedisSession, name: string): Promise<string | undefined> {
  try {
    const answer = await session.send('CONFIG', ['GET', name]);
    return Array.isArray(answer) && answer.length > 1 ? String(answer[1]) : undefined;
  } catch {
    return undefined;
  }
}
