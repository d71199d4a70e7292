/**
 * How long it takes until everybody who read a chat on a server that is killed reads on at another
 * one, and what they missed.
 *
 *     node bench/chat-failover.ts [--sockets 2000]
 */
import { parseArgs } from 'node:util';
import { chatFailover } from '../test/support/chat-failover.ts';

const { values } = parseArgs({ options: { sockets: { type: 'string', default: '2000' } } });
const ends: (() => Promise<void> | void)[] = [];
try {
  const result = await chatFailover({ after: (end) => ends.unshift(end) }, Number(values.sockets));
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
} finally {
  for (const end of ends) await end();
}
process.exit();
