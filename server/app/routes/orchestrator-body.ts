/**
 * What transcoders may send, field by field. Unknown fields are passed over, so that a client may
 * send what a later version understands; everything that reaches a playlist is checked here.
 */
import { z } from 'zod';
import type { FieldProblem, Refusal } from '../../../contract/index.ts';
import type {
  PartRegistration,
  RenditionAttributes,
  SegmentRegistration,
} from '../../live/index.ts';
import type { StreamSettings } from '../../pipeline/orchestrator/index.ts';

/** Characters of a path. */
const MAX_PATH_LENGTH = 2048;
/** Seconds of a segment or part. */
const MAX_DURATION_S = 60;
/** Playlists print milliseconds: what is shorter would be 0.000 in them. */
const MIN_DURATION_S = 0.001;
/** Parts of one segment; 60 s of parts of 60 ms. */
const MAX_PART_INDEX = 999;
const MAX_WINDOW_SIZE = 1000;
const MAX_GAP_TIMEOUT_S = 86_400;
const MAX_NAME_LENGTH = 100;
const MAX_CODECS = 16;
/** Dates that ISO 8601 writes with four digits of a year, from 1970 on. */
const DATE_END_MS = Date.UTC(10_000, 0);

/** Line breaks of any kind, and what text must not contain (RFC 8216bis 4.1). */
const FORBIDDEN = /[\p{Cc}\u2028\u2029]/u;

type Message = string;

/** A field that `check` finds nothing wrong with; it says what is, or undefined. */
function field<T>(check: (value: unknown) => Message | undefined) {
  return z.unknown().transform((value, context): T => {
    const message = value === undefined ? 'is missing' : check(value);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: value });
    return value as T;
  });
}

/** The same, if it is there. */
function optional<T>(check: (value: unknown) => Message | undefined) {
  return field<T>(check).optional();
}

function numberWithin(least: number, most: number, unit = '') {
  return (value: unknown): Message | undefined => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    return fits ? undefined : `must be a number from ${least} to ${most}${unit}`;
  };
}

function integerWithin(least: number, most: number) {
  return (value: unknown): Message | undefined => {
    const fits = Number.isSafeInteger(value) && numberWithin(least, most)(value) === undefined;
    return fits ? undefined : `must be a whole number from ${least} to ${most}`;
  };
}

function durationWithin(value: unknown): Message | undefined {
  if (typeof value === 'number' && value >= MIN_DURATION_S && value <= MAX_DURATION_S) {
    return undefined;
  }
  return `must be a number of seconds from ${MIN_DURATION_S} to ${MAX_DURATION_S}`;
}

function isBoolean(value: unknown): Message | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false';
}

/** A URI on a line of its own: nothing in it may end the line or make it a tag. */
function pathOnLine(value: unknown): Message | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > MAX_PATH_LENGTH) return `must have at most ${MAX_PATH_LENGTH} characters`;
  if (value.trim() === '') return 'must not be empty';
  if (FORBIDDEN.test(value)) return 'must not contain control characters or line breaks';
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  if (value.trim() !== value) return 'must not begin or end with white space';
  return value.startsWith('#') ? 'must not begin with #' : undefined;
}

/** A URI within quotes, as parts, hints and EXT-X-MAP have it. */
function pathInQuotes(value: unknown): Message | undefined {
  const message = pathOnLine(value);
  if (message !== undefined || typeof value !== 'string') return message;
  return value.includes('"') ? 'must not contain quotation marks' : undefined;
}

function nameInQuotes(value: unknown): Message | undefined {
  if (typeof value !== 'string' || value.trim() === '') return 'must be a string that is not empty';
  if (value.length > MAX_NAME_LENGTH) return `must have at most ${MAX_NAME_LENGTH} characters`;
  if (FORBIDDEN.test(value) || value.includes('"') || !value.isWellFormed()) {
    return 'must not contain quotation marks, control characters or line breaks';
  }
  return undefined;
}

function isDate(value: unknown): Message | undefined {
  const parsed = z.iso.datetime({ offset: true }).safeParse(value);
  const epochMs = parsed.success ? Date.parse(parsed.data) : Number.NaN;
  if (epochMs >= 0 && epochMs < DATE_END_MS) return undefined;
  return 'must be an ISO 8601 date with time and zone, such as 2026-01-01T12:00:00.000Z';
}

function isResolution(value: unknown): Message | undefined {
  const fits = typeof value === 'string' && /^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(value);
  return fits ? undefined : 'must be width and height, such as "1280x720"';
}

function areCodecs(value: unknown): Message | undefined {
  const codecs = codecList(value);
  const fits =
    codecs.length > 0 &&
    codecs.length <= MAX_CODECS &&
    codecs.every((codec) => typeof codec === 'string' && /^[A-Za-z0-9.+-]{1,100}$/.test(codec));
  return fits ? undefined : 'must be RFC 6381 codecs, such as "avc1.64001f,mp4a.40.2"';
}

/** Codecs as they are written in a playlist, or as a list. */
function codecList(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(',').map((codec) => codec.trim());
  return Array.isArray(value) ? value : [];
}

const sequence = field<number>(integerWithin(0, Number.MAX_SAFE_INTEGER));
const byteRange = z
  .object({
    length: field<number>(integerWithin(1, Number.MAX_SAFE_INTEGER)),
    offset: field<number>(integerWithin(0, Number.MAX_SAFE_INTEGER)),
  })
  .optional();

const media = {
  sequence,
  duration: field<number>(durationWithin),
  byteRange,
  programDateTime: optional<string>(isDate),
  discontinuity: optional<boolean>(isBoolean),
  initPath: optional<string>(pathInQuotes),
  initByteRange: byteRange,
};

/** A byte range of nothing would be passed over without a word. */
function initRangeHasPath(body: { readonly initPath?: unknown; readonly initByteRange?: unknown }) {
  return body.initByteRange === undefined || body.initPath !== undefined;
}

const INIT_RANGE = { path: ['initByteRange'], message: 'needs initPath' };

const segmentBody = z
  .object({ ...media, path: field<string>(pathOnLine) })
  .refine(initRangeHasPath, INIT_RANGE);
const partBody = z
  .object({
    ...media,
    part: field<number>(integerWithin(0, MAX_PART_INDEX)),
    path: field<string>(pathInQuotes),
    independent: optional<boolean>(isBoolean),
    hintPath: optional<string>(pathInQuotes),
  })
  .refine(initRangeHasPath, INIT_RANGE);
const streamBody = z.object({
  windowSize: optional<number>(integerWithin(1, MAX_WINDOW_SIZE)),
  targetDuration: optional<number>(integerWithin(1, MAX_DURATION_S)),
  partTarget: optional<number>(durationWithin),
  gapTimeout: optional<number>(numberWithin(0, MAX_GAP_TIMEOUT_S, ' seconds')),
  independentSegments: optional<boolean>(isBoolean),
});
const bitrate = integerWithin(1, Number.MAX_SAFE_INTEGER);
const renditionBody = z.object({
  bandwidth: optional<number>(bitrate),
  averageBandwidth: optional<number>(bitrate),
  resolution: optional<string>(isResolution),
  frameRate: optional<number>(numberWithin(1, 1000)),
  codecs: optional<string | readonly string[]>(areCodecs),
  audioGroup: optional<string>(nameInQuotes),
  audio: z
    .object({
      group: field<string>(nameInQuotes),
      name: field<string>(nameInQuotes),
      default: optional<boolean>(isBoolean),
      language: optional<string>(nameInQuotes),
      channels: optional<number>(integerWithin(1, 64)),
    })
    .optional(),
});

/** A body that fits: as it was sent, without unknown fields, and what it means. */
export interface Read<Sent, Meant> {
  readonly sent: Sent;
  readonly meant: Meant;
}

/** A segment as sent. */
export type SegmentBody = z.output<typeof segmentBody>;
/** A part as sent. */
export type PartBody = z.output<typeof partBody>;

/** Reads the body of `POST .../segments`. */
export function readSegment(body: unknown): Read<SegmentBody, SegmentRegistration> | Refusal {
  const sent = read(segmentBody, body, 'segment');
  if ('refused' in sent) return sent;
  return { sent, meant: { ...start(sent), ...place(sent), path: sent.path } };
}

/** Reads the body of `POST .../parts`. */
export function readPart(body: unknown): Read<PartBody, PartRegistration> | Refusal {
  const sent = read(partBody, body, 'part');
  if ('refused' in sent) return sent;
  const { part, path, independent, hintPath } = sent;
  const meant: PartRegistration = {
    ...start(sent),
    ...place(sent),
    part,
    path,
    independent: independent ?? false,
    ...(hintPath !== undefined && { hintPath }),
  };
  return { sent, meant };
}

/** Reads the body of `PUT /streams/{id}`. */
export function readStream(body: unknown): StreamSettings | Refusal {
  const sent = read(streamBody, body ?? {}, 'stream');
  if ('refused' in sent) return sent;
  const { windowSize, targetDuration, partTarget, gapTimeout, independentSegments } = sent;
  return {
    ...(windowSize !== undefined && { windowSize }),
    ...(targetDuration !== undefined && { targetDuration }),
    ...(partTarget !== undefined && { partTarget }),
    ...(gapTimeout !== undefined && { gapTimeoutMs: gapTimeout * 1000 }),
    ...(independentSegments !== undefined && { independentSegments }),
  };
}

/** Reads the body of `PUT .../renditions/{r}`. */
export function readRendition(body: unknown): RenditionAttributes | Refusal {
  const sent = read(renditionBody, body ?? {}, 'rendition');
  if ('refused' in sent) return sent;
  const { bandwidth, averageBandwidth, resolution, frameRate, codecs, audioGroup, audio } = sent;
  const [width = 0, height = 0] = resolution?.split('x').map(Number) ?? [];
  return {
    ...(bandwidth !== undefined && { bandwidth }),
    ...(averageBandwidth !== undefined && { averageBandwidth }),
    ...(resolution !== undefined && { resolution: { width, height } }),
    ...(frameRate !== undefined && { frameRate }),
    ...(codecs !== undefined && { codecs: codecList(codecs).map(String) }),
    ...(audioGroup !== undefined && { audioGroupId: audioGroup }),
    ...(audio !== undefined && { audio: audioOf(audio) }),
  };
}

function audioOf(
  audio: NonNullable<z.output<typeof renditionBody>['audio']>,
): NonNullable<RenditionAttributes['audio']> {
  const { group, name, language, channels } = audio;
  return {
    groupId: group,
    name,
    isDefault: audio.default ?? false,
    ...(language !== undefined && { language }),
    ...(channels !== undefined && { channels }),
  };
}

function place({ sequence, duration, byteRange }: SegmentBody | PartBody) {
  // JSON has a minus zero, playlists do not.
  return { sequence: sequence + 0, duration, ...(byteRange !== undefined && { byteRange }) };
}

function start({
  programDateTime,
  discontinuity,
  initPath,
  initByteRange,
}: SegmentBody | PartBody) {
  return {
    ...(discontinuity !== undefined && { discontinuity }),
    ...(programDateTime !== undefined && { programDateTimeMs: Date.parse(programDateTime) }),
    ...(initPath !== undefined && {
      init: { uri: initPath, ...(initByteRange !== undefined && { byteRange: initByteRange }) },
    }),
  };
}

function read<T extends object>(schema: z.ZodType<T>, body: unknown, what: string): T | Refusal {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(problemOf);
  const [first] = errors;
  const detail = `Cannot read ${what}: ${first?.field ?? 'body'} ${first?.message ?? 'does not fit'}`;
  return { refused: 'invalid_request', detail, errors };
}

function problemOf(issue: z.core.$ZodIssue): FieldProblem {
  const name = issue.path.join('.');
  const message = issue.code === 'invalid_type' ? 'must be a JSON object' : issue.message;
  return { field: name === '' ? 'body' : name, message };
}
