import ipaddr from 'ipaddr.js';

/** What a connection is given: its holder moves freely within. */
const IPV6_NETWORK_BYTES = 8;

/**
 * The network by which somebody on the internet is told from others: an IPv4 address, or the first
 * 64 bits of an IPv6 one, as text. Undefined for what is no public address: behind a proxy or
 * within a house it says nothing about who it is.
 */
export function publicNetwork(address: string): string | undefined {
  const plain = address.replace(/%.*$/, '');
  if (!ipaddr.isValid(plain)) return undefined;
  const peer = ipaddr.process(plain);
  if (peer.range() !== 'unicast') return undefined;
  if (peer.kind() === 'ipv4') return peer.toString();
  return Buffer.from(peer.toByteArray().slice(0, IPV6_NETWORK_BYTES)).toString('hex');
}
