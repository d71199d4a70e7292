// The listener against the encoder that most people have.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../base/index.ts';
import type { MediaSink } from './rtmp-connection.ts';
import { RtmpListener } from './rtmp-listener.ts';

const missing = spawnSync('ffmpeg', ['-version']).error !== undefined;
if (missing && process.env.CI === 'true') throw new Error('ffmpeg is missing');
const options = { skip: missing ? 'ffmpeg is missing' : false, timeout: 30_000 };

interface Received {
  readonly video: { readonly timestampMs: number; readonly payload: Uint8Array }[];
  readonly audio: { readonly timestampMs: number; readonly payload: Uint8Array }[];
  readonly metadata: ReadonlyMap<string, unknown>[];
  readonly ends: string[];
}

/** Publishes a test picture for `seconds` to a listener; gives its exit code and what arrived. */
async function publish(key: string, seconds: number): Promise<{ code: number; got: Received }> {
  const got: Received = { video: [], audio: [], metadata: [], ends: [] };
  const sink: MediaSink = {
    media: (kind, timestampMs, payload) => got[kind].push({ timestampMs, payload }),
    metadata: (values) => got.metadata.push(values),
    end: (reason) => got.ends.push(reason),
  };
  const listener = new RtmpListener<string>({
    clock: systemClock,
    log: silentLog,
    authorize: async ({ streamKey }) =>
      streamKey === 'good' ? { granted: 'stream' } : { refused: 'unknown_key' },
    publish: () => sink,
    describe: (stream) => ({ stream }),
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const picture = `testsrc=size=320x180:rate=30:duration=${seconds}`;
  const tone = `sine=frequency=440:sample_rate=48000:duration=${seconds}`;
  const input = ['-re', '-f', 'lavfi', '-i', picture, '-re', '-f', 'lavfi', '-i', tone];
  const coding = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '30',
    '-c:a',
    'aac',
    '-f',
    'flv',
  ];
  const url = `rtmp://127.0.0.1:${port}/live/${key}`;
  const ffmpeg = spawn('ffmpeg', ['-v', 'quiet', '-nostdin', ...input, ...coding, url]);
  const code = await new Promise<number>((resolve) =>
    ffmpeg.on('exit', (exit) => resolve(exit ?? -1)),
  );
  await listener.close();
  return { code, got };
}

test('RtmpListener takes what ffmpeg publishes', options, async () => {
  const { code, got } = await publish('good', 2);
  assert.equal(code, 0);
  // 60 pictures, 94 audio frames, and a header before each; the encoder may flush one more.
  assert.ok(got.video.length >= 61 && got.video.length <= 63, `${got.video.length} video messages`);
  assert.ok(got.audio.length >= 94 && got.audio.length <= 97, `${got.audio.length} audio messages`);
  assert.equal(got.video[0]?.payload[0], 0x17);
  assert.equal(got.video[0]?.payload[1], 0, 'the AVC sequence header comes first');
  assert.equal(got.audio[0]?.payload[0], 0xaf);
  const stamps = got.video.map(({ timestampMs }) => timestampMs);
  assert.deepEqual(
    stamps,
    [...stamps].sort((a, b) => a - b),
  );
  assert.ok((stamps.at(-1) ?? 0) >= 1900);
  assert.equal(got.metadata[0]?.get('width'), 320);
  assert.deepEqual(got.ends, ['unpublished']);
});

test('RtmpListener makes ffmpeg fail on an unknown key', options, async () => {
  const { code, got } = await publish('bad', 1);
  assert.notEqual(code, 0);
  assert.equal(got.video.length, 0);
  assert.deepEqual(got.ends, []);
});
