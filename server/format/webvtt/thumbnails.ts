import { assert } from '../../base/index.ts';

/** One stretch of media time and where its picture is. */
export interface ThumbnailCue {
  /** Seconds of media time; the end lies after the start. */
  readonly startS: number;
  readonly endS: number;
  /** Address of the image, relative to the file of cues; without a fragment. */
  readonly uri: string;
  /** The part of the image to show, in its pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All that one file of thumbnails says. */
export interface ThumbnailTrack {
  /** A remark on top, for people and programs that look for it; players pass it over. */
  readonly note?: string;
  /** In order of their start. */
  readonly cues: readonly ThumbnailCue[];
}

const MS_PER_S = 1_000;
const S_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;

/**
 * The text of a WebVTT file (W3C WebVTT section 4.1) whose cues are addresses of images with a
 * spatial fragment, as scrub bars read them (`#xywh=`, Media Fragments URI 1.0 section 4.2.2).
 */
export function writeThumbnails({ note, cues }: ThumbnailTrack): string {
  const blocks = ['WEBVTT'];
  if (note !== undefined) blocks.push(`NOTE ${oneLine(note)}`);
  for (const cue of cues) blocks.push(cueBlock(cue));
  return `${blocks.join('\n\n')}\n`;
}

function cueBlock(cue: ThumbnailCue): string {
  const startMs = Math.round(cue.startS * MS_PER_S);
  const endMs = Math.round(cue.endS * MS_PER_S);
  assert(startMs >= 0 && endMs > startMs, 'a cue ends after it starts');
  const { x, y, width, height } = cue;
  const address = oneLine(`${cue.uri}#xywh=${x},${y},${width},${height}`);
  return `${timestamp(startMs)} --> ${timestamp(endMs)}\n${address}`;
}

/** Hours have two digits or more (section 4.1.1, WebVTT timestamp). */
function timestamp(totalMs: number): string {
  const totalS = Math.floor(totalMs / MS_PER_S);
  const totalMinutes = Math.floor(totalS / S_PER_MINUTE);
  const fields = [
    digits(Math.floor(totalMinutes / MINUTES_PER_HOUR), 2),
    digits(totalMinutes % MINUTES_PER_HOUR, 2),
    digits(totalS % S_PER_MINUTE, 2),
  ];
  return `${fields.join(':')}.${digits(totalMs % MS_PER_S, 3)}`;
}

function digits(value: number, least: number): string {
  return String(value).padStart(least, '0');
}

/** A line break would end the block, and an arrow would begin a cue. */
function oneLine(text: string): string {
  assert(!/[\r\n]|-->/.test(text), 'text of a block has no line break and no arrow');
  return text;
}
