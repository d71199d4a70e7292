import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { systemCodeOf } from '../base/index.ts';

/** All addresses of both families, which a kernel without IPv6 cannot give. */
const BOTH_FAMILIES = '::';
const IPV4_ONLY = '0.0.0.0';
/** What a kernel says that does not know IPv6, or has it turned off. */
const NO_IPV6: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** The host to listen on: `host`, or all addresses of IPv4 where it means both and there is one. */
export async function listenHost(host: string, serverOf = createServer): Promise<string> {
  if (host !== BOTH_FAMILIES) return host;
  const server: Server = serverOf();
  try {
    server.listen({ host, port: 0 });
    await once(server, 'listening');
  } catch (error) {
    return NO_IPV6.includes(systemCodeOf(error)) ? IPV4_ONLY : host;
  }
  server.close();
  await once(server, 'close');
  return host;
}
