/** How an author looks in IRC: a nick, a colour, badges. */
import type { ChatAuthor, ChatFragment, ChatRole } from '../../../contract/index.ts';

/** Colours that are told apart on light and on dark. */
const COLOURS =
  '#D9372B #C2570C #A16207 #4D7C0F #15803D #0F766E #0E7490 #0369A1 #2563EB #6D28D9 #A21CAF #BE185D';
const PALETTE = COLOURS.split(' ');
const BADGES: Readonly<Record<ChatRole, string>> = {
  broadcaster: 'broadcaster/1',
  moderator: 'moderator/1',
  vip: 'vip/1',
  subscriber: 'subscriber/0',
};
/** Bytes of a nick: it stands three times before what its owner says, in lines of 512 bytes. */
const MAX_NICK_BYTES = 60;
/** Characters of the tag of emotes, so that all tags stay below their limit. */
const MAX_EMOTES_LENGTH = 3_000;

/** A word for somebody's name: lower case, and without what ends or parts a nick (RFC 2812). */
export function nickOf({ id, name }: Pick<ChatAuthor, 'id' | 'name'>): string {
  const spelled = name.normalize('NFKC').toLowerCase().replaceAll(' ', '_');
  const nick = shortened(spelled.replace(/[^\p{L}\p{N}_.-]/gu, ''));
  return nick || shortened(id.replace(/[^A-Za-z0-9_.-]/g, '')) || 'nobody';
}

function shortened(nick: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of nick) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NICK_BYTES) break;
    end += character.length;
  }
  return nick.slice(0, end);
}

/** The tags that say who somebody is. */
export function authorTags({
  id,
  name,
  roles,
}: ChatAuthor): readonly (readonly [string, string])[] {
  const isModerator = roles.includes('moderator');
  return [
    ['badge-info', ''],
    ['badges', roles.map((role) => BADGES[role]).join(',')],
    ['color', colourOf(id)],
    ['display-name', name],
    ['mod', isModerator ? '1' : '0'],
    ['subscriber', roles.includes('subscriber') ? '1' : '0'],
    ...(roles.includes('vip') ? [['vip', '1'] as const] : []),
    ['user-id', id],
    ['user-type', isModerator ? 'mod' : ''],
  ];
}

/** `id:first-last,first-last/id:…`, places counted in code points. */
export function emotesTag(fragments: readonly ChatFragment[]): string {
  const places = new Map<string, string[]>();
  let at = 0;
  for (const fragment of fragments) {
    const length = [...fragment.text].length;
    if (fragment.type === 'emote') {
      const emote = fragment.emote.replace(/[:/,]/g, '_');
      places.set(emote, [...(places.get(emote) ?? []), `${at}-${at + length - 1}`]);
    }
    at += length;
  }
  const tag = [...places].map(([emote, found]) => `${emote}:${found.join(',')}`).join('/');
  return tag.length > MAX_EMOTES_LENGTH ? '' : tag;
}

/** The same for the same author, always (FNV-1a). */
function colourOf(id: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  }
  return PALETTE[hash % PALETTE.length] ?? '';
}
