import type { RedisOptions } from 'ioredis';

const PORT = 6379;

/** Where a Redis server is, and how to speak to it. */
export interface RedisAddress {
  readonly options: Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>;
  /** Without secrets, for people. */
  readonly place: string;
  /** Number of the database within the server. */
  readonly db: number;
}

/** Reads `redis://` and `rediss://` (TLS) addresses; the configuration has checked their form. */
export function redisAddress(url: string): RedisAddress {
  const { protocol, hostname, port: digits, username, password, pathname } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const port = digits === '' ? PORT : Number(digits);
  const db = pathname.length > 1 ? Number(pathname.slice(1)) : 0;
  const isTls = protocol === 'rediss:';
  return {
    options: {
      ...{ host, port, db },
      ...(username === '' ? {} : { username: plain(username) }),
      ...(password === '' ? {} : { password: plain(password) }),
      ...(isTls ? { tls: {} } : {}),
    },
    place: `${hostname}:${port}${isTls ? ' (TLS)' : ''}`,
    db,
  };
}

/** `text` itself where it is no percent-encoding. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
