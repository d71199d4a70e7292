import { inspectRedis, RedisUnavailableError } from '../../store/shared/index.ts';
import { redact } from '../log/index.ts';
import { secretsOf } from '../secrets.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Servers of before do not know all that is asked of them. */
const OLDEST = [6, 2] as const;

/** Whether the Redis that several servers share can be used; nothing where there is none. */
export async function redisChecks(url: string | undefined): Promise<readonly Check[]> {
  if (url === undefined) return [];
  try {
    const { version, major, minor, eviction, isKept } = await inspectRedis(url);
    const seen = `Redis ${version} answers`;
    const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
    return [
      isOld
        ? fail('redis', `${seen}, ${OLDEST.join('.')} is needed`, 'upgrade the server')
        : ok('redis', seen),
      memoryCheck(eviction),
      ...(isKept === undefined ? [] : [diskCheck(isKept)]),
    ];
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    const secrets = secretsOf({ API_TOKEN: undefined, DATABASE_URL: undefined, REDIS_URL: url });
    const said = secrets.reduce(
      (text, secret) => text.replaceAll(secret, '[redacted]'),
      error.message,
    );
    const remedy = 'start the server, or correct host, name and password in REDIS_URL';
    return [fail('redis', redact(said), remedy)];
  }
}

function memoryCheck(eviction: string | undefined): Check {
  const name = 'redis-memory';
  const seen = `Redis with full memory follows maxmemory-policy ${eviction ?? 'unknown'}`;
  // The other policies may drop a room that is in use.
  const isSafe = eviction === undefined || eviction === 'noeviction' || eviction === 'volatile-ttl';
  return isSafe ? ok(name, seen) : warn(name, seen, 'set maxmemory-policy noeviction');
}

/** Nothing is only there: what it forgets is taken up again from the database and the servers. */
function diskCheck(isKept: boolean): Check {
  const seen = isKept
    ? 'Redis keeps what it has on disk'
    : 'Redis keeps nothing on disk; after its restart chat goes on from the database';
  return ok('redis-disk', seen);
}
