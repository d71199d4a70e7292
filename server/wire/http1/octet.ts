/** May stand in a field name: tchar of RFC 9110 section 5.6.2. */
export const TOKEN = 1;
/** May stand in the path or query of a request target: RFC 3986 sections 3.3 and 3.4. */
export const TARGET = 2;
/** May stand in a field value: visible ASCII, space and tab. Rarer octets are left to Node. */
export const VALUE = 4;
/** May stand in a Host value: a registered name, an address or an IP literal, and a port. */
export const HOST = 8;

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const VISIBLE = Array.from({ length: 0x7f - 0x21 }, (_, index) =>
  String.fromCharCode(0x21 + index),
).join('');

/** For each octet, the places it may stand in, as a union of the flags above. */
export const OCTET_CLASS: Uint8Array = classes([
  [TOKEN, `${ALPHANUMERIC}!#$%&'*+-.^_\`|~`],
  [TARGET, `${ALPHANUMERIC}-._~!$&'()*+,;=:@/?%`],
  [VALUE, `${VISIBLE} \t`],
  [HOST, `${ALPHANUMERIC}-._:[]`],
]);

function classes(table: readonly (readonly [flag: number, octets: string])[]): Uint8Array {
  const flags = new Uint8Array(256);
  for (const [flag, octets] of table) {
    for (let index = 0; index < octets.length; index += 1) {
      const octet = octets.charCodeAt(index);
      flags[octet] = (flags[octet] ?? 0) | flag;
    }
  }
  return flags;
}
