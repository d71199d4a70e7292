/** Which links a room lets in: those of the domains on its list. */
import type { ChatFragment } from '../../../contract/index.ts';

/** Characters of a domain. */
export const MAX_DOMAIN_LENGTH = 253;
/** Ends of names that people type without `https://`; with a path behind it any end counts. */
const COMMON_ENDS = new Set(
  (
    'com net org info biz xyz top site online shop store app dev gg tv ly gl cc ws pw tk ml ga cf gq ' +
    'ru cn su ua pl de fr nl eu uk ca br jp kr vn tr click link live stream video club vip win bet ' +
    'casino porn xxx adult dating loan icu buzz monster rest zip mov page web blog news chat space ' +
    'website tech pro one lol fun world cloud host ninja party trade bid io ai me co'
  ).split(' '),
);
/** Ends that are words as well: people forget the space behind a full stop. */
const WORDS = new Set('me co one live pro fun win news chat page rest top party video'.split(' '));
/** What names of hosts are made of, as people type them. */
const NAMES = /[\p{L}\p{N}_.-]+/gu;
const FULL_STOPS = /[\u3002\uff0e\uff61\u2024]/g;
/** `example[.]com`, `example (dot) com`, `example dot com`. */
const SPELLED_STOP = / ?[[({] ?(?:\.|dot) ?[\])}] ?/gi;
const SPOKEN_STOP = / dot (?=(?:com|net|org|tv|gg|ru|io|ly|xyz|info|app)\b)/gi;
const DOMAIN = /^(?:[a-z0-9_-]{1,63}\.){1,10}[a-z0-9-]{2,63}$/;
const LEAST_END = 2;

/** A domain as it is compared: lower case, `xn--` for other scripts. Undefined: it is none. */
export function domainOf(text: string): string | undefined {
  const name = text.trim().replace(/^\*\./, '');
  if (name.length > MAX_DOMAIN_LENGTH || /[/?#@:\\\s]/.test(name)) return undefined;
  const host = hostOf(name);
  return host !== undefined && DOMAIN.test(host) ? host : undefined;
}

/** The first host that the message leads to and that is on none of the domains; undefined: none. */
export function foreignHost(
  fragments: readonly ChatFragment[],
  domains: ReadonlySet<string>,
): string | undefined {
  return hostsIn(fragments).find((host) => !isWithin(host, domains));
}

/** Hosts that links of the message, and what people read as a link, lead to. */
export function hostsIn(fragments: readonly ChatFragment[]): readonly string[] {
  let rest = '';
  const hosts: string[] = [];
  for (const fragment of fragments) {
    if (fragment.type === 'link') hosts.push(new URL(fragment.url).hostname.replace(/\.$/, ''));
    rest += fragment.type === 'link' ? ' ' : fragment.text;
  }
  return [...hosts, ...typedHosts(rest)];
}

/** Time in proportion to the text: each name is looked at once. */
function typedHosts(text: string): readonly string[] {
  const plain = text
    .normalize('NFKC')
    .replace(FULL_STOPS, '.')
    .replace(SPELLED_STOP, '.')
    .replace(SPOKEN_STOP, '.');
  const hosts: string[] = [];
  for (const { 0: found, index } of plain.matchAll(NAMES)) {
    const name = found.replace(/^[.-]/, '').replace(/\.$/, '');
    const before = plain.slice(Math.max(0, index - 3), index);
    const next = plain[index + found.length];
    if (!isTypedHost(name, { isAddressed: before === '://', isFollowed: next === '/' })) continue;
    const host = hostOf(name);
    if (host !== undefined) hosts.push(host);
  }
  return hosts;
}

function isTypedHost(
  name: string,
  { isAddressed, isFollowed }: { readonly isAddressed: boolean; readonly isFollowed: boolean },
): boolean {
  const labels = name.toLowerCase().split('.');
  const end = labels.at(-1) ?? '';
  if (labels.length < 2 || labels.includes('') || end.length < LEAST_END) {
    // Four numbers are an address as well.
    return isAddressed && labels.length > 1;
  }
  if (isAddressed || isFollowed || labels[0] === 'www') return true;
  if (WORDS.has(end)) return labels.length > 2;
  return COMMON_ENDS.has(end);
}

function isWithin(host: string, domains: ReadonlySet<string>): boolean {
  let name = host;
  for (;;) {
    if (domains.has(name)) return true;
    const stop = name.indexOf('.');
    if (stop < 0) return false;
    name = name.slice(stop + 1);
  }
}

/** As a browser would read it. */
function hostOf(name: string): string | undefined {
  const address = `http://${name}/`;
  return URL.canParse(address) ? new URL(address).hostname : undefined;
}
