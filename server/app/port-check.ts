/** Finds out whether the ports can be had, before anything is made that takes long or stays. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Configuration } from './config/index.ts';
import { listenErrorOf } from './http/index.ts';

/** Throws a `ListenError` for the first port of the configuration that cannot be listened on. */
export async function assertPortsFree({
  HOST: host,
  PORT,
  RTMP_PORT,
}: Pick<Configuration, 'HOST' | 'PORT' | 'RTMP_PORT'>): Promise<void> {
  for (const [setting, port] of [
    ['PORT', PORT],
    ['RTMP_PORT', RTMP_PORT],
  ] as const) {
    const server = createServer();
    try {
      await once(server.listen({ host, port }), 'listening');
    } catch (error) {
      throw error instanceof Error ? listenErrorOf(error, { host, port, setting }) : error;
    }
    server.close();
    await once(server, 'close');
  }
}
