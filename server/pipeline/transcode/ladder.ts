/** Which qualities a broadcast is offered in: how they are written, and which of them fit a source. */

import { isTooLarge } from './source-size.ts';

/** One quality as it is configured. */
export interface RungProfile {
  /** Name of the rendition in addresses. */
  readonly name: string;
  /** The box in pixels that the picture has to fit into; portrait pictures turn it. */
  readonly width: number;
  readonly height: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** The most frames per second; undefined: as many as the source has. */
  readonly frameRate: number | undefined;
  readonly codec: 'h264' | 'h265' | 'av1';
  /** The encoder's trade of time against quality; undefined: the one that suits live. */
  readonly preset: string | undefined;
}

/** A profile made to fit a source: exact size, and `frameRate` only where frames are left out. */
export type Rung = RungProfile;

/** What of a source decides about its rungs. */
export interface SourcePicture {
  readonly width: number;
  readonly height: number;
  /** Frames per second; undefined when the bitstream does not say. */
  readonly frameRate: number | undefined;
}

/** The LADDER setting says something that cannot be. One sentence for each mistake. */
export class LadderError extends Error {
  override readonly name = 'LadderError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Cannot read the ladder: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** How a ladder is written, and the one that is used when none is. */
export const DEFAULT_LADDER_TEXT =
  '1080p=1920x1080@5000k,720p=1280x720@2800k,480p=854x480@1200k,360p=640x360@600k,240p=426x240@300k';

/** More would not be told apart, and each costs an encoder and a pipe. */
export const MAX_RUNGS = 8;
const MAX_LADDER_LENGTH = 1_000;
const SIZE = { least: 32, most: 7_680 };
const BITRATE = { least: 50_000, most: 100_000_000 };
/** Parts of a third of a second need several frames each. */
const FRAME_RATE = { least: 10, most: 120 };
/** The source's size again, when no profile has it. */
const TOP_NAME = 'source';
/** Tracks of the broadcast itself have the first two. */
const RESERVED_NAMES: readonly string[] = ['video', 'audio', TOP_NAME];
const CODECS = ['h264', 'h265', 'av1'] as const;
const X26X_PRESETS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
] as const;
/** AV1 encoders count instead; slower than 5 has no place in live. */
const AV1_PRESETS = ['5', '6', '7', '8'] as const;
const OPTION_RULE =
  `it must be one codec (${CODECS.join(', ')}), one preset of it, or one frame rate such as 30fps; ` +
  `presets are ${X26X_PRESETS.join(', ')}, of av1 ${AV1_PRESETS.join(', ')}`;
const PROFILE = /^(?<name>[^=]*)=(?<size>[^@]*)@(?<bitrate>[^:]*)(?<options>(?::.*)?)$/;

/** 1080p to 240p in H.264. */
export const DEFAULT_LADDER: readonly RungProfile[] = parseLadder(DEFAULT_LADDER_TEXT);

/**
 * Reads `name=WIDTHxHEIGHT@BITRATE[:codec][:preset][:N fps]`, rungs parted by commas, such as
 * `720p=1280x720@2800k,480p=854x480@1.2M:h264:veryfast:30fps`. Throws a `LadderError` that names
 * every mistake with its value.
 */
export function parseLadder(text: string): readonly RungProfile[] {
  if (text.length > MAX_LADDER_LENGTH) {
    throw new LadderError([`it has ${text.length} letters, at most ${MAX_LADDER_LENGTH} are read`]);
  }
  const problems: string[] = [];
  const ladder: RungProfile[] = [];
  const written = text.split(',').map((each) => each.trim());
  if (written.length > MAX_RUNGS) {
    problems.push(`it has ${written.length} rungs, at most ${MAX_RUNGS} are allowed`);
  }
  for (const each of written.slice(0, MAX_RUNGS)) {
    const { profile, mistakes } = readProfile(each);
    problems.push(...mistakes);
    if (ladder.some(({ name }) => name === profile?.name)) {
      problems.push(`the name ${JSON.stringify(profile?.name)} is used twice`);
    }
    if (profile !== undefined) ladder.push(profile);
  }
  if (problems.length > 0) throw new LadderError(problems);
  return ladder;
}

function readProfile(text: string): {
  readonly profile: RungProfile | undefined;
  readonly mistakes: readonly string[];
} {
  const parts = PROFILE.exec(text)?.groups;
  if (parts === undefined) {
    const form = 'name=WIDTHxHEIGHT@BITRATE';
    return { profile: undefined, mistakes: [`${JSON.stringify(text)} is not written ${form}`] };
  }
  const { name = '', size = '', bitrate = '', options = '' } = parts;
  const mistakes: string[] = [];
  const refuse = (what: string, value: string, rule: string): void => {
    mistakes.push(`the ${what} of ${JSON.stringify(name)} is ${JSON.stringify(value)}: ${rule}`);
  };
  if (!/^[A-Za-z0-9_-]{1,20}$/.test(name) || RESERVED_NAMES.includes(name)) {
    const rule = 'use 1 to 20 of A-Z a-z 0-9 _ -, but not "video", "audio" or "source"';
    mistakes.push(`the name ${JSON.stringify(name)} cannot be used: ${rule}`);
  }
  const [width = Number.NaN, height = Number.NaN] = /^\d{1,5}x\d{1,5}$/.test(size)
    ? size.split('x').map(Number)
    : [];
  if (!isWithin(width, SIZE) || !isWithin(height, SIZE) || width % 2 !== 0 || height % 2 !== 0) {
    const rule = `it must be two even numbers from ${SIZE.least} to ${SIZE.most}, as in 1280x720`;
    refuse('size', size, rule);
  }
  const bitsPerSecond = readBitrate(bitrate);
  if (!isWithin(bitsPerSecond, BITRATE)) {
    refuse('bitrate', bitrate, 'it must be from 50k to 100M bits per second, as in 2800k');
  }
  const extras = readOptions(options.split(':').slice(1), refuse);
  return { profile: { name, width, height, bitrate: bitsPerSecond, ...extras }, mistakes };
}

function readBitrate(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?)([kM]?)$/.exec(text) ?? [];
  if (digits === '') return Number.NaN;
  const factors: Readonly<Record<string, number>> = { k: 1_000, M: 1_000_000 };
  return Math.round(Number(digits) * (factors[unit] ?? 1));
}

type Options = Pick<RungProfile, 'codec' | 'preset' | 'frameRate'>;

/** Codec, preset and frame rate in any order, each at most once: no two can be mistaken. */
function readOptions(
  texts: readonly string[],
  refuse: (what: string, value: string, rule: string) => void,
): Options {
  let [codec, preset, frameRate]: [Options['codec']?, string?, number?] = [];
  for (const text of texts) {
    const asCodec = CODECS.find((each) => each === text);
    const asRate = /^(\d{1,3}(?:\.\d{1,3})?)fps$/.exec(text)?.[1];
    if (asCodec !== undefined && codec === undefined) codec = asCodec;
    else if (asRate !== undefined && frameRate === undefined) {
      frameRate = Number(asRate);
      if (!isWithin(frameRate, FRAME_RATE)) refuse('frame rate', text, 'it must be 10 to 120fps');
    } else if (isPreset(text) && preset === undefined) preset = text;
    else refuse('option', text, OPTION_RULE);
  }
  const presets: readonly string[] = codec === 'av1' ? AV1_PRESETS : X26X_PRESETS;
  if (preset !== undefined && !presets.includes(preset)) {
    refuse('preset', preset, `${codec ?? 'h264'} has ${presets.join(', ')}`);
  }
  return { codec: codec ?? 'h264', preset, frameRate };
}

function isPreset(text: string): boolean {
  return [...X26X_PRESETS, ...AV1_PRESETS].some((each) => each === text);
}

function isWithin(value: number, { least, most }: { least: number; most: number }): boolean {
  return value >= least && value <= most;
}

/** Differences of frame rates that are only rounding, as between 29.97 and 30. */
const SAME_FRAME_RATE = 1.02;
/** Frames per second of a source that does not say. */
const USUAL_FRAME_RATE = 30;
/** A picture of this share of the source's height is not worth an encoder beside the source. */
const NEARLY_SOURCE = 0.95;
/** Encoders and decoders have no use for less. */
const LEAST_SIDE = 32;
/** What H.264 spends well on a pixel; 1080p30 comes to 5.6 Mbit/s. */
const TOP_BITS_PER_PIXEL = 0.09;
const TOP_BITRATE_MAX = 20_000_000;
/** More pixels need fewer bits each; the usual exponent between ladders of one content. */
const BITRATE_EXPONENT = 0.75;

/**
 * The rungs of a ladder that suit a source, by falling bitrate, made to fit: never larger than the
 * source, its aspect ratio kept, even sizes, portrait pictures in the turned box, never more frames
 * than the source has. A rung as large as the source is left out, because the source itself is
 * passed through; with `reencode` one of the source's size is the top. None of a source that is too
 * large to be decoded.
 */
export function rungsFor(
  ladder: readonly RungProfile[],
  source: SourcePicture,
  { reencode = false }: { readonly reencode?: boolean } = {},
): readonly Rung[] {
  if (isTooLarge(source)) return [];
  const rungs = ladder
    .filter((profile) => scaleInto(profile, source) < NEARLY_SOURCE)
    .map((profile) => fit(profile, source))
    .filter(({ width, height }) => Math.min(width, height) >= LEAST_SIDE);
  if (reencode) rungs.push(topOf(ladder, source));
  return rungs.sort((left, right) => right.bitrate - left.bitrate || right.height - left.height);
}

/** By how much the source has to be scaled to fill the profile's box, turned if need be. */
function scaleInto(profile: RungProfile, { width, height }: SourcePicture): number {
  const long = Math.max(profile.width, profile.height) / Math.max(width, height);
  const short = Math.min(profile.width, profile.height) / Math.min(width, height);
  return Math.min(long, short);
}

function fit(profile: RungProfile, source: SourcePicture): Rung {
  const scale = Math.min(1, scaleInto(profile, source));
  return {
    ...profile,
    width: even(source.width * scale),
    height: even(source.height * scale),
    frameRate: lowered(profile.frameRate, source.frameRate),
  };
}

/** The smallest profile that holds the source, shrunk to it; or one made for a larger source. */
function topOf(ladder: readonly RungProfile[], source: SourcePicture): Rung {
  const { width, height, frameRate } = source;
  const size = { width: evenBelow(width), height: evenBelow(height) };
  const holder = ladder
    .filter((profile) => scaleInto(profile, source) >= NEARLY_SOURCE)
    .sort((left, right) => left.width * left.height - right.width * right.height)[0];
  if (holder !== undefined) {
    const share = Math.min(1, (width * height) / (holder.width * holder.height));
    const bitrate = wholeKilobits(holder.bitrate * share ** BITRATE_EXPONENT);
    return { ...holder, ...size, bitrate, frameRate: lowered(holder.frameRate, frameRate) };
  }
  const pixelsPerSecond = width * height * (frameRate ?? USUAL_FRAME_RATE);
  const bitrate = wholeKilobits(Math.min(TOP_BITRATE_MAX, pixelsPerSecond * TOP_BITS_PER_PIXEL));
  return {
    ...{ name: TOP_NAME, ...size, bitrate },
    ...{ frameRate: undefined, codec: 'h264', preset: undefined },
  };
}

function lowered(most: number | undefined, source: number | undefined): number | undefined {
  return most === undefined || (source !== undefined && source <= most * SAME_FRAME_RATE)
    ? undefined
    : most;
}

function wholeKilobits(bitsPerSecond: number): number {
  return 1000 * Math.ceil(bitsPerSecond / 1000);
}

function even(side: number): number {
  return Math.max(2, 2 * Math.round(side / 2));
}

function evenBelow(side: number): number {
  return side - (side % 2);
}
