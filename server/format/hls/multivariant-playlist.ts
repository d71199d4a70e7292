import { attributeList, decimal, quoted } from './attribute.ts';

/** One EXT-X-MEDIA of type AUDIO (RFC 8216bis 4.4.6.1). */
export interface AudioRendition {
  readonly groupId: string;
  readonly name: string;
  readonly uri: string;
  readonly isDefault: boolean;
  readonly language?: string;
  readonly channels?: number;
}

/** One EXT-X-STREAM-INF (4.4.6.2). */
export interface VariantStream {
  readonly uri: string;
  /** Peak bits per second of the variant with the audio it plays with. */
  readonly bandwidth: number;
  readonly averageBandwidth?: number;
  /** RFC 6381 strings of all formats in it, audio group included. */
  readonly codecs?: readonly string[];
  readonly resolution?: { readonly width: number; readonly height: number };
  readonly frameRate?: number;
  readonly audioGroupId?: string;
}

/** Everything that a multivariant playlist says. */
export interface MultivariantPlaylist {
  readonly independentSegments: boolean;
  readonly audio: readonly AudioRendition[];
  readonly variants: readonly VariantStream[];
}

/** The text of a Multivariant Playlist (4.4.6). */
export function writeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:4'];
  if (playlist.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  for (const rendition of playlist.audio) lines.push(mediaLine(rendition));
  for (const variant of playlist.variants) {
    lines.push(`#EXT-X-STREAM-INF:${streamAttributes(variant)}`, variant.uri);
  }
  return `${lines.join('\n')}\n`;
}

function mediaLine(rendition: AudioRendition): string {
  const attributes: [string, string][] = [
    ['TYPE', 'AUDIO'],
    ['GROUP-ID', quoted(rendition.groupId)],
    ['NAME', quoted(rendition.name)],
  ];
  if (rendition.language !== undefined) attributes.push(['LANGUAGE', quoted(rendition.language)]);
  attributes.push(['DEFAULT', rendition.isDefault ? 'YES' : 'NO'], ['AUTOSELECT', 'YES']);
  if (rendition.channels !== undefined) {
    attributes.push(['CHANNELS', quoted(String(rendition.channels))]);
  }
  attributes.push(['URI', quoted(rendition.uri)]);
  return `#EXT-X-MEDIA:${attributeList(attributes)}`;
}

function streamAttributes(variant: VariantStream): string {
  const attributes: [string, string][] = [['BANDWIDTH', String(Math.ceil(variant.bandwidth))]];
  if (variant.averageBandwidth !== undefined) {
    attributes.push(['AVERAGE-BANDWIDTH', String(Math.ceil(variant.averageBandwidth))]);
  }
  if (variant.codecs !== undefined && variant.codecs.length > 0) {
    attributes.push(['CODECS', quoted(variant.codecs.join(','))]);
  }
  if (variant.resolution !== undefined) {
    attributes.push(['RESOLUTION', `${variant.resolution.width}x${variant.resolution.height}`]);
  }
  if (variant.frameRate !== undefined) attributes.push(['FRAME-RATE', decimal(variant.frameRate)]);
  if (variant.audioGroupId !== undefined) attributes.push(['AUDIO', quoted(variant.audioGroupId)]);
  return attributeList(attributes);
}
