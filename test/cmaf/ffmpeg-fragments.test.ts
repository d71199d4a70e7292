/** What FFmpeg writes to a pipe, read by us and judged by ffprobe. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type FragmentEvent,
  FragmentReader,
  readInitSegment,
} from '../../server/format/cmaf/index.ts';
import { needs, pathOf, tempFolder } from '../support/component.ts';

/** One way to write a fragmented MP4. */
interface Writing {
  readonly name: string;
  readonly video?: readonly string[];
  readonly audio?: readonly string[];
  readonly movflags: string;
  readonly more?: readonly string[];
  /** Ticks that ffprobe adds to every pts, so that none is before its dts. */
  readonly ptsShift?: number;
  /** The times in the file do not follow from its durations. */
  readonly uneven?: boolean;
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '12', '-bf', '0'];
const X264_B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '12', '-bf', '2'];
const AAC = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2'];
/** As the transcoder asks for it: a fragment a frame. */
const LIVE = '+frag_every_frame+empty_moov+default_base_moof';

const WRITINGS: readonly Writing[] = [
  { name: 'h264', video: X264, movflags: LIVE },
  { name: 'h264 with B-frames', video: X264_B_FRAMES, movflags: LIVE },
  {
    name: 'two tracks with a fragment a frame',
    video: X264_B_FRAMES,
    audio: AAC,
    movflags: LIVE,
    // FFmpeg 5.1 writes tfdt of such audio 1,024 ticks too late and back again.
    uneven: true,
  },
  {
    name: 'hevc',
    video: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=12'],
    movflags: LIVE,
  },
  { name: 'av1', video: ['-c:v', 'libsvtav1', '-preset', '12', '-g', '12'], movflags: LIVE },
  { name: 'aac', audio: AAC, movflags: LIVE },
  { name: 'opus', audio: ['-c:a', 'libopus', '-b:a', '64k'], movflags: LIVE },
  {
    name: 'several tracks a moof with absolute offsets',
    video: X264_B_FRAMES,
    audio: AAC,
    movflags: '+frag_keyframe+empty_moov',
  },
  {
    name: 'several tracks a moof, each behind the other',
    video: X264,
    audio: AAC,
    movflags: '+frag_keyframe+empty_moov+omit_tfhd_offset',
  },
  {
    name: 'an edit list',
    video: X264_B_FRAMES,
    audio: AAC,
    movflags: '+frag_keyframe+delay_moov+default_base_moof+skip_trailer',
  },
  {
    name: 'negative composition offsets',
    video: X264_B_FRAMES,
    movflags: `${LIVE}+negative_cts_offsets`,
    more: ['-video_track_timescale', '90000'],
    ptsShift: 3600,
  },
  {
    name: 'CMAF with a segment index',
    video: X264,
    movflags: '+cmaf+dash+frag_keyframe+default_base_moof',
  },
];

/** The file of each writing, encoded once and kept for every test. */
const FILES = new Map<Writing, { readonly bytes: Buffer; readonly path: string }>();
let folder: string | undefined;

function fileOf(writing: Writing): { readonly bytes: Buffer; readonly path: string } {
  const known = FILES.get(writing);
  if (known !== undefined) return known;
  folder ??= tempFolder();
  const file = { bytes: encode(writing), path: join(folder, `${FILES.size}.mp4`) };
  writeFileSync(file.path, file.bytes);
  FILES.set(writing, file);
  return file;
}

function encode({ video, audio, movflags, more = [] }: Writing): Buffer {
  const done = spawnSync(
    pathOf('ffmpeg'),
    [
      ...['-v', 'error', '-nostdin'],
      ...(video === undefined ? [] : ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25']),
      ...(audio === undefined ? [] : ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']),
      ...(video === undefined ? [] : [...video, '-pix_fmt', 'yuv420p', '-threads', '1']),
      ...(audio ?? []),
      ...['-t', '1.6', ...more, '-f', 'mp4', '-movflags', movflags, '-'],
    ],
    { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, SVT_LOG: '0' } },
  );
  assert.equal(done.status, 0, done.stderr.toString());
  return done.stdout;
}

interface Packet {
  readonly stream_index: number;
  readonly pts: number;
  readonly dts: number;
  readonly duration?: number;
  readonly size: string;
  readonly flags: string;
  readonly data_hash: string;
}

interface Probe {
  readonly packets: readonly Packet[];
  readonly streams: readonly { readonly id: string; readonly time_base: string }[];
}

function probe(path: string, ...options: readonly string[]): Probe {
  // Every build of FFmpeg puts the two side by side.
  const ffprobe = join(dirname(pathOf('ffmpeg')), 'ffprobe');
  const shown = ['-show_packets', '-show_streams', '-show_data_hash', 'md5', '-of', 'json'];
  const done = spawnSync(ffprobe, ['-v', 'error', ...options, ...shown, path], {
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(done.stderr.toString(), '');
  const read: Probe = JSON.parse(done.stdout.toString());
  return read;
}

/** Pushes pieces of these sizes in turn. */
function read(bytes: Uint8Array, sizes: readonly number[]): FragmentEvent[] {
  const reader = new FragmentReader();
  const events: FragmentEvent[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    events.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return events;
}

function samplesOf(events: readonly FragmentEvent[], trackId: number) {
  return events.flatMap((event) =>
    event.type === 'samples' && event.trackId === trackId ? event.samples : [],
  );
}

function tracksOf(events: readonly FragmentEvent[]) {
  const [first] = events;
  assert.ok(first?.type === 'tracks');
  return first.tracks;
}

/** A sample in the words of ffprobe. */
function described(sample: ReturnType<typeof samplesOf>[number]) {
  const { dts, pts, keyframe, data } = sample;
  const hash = createHash('md5').update(data).digest('hex');
  return { dts, pts, size: data.length, keyframe, hash: `MD5:${hash}` };
}

function packetsOf({ packets }: Probe, streamIndex: number, ptsShift = 0) {
  return packets
    .filter(({ stream_index: index }) => index === streamIndex)
    .map(({ dts, pts, size, flags, data_hash: hash }) => ({
      dts,
      pts: pts - ptsShift,
      size: Number(size),
      keyframe: flags.startsWith('K'),
      hash,
    }));
}

describe('FragmentReader.push() of what FFmpeg writes', () => {
  for (const writing of WRITINGS) {
    test(`agrees with ffprobe on ${writing.name}`, needs('ffmpeg'), () => {
      const { bytes, path } = fileOf(writing);
      const probed = probe(path, '-ignore_editlist', '1');
      const events = read(bytes, [65_536]);
      const tracks = tracksOf(events);
      assert.equal(tracks.length, probed.streams.length);
      for (const [index, { trackId, track }] of tracks.entries()) {
        assert.equal(probed.streams[index]?.time_base, `1/${track.timescale}`);
        const samples = samplesOf(events, trackId);
        assert.ok(samples.length >= 39, `${samples.length} samples`);
        const isVideo = track.kind === 'video';
        const expected = packetsOf(probed, index, isVideo ? writing.ptsShift : 0);
        assert.deepEqual(samples.map(described), expected);
        for (const [i, { dts, duration }] of samples.entries()) {
          const next = samples[i + 1];
          if (next !== undefined && !writing.uneven) assert.equal(dts + duration, next.dts);
        }
      }
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 30 }),
          (sizes) => assert.deepEqual(read(bytes, sizes), events),
        ),
        { numRuns: 20 },
      );
    });
  }

  const codecs = [
    { name: 'h264', codecString: /^avc1\.42c0..$/, size: [320, 180] },
    { name: 'hevc', codecString: /^hvc1\.1\.6\.L\d+\.90$/, size: [320, 180] },
    { name: 'av1', codecString: /^av01\.0\.\d\dM\.08$/, size: [320, 180] },
    { name: 'aac', codecString: /^mp4a\.40\.2$/, channels: 2 },
    { name: 'opus', codecString: /^opus$/, channels: 1 },
  ];
  for (const { name, codecString, size, channels } of codecs) {
    test(`names the codec of ${name}`, needs('ffmpeg'), () => {
      const writing = WRITINGS.find((candidate) => candidate.name === name);
      assert.ok(writing !== undefined);
      const { bytes } = fileOf(writing);
      const tracks = tracksOf(read(bytes, [4096]));
      assert.deepEqual(readInitSegment(bytes.subarray(0, bytes.indexOf('moof') - 4)), tracks);
      const track = tracks[0]?.track;
      assert.ok(track !== undefined);
      assert.match(track.codecString, codecString);
      if (track.kind === 'video') assert.deepEqual([track.width, track.height], size);
      else assert.equal(track.channels, channels);
    });
  }

  test('knows the edit offset that ffprobe applies', needs('ffmpeg'), () => {
    const writing = WRITINGS.find(({ name }) => name === 'an edit list');
    assert.ok(writing !== undefined);
    const { bytes, path } = fileOf(writing);
    const edited = probe(path);
    const events = read(bytes, [1000]);
    for (const [index, { trackId, editOffset }] of tracksOf(events).entries()) {
      assert.ok(editOffset > 0, `offset ${editOffset}`);
      const pts = samplesOf(events, trackId).map((sample) => sample.pts - editOffset);
      assert.deepEqual(
        pts,
        packetsOf(edited, index).map((packet) => packet.pts),
      );
    }
  });
});
