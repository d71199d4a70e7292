import ipaddr from 'ipaddr.js';

/** Whether `text` is a range in CIDR notation, or one address. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Whether an address is in one of the ranges; IPv4 in IPv6 (`::ffff:…`) counts as IPv4. */
export function isInRanges(address: string | undefined, ranges: readonly string[]): boolean {
  // A scope (`fe80::1%eth0`) says through which interface, not who.
  const plain = address?.replace(/%.*$/, '');
  if (plain === undefined || !ipaddr.isValid(plain)) return false;
  const peer = ipaddr.process(plain);
  return ranges.some((each) => {
    const range = parseRange(each);
    return range !== undefined && range[0].kind() === peer.kind() && peer.match(range);
  });
}

function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  // Of IPv4, only what has all four numbers: "10" would be taken for 0.0.0.10.
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
