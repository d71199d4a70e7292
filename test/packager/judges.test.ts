/** FFmpeg and mp4box.js as outside judges of the files that the packager makes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { createFile, MP4BoxBuffer } from 'mp4box';
import type { Sample, TrackKind } from '../../server/media/index.ts';
import { type PackagedEvent, Packager } from '../../server/pipeline/packager/index.ts';
import { needs, pathOf, tempFolder } from '../support/component.ts';
import { encodeFlv, type FlvEncoding, readFlvMedia } from './flv-media.ts';

const ENCODINGS: readonly FlvEncoding[] = [
  { seconds: 6, fps: '30', gop: 60, bFrames: 2, audioRate: 48_000 },
  { seconds: 6, fps: '25', gop: 40, bFrames: 0, audioRate: 44_100 },
  { seconds: 5, fps: '60000/1001', gop: 300, bFrames: 0, audioRate: 44_100 },
];

interface Packaged {
  readonly events: readonly PackagedEvent[];
  /** The samples sent from the first keyframe on. */
  readonly sent: Readonly<Record<TrackKind, readonly Sample[]>>;
}

function packageFlv(flv: Buffer): Packaged {
  const packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
  const media = readFlvMedia(flv);
  const events = [...media.flatMap((event) => packager.push(event)), ...packager.end()];
  const samples = media.flatMap((event) => (event.type === 'sample' ? [event.sample] : []));
  const video = samples.filter(({ kind }) => kind === 'video');
  const audio = samples.filter(({ kind }) => kind === 'audio');
  // FFmpeg starts video after the encoder's audio priming, and nothing is shown before video.
  assert.ok(packager.droppedSamples <= 4, `${packager.droppedSamples} samples dropped`);
  return { events, sent: { video, audio: audio.slice(packager.droppedSamples) } };
}

/** Init segment and all parts of a rendition as one file, or the parts of one segment. */
function fileOf(events: readonly PackagedEvent[], kind: TrackKind, msn?: number): Buffer {
  const pieces = events.flatMap((event) => {
    if (event.type === 'init' && event.rendition === kind) return [event.bytes];
    if (event.type !== 'part' || event.rendition !== kind) return [];
    return msn === undefined || event.msn === msn ? [event.bytes] : [];
  });
  return Buffer.concat(pieces);
}

interface ProbedPacket {
  readonly pts: number;
  readonly dts: number;
  readonly flags: string;
}

function probe(path: string): ProbedPacket[] {
  // Every build of FFmpeg puts the two side by side.
  const ffprobe = join(dirname(pathOf('ffmpeg')), 'ffprobe');
  const args = ['-v', 'error', '-show_packets', '-of', 'json', path];
  const done = spawnSync(ffprobe, args, { maxBuffer: 16 * 1024 * 1024 });
  assert.equal(done.stderr.toString(), '');
  const { packets }: { packets: ProbedPacket[] } = JSON.parse(done.stdout.toString());
  return packets;
}

/** What FFmpeg complains of when it decodes a file; empty when it is sound. */
function complaints(path: string): string {
  const args = ['-v', 'error', '-nostdin', '-i', path, '-f', 'null', '-'];
  return spawnSync(pathOf('ffmpeg'), args).stderr.toString();
}

describe('Packager.push() of what FFmpeg encodes', () => {
  for (const encoding of ENCODINGS) {
    const name = `${encoding.fps} fps, ${encoding.bFrames} B-frames, ${encoding.audioRate} Hz`;
    test(`makes files that FFmpeg decodes without a word: ${name}`, needs('ffmpeg'), () => {
      const folder = tempFolder();
      const packaged = packageFlv(encodeFlv(pathOf('ffmpeg'), encoding));
      for (const kind of ['video', 'audio'] as const) {
        const path = join(folder, `${kind}.mp4`);
        writeFileSync(path, fileOf(packaged.events, kind));
        assert.equal(complaints(path), '');
        const packets = probe(path);
        const stamps = packets.map(({ dts, pts }) => ({ dts, pts }));
        assert.deepEqual(
          stamps,
          packaged.sent[kind].map(({ dts, pts }) => ({ dts, pts })),
        );
        assert.ok(packets[0]?.flags.startsWith('K'));
        const segment = join(folder, `${kind}-2.mp4`);
        writeFileSync(segment, fileOf(packaged.events, kind, 2));
        const start = packaged.events.find(
          (event) => event.type === 'segment-start' && event.msn === 2 && event.rendition === kind,
        );
        assert.ok(start?.type === 'segment-start');
        const timescale = kind === 'video' ? 90_000 : encoding.audioRate;
        assert.equal((probe(segment)[0]?.dts ?? 0) / timescale, start.startTimeS);
      }
    });
  }

  test('makes files that mp4box.js reads sample by sample', needs('ffmpeg'), () => {
    const encoding = ENCODINGS[0];
    assert.ok(encoding !== undefined);
    const { events, sent } = packageFlv(encodeFlv(pathOf('ffmpeg'), encoding));
    for (const [kind, codec] of [
      ['video', 'avc1'],
      ['audio', 'mp4a.40.2'],
    ] as const) {
      const file = createFile(true);
      const problems: string[] = [];
      file.onError = (module, message) => problems.push(`${module}: ${message}`);
      const bytes = fileOf(events, kind);
      const buffer = MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0);
      file.appendBuffer(buffer);
      file.flush();
      assert.deepEqual(problems, []);
      const [track] = file.getInfo().tracks;
      assert.ok(track !== undefined);
      assert.ok(track.codec.startsWith(codec), track.codec);
      const samples = file.getTrackSamplesInfo(track.id);
      assert.equal(samples.length, sent[kind].length);
      assert.equal(samples[0]?.is_sync, true);
    }
  });
});
