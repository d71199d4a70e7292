/** @module What servers share through Redis: commands, scripts, and what is published. */
export { inspectRedis } from './inspect-redis.ts';
export { RedisUnavailableError } from './redis-error.ts';
export { RedisLink, type RedisScript } from './redis-link.ts';
export type { RedisArgument } from './redis-session.ts';
