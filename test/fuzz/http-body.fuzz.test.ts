/** Bodies of the orchestrator API: whatever is taken must come out as the playlist it means. */
import assert from 'node:assert/strict';
import {
  readPart,
  readRendition,
  readSegment,
  readStream,
} from '../../server/app/routes/orchestrator-body.ts';
import { writeMediaPlaylist, writeMultivariantPlaylist } from '../../server/format/hls/index.ts';
import {
  type PartRegistration,
  Presentation,
  type SegmentRegistration,
  Sequencer,
} from '../../server/live/index.ts';
import { fuzz } from './harness.ts';

const TARGETS = { windowSize: 3, targetDuration: undefined, partTarget: undefined };

/** Bodies that show every field. */
const BODIES = [
  { sequence: 42, duration: 2.0, path: '/segments/42.ts' },
  {
    sequence: 0,
    duration: 1e-3,
    path: 'a b.m4s',
    programDateTime: '2026-01-01T01:00:00.250+01:00',
    discontinuity: true,
    byteRange: { length: 10, offset: 0 },
    initPath: 'init.mp4',
    initByteRange: { length: 7, offset: 3 },
  },
  { sequence: 42, part: 0, duration: 0.333, path: '42.0.m4s', independent: true, hintPath: '42.1' },
  { windowSize: 7, targetDuration: 2, partTarget: 0.35, gapTimeout: 0 },
  {
    bandwidth: 3e6,
    averageBandwidth: 2_500_000,
    resolution: '1280x720',
    frameRate: 29.97,
    codecs: 'avc1.64001f,mp4a.40.2',
    audioGroup: 'aud',
  },
  { codecs: ['mp4a.40.2'], audio: { group: 'aud', name: 'English', default: true, channels: 2 } },
  { sequence: 1, duration: 2, path: '\u2028\u0085\ud800"#EXT-X-ENDLIST\\n' },
];

/** Values that have broken parsers and playlists before. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  -0,
  0.5,
  1e-9,
  60.000_001,
  2 ** 53,
  1e308,
  '',
  ' ',
  '#',
  'a\n#EXT-X-ENDLIST',
  'a\r',
  'a"b',
  '\u2028',
  '\ud800',
  '1e3',
  [],
  {},
  { length: 1, offset: 2 ** 53 },
];

const FIELDS = [...new Set(BODIES.flatMap((body) => Object.keys(body)))];

/**
 * The body that bytes stand for: as JSON if they are, else as a script. Nearly every mutation of
 * JSON is no JSON any more, and would test nothing but JSON.parse.
 */
function bodyOf(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return scripted(bytes, text);
  }
}

/** A body of the list with some fields set to odd values, or to the text itself. */
function scripted(bytes: Uint8Array, text: string): unknown {
  const [which = 0, count = 0, ...script] = bytes;
  const body: Record<string, unknown> = { ...BODIES[which % BODIES.length] };
  for (let step = 0; step < count % 4; step += 1) {
    const [field = 0, value = 0, from = 0, length = 0] = script.slice(4 * step);
    const name = FIELDS[field % FIELDS.length] ?? '';
    const odd = value % (2 * ODD_VALUES.length);
    body[name] = odd < ODD_VALUES.length ? ODD_VALUES[odd] : text.slice(from, from + length);
  }
  return body;
}

fuzz('http-body', {
  seeds: [
    ...BODIES.map((body) => Buffer.from(JSON.stringify(body))),
    Buffer.from('0001020003010203040506070809', 'hex'),
  ],
  target: (bytes) => {
    const body = bodyOf(bytes);
    const segment = readSegment(body);
    const part = readPart(body);
    checkMedia(
      'meant' in segment ? segment.meant : undefined,
      'meant' in part ? part.meant : undefined,
    );
    checkRendition(body);
    const settings = readStream(body);
    if ('refused' in settings) assert.ok(settings.errors?.length);
    else new Sequencer(new Presentation().add('r', { ...TARGETS, ...settings }).timeline);
  },
});

/** The lines of a playlist, by what they begin with; nothing else may end a line. */
function linesOf(text: string): string[] {
  assert.ok(text.isWellFormed(), 'a playlist is Unicode');
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u2028\u2029]/u);
  const lines = text.split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines[0], '#EXTM3U');
  return lines;
}

function checkMedia(
  segment: SegmentRegistration | undefined,
  part: PartRegistration | undefined,
): void {
  if (segment === undefined && part === undefined) return;
  const sequencer = new Sequencer(new Presentation().add('r', TARGETS).timeline, 0);
  if (part !== undefined) sequencer.registerPart(part, 0);
  if (segment !== undefined) sequencer.register(segment, 0);
  if (segment === undefined) return;
  sequencer.end(0);
  const { timeline } = sequencer;
  const lines = linesOf(writeMediaPlaylist(timeline.playlist([])));
  const uris = lines.filter((line) => !line.startsWith('#'));
  assert.deepEqual(uris, [segment.path], 'one line is not a tag: the path');
  assert.equal(lines.filter((line) => line.startsWith('#EXTINF:')).length, 1);
  const maps = lines.filter((line) => line.startsWith('#EXT-X-MAP:'));
  assert.equal(maps.length, timeline.segments[0]?.init === undefined ? 0 : 1);
  const dates = lines.filter((line) => line.startsWith('#EXT-X-PROGRAM-DATE-TIME:'));
  for (const date of dates) assert.match(date, /:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const known =
    /^#EXT(M3U|-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY|DISCONTINUITY-SEQUENCE|MAP|BYTERANGE|PROGRAM-DATE-TIME|SERVER-CONTROL|PART|PART-INF|ENDLIST)|INF)(:|$)/;
  for (const line of lines) if (line !== segment.path) assert.match(line, known);
}

function checkRendition(body: unknown): void {
  const attributes = readRendition(body);
  if ('refused' in attributes) {
    assert.ok(attributes.errors?.length);
    return;
  }
  const presentation = new Presentation();
  presentation.describe(presentation.add('r', TARGETS), attributes);
  presentation.describe(presentation.add('v', TARGETS), { bandwidth: 1, audioGroupId: 'aud' });
  const lines = linesOf(writeMultivariantPlaylist(presentation.multivariant((name) => `${name}!`)));
  const uris = lines.filter((line) => !line.startsWith('#'));
  assert.ok(uris.every((uri) => uri === 'r!' || uri === 'v!'));
  const streams = lines.filter((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  assert.equal(streams.length, uris.length);
  for (const line of lines) {
    assert.equal((line.match(/"/g) ?? []).length % 2, 0, 'quotes come in pairs');
  }
}
