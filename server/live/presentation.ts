import type { AudioRendition, MultivariantPlaylist, VariantStream } from '../format/hls/index.ts';
import { Rendition, type RenditionAttributes } from './rendition.ts';
import type { TimelineTargets } from './timeline.ts';

/** Writes the address of a rendition's media playlist, relative to the multivariant playlist. */
export type RenditionAddress = (rendition: string) => string;

/** The renditions that are played together: of one broadcast, or of one orchestrated stream. */
export class Presentation {
  readonly #renditions = new Map<string, Rendition>();
  readonly #expected = new Set<string>();
  #version = 0;
  /** Every segment of every rendition has begun with a keyframe so far; undefined: not known yet. */
  independentSegments: boolean | undefined;

  get renditions(): ReadonlyMap<string, Rendition> {
    return this.#renditions;
  }

  /** Grows when a rendition appears or what is said of one changes. */
  get version(): number {
    return this.#version;
  }

  /** Says that a rendition of this name is on its way. */
  expect(name: string): void {
    this.#expected.add(name);
  }

  /**
   * Whether the multivariant playlist is worth reading: players read it once, and would stay
   * without the audio that comes a moment later. What is expected and has not come by the end of
   * the first segment may never come.
   */
  get complete(): boolean {
    const renditions = [...this.#renditions.values()];
    if (renditions.some(({ timeline }) => timeline.segments.length > 0)) return true;
    const isThere = (name: string) => this.#renditions.get(name)?.timeline.listsMedia === true;
    return renditions.length > 0 && [...this.#expected].every(isThere);
  }

  /**
   * Adds a rendition; names are unique. Renditions are kept in the order of their names: which of
   * several was seen first is chance, and must not show in a playlist.
   */
  add(name: string, targets: TimelineTargets): Rendition {
    const rendition = new Rendition(name, targets);
    const later = [...this.#renditions].filter(([other]) => other > name);
    this.#renditions.set(name, rendition);
    for (const [other, moved] of later) {
      this.#renditions.delete(other);
      this.#renditions.set(other, moved);
    }
    this.#version += 1;
    return rendition;
  }

  /** Declares what the multivariant playlist says of `rendition`. */
  describe(rendition: Rendition, attributes: RenditionAttributes): void {
    rendition.attributes = attributes;
    this.#version += 1;
  }

  /** Ends every rendition. */
  end(): void {
    for (const rendition of this.#renditions.values()) rendition.timeline.end();
  }

  /**
   * What the multivariant playlist says. Renditions whose bandwidth is neither declared nor
   * measured are left out, since EXT-X-STREAM-INF cannot be written without one (4.4.6.2).
   */
  multivariant(address: RenditionAddress): MultivariantPlaylist {
    const audio: AudioRendition[] = [];
    const variants: VariantStream[] = [];
    for (const rendition of this.#renditions.values()) {
      const group = rendition.attributes.audio;
      if (group !== undefined) audio.push({ ...group, uri: address(rendition.name) });
      else variants.push(...this.#variant(rendition, address(rendition.name)));
    }
    const alone = variants.every((variant) => variant.audioGroupId === undefined);
    return {
      independentSegments: this.independentSegments === true,
      audio: alone ? [] : audio,
      variants: [...middleFirst(variants), ...this.#audioOnly(address, variants)],
    };
  }

  #variant(rendition: Rendition, uri: string): VariantStream[] {
    const own = bitrates(rendition);
    if (own === undefined || isMissing(rendition)) return [];
    const { resolution, frameRate, audioGroupId } = rendition.attributes;
    const group = audioGroupId === undefined ? [] : this.#group(audioGroupId);
    const heaviest = group.reduce((most, member) => Math.max(most, bitrates(member)?.peak ?? 0), 0);
    const averages = group.map((member) => bitrates(member)?.average ?? 0);
    const codecs = [rendition, ...group].flatMap((member) => member.attributes.codecs ?? []);
    return [
      {
        uri,
        bandwidth: own.peak + (own.declared ? 0 : heaviest),
        ...(own.average !== undefined && {
          averageBandwidth: own.average + (own.declared ? 0 : Math.max(0, ...averages)),
        }),
        ...(codecs.length > 0 && { codecs: [...new Set(codecs)] }),
        ...(resolution !== undefined && { resolution }),
        ...(frameRate !== undefined && { frameRate }),
        ...(group.length > 0 && audioGroupId !== undefined && { audioGroupId }),
      },
    ];
  }

  /**
   * For who has no picture or no bandwidth for one: each audio rendition as a variant of its own.
   * Who declares bandwidths declares which variants there are, too.
   */
  #audioOnly(address: RenditionAddress, beside: readonly VariantStream[]): VariantStream[] {
    return [...this.#renditions.values()].flatMap((rendition) => {
      const { audio, bandwidth } = rendition.attributes;
      if (beside.length === 0) return this.#variant(rendition, address(rendition.name));
      const isPlayed = beside.some(({ audioGroupId }) => audioGroupId === audio?.groupId);
      if (audio === undefined || bandwidth !== undefined || !isPlayed) return [];
      const [variant] = this.#variant(rendition, address(rendition.name));
      return variant === undefined ? [] : [{ ...variant, audioGroupId: audio.groupId }];
    });
  }

  #group(groupId: string): Rendition[] {
    return [...this.#renditions.values()].filter(
      (rendition) => rendition.attributes.audio?.groupId === groupId,
    );
  }
}

/** All that its playlist lists is gaps: who came to it now would see nothing. */
function isMissing({ timeline }: Rendition): boolean {
  const { segments, open } = timeline;
  const opensWithMedia = open?.parts.some(({ gap }) => gap !== true) ?? false;
  return segments.length > 0 && segments.every(({ gap }) => gap) && !opensWithMedia;
}

/** Players begin with the first one listed: neither the heaviest nor the poorest, then by weight. */
function middleFirst(variants: readonly VariantStream[]): VariantStream[] {
  const falling = variants.toSorted((a, b) => b.bandwidth - a.bandwidth);
  const middle = falling.splice(Math.floor(falling.length / 2), 1);
  return [...middle, ...falling];
}

interface Bitrates {
  readonly peak: number;
  readonly average: number | undefined;
  readonly declared: boolean;
}

/** Declared bandwidths stand for the variant with its audio, as EXT-X-STREAM-INF means them. */
function bitrates(rendition: Rendition): Bitrates | undefined {
  const { bandwidth, averageBandwidth } = rendition.attributes;
  if (bandwidth !== undefined) {
    return { peak: bandwidth, average: averageBandwidth, declared: true };
  }
  if (rendition.peakBitrate === 0) return undefined;
  return { peak: rendition.peakBitrate, average: rendition.averageBitrate, declared: false };
}
