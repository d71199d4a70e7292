import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avcLevel } from './avc-level.ts';
import { type EncodeJob, encodeArguments } from './encode-arguments.ts';
import { ENCODER_FAMILIES } from './encoder-arguments.ts';
import { parseLadder, rungsFor } from './ladder.ts';

const SOURCE: EncodeJob['source'] = {
  kind: 'video',
  codec: 'hvc1',
  codecString: 'hvc1.1.6.L93.B0',
  timescale: 90_000,
  width: 1280,
  height: 720,
  frameRate: 30,
  config: new Uint8Array(),
};

function jobOf(ladder: string, changes: Partial<EncodeJob> = {}): EncodeJob {
  const source = changes.source ?? SOURCE;
  const rungs = rungsFor(parseLadder(ladder), source);
  const base = { source, rungs, keyframes: 'source', family: 'software' } as const;
  return { ...base, thumbnails: undefined, ...changes };
}

const argumentsOf = (ladder: string, changes?: Partial<EncodeJob>): string =>
  encodeArguments(jobOf(ladder, changes)).join(' ');

const INPUT =
  '-copyts -probesize 32 -analyzeduration 0 -fpsprobesize 0 -thread_type slice ' +
  '-max_pixels 2088960 -protocol_whitelist pipe -format_whitelist mov -f mov -i pipe:0';
const MUXER =
  '-f mp4 -use_editlist 0 -avoid_negative_ts disabled ' +
  '-movflags +frag_every_frame+empty_moov+default_base_moof+frag_discont+skip_trailer ' +
  '-video_track_timescale 90000 -flush_packets 1';
const RATE_480 = '-g 100000 -bf 0 -b:v 1200000 -maxrate 1200000 -bufsize 1200000';

test('encodeArguments() writes one software rung to the letter', () => {
  assert.equal(
    argumentsOf('480p=854x480@1200k'),
    `-hide_banner -nostdin -nostats -loglevel warning ${INPUT} ` +
      '-filter_complex [0:v:0]split=1[s0];' +
      '[s0]scale=854:480:flags=bicubic,setsar=1,format=yuv420p[v0] ' +
      `-map [v0] -fps_mode passthrough -enc_time_base 1:90000 -c:v libx264 ${RATE_480} ` +
      '-preset veryfast -tune zerolatency -sc_threshold 0 -profile:v high -level:v 3.1 ' +
      `-threads:v 2 -x264-params fps=30000/1000 -force_key_frames source ${MUXER} pipe:3`,
  );
});

const encoders: Readonly<Record<EncodeJob['family'], readonly [string, string]>> = {
  nvenc: [
    'format=yuv420p[v0]',
    `-c:v h264_nvenc ${RATE_480} -preset p4 -tune ll -rc cbr -zerolatency 1 -delay 0 ` +
      '-forced-idr 1 -no-scenecut 1 -profile:v high -force_key_frames source',
  ],
  vaapi: [
    'format=nv12,hwupload[v0]',
    `-c:v h264_vaapi ${RATE_480} -rc_mode CBR -async_depth 1 -idr_interval 0 -profile:v high ` +
      '-force_key_frames source',
  ],
  qsv: [
    'format=nv12[v0]',
    `-c:v h264_qsv ${RATE_480} -preset veryfast -async_depth 1 -low_delay_brc 1 -forced_idr 1 ` +
      '-look_ahead 0 -profile:v high -force_key_frames source',
  ],
  v4l2: ['format=yuv420p[v0]', `-c:v h264_v4l2m2m ${RATE_480} -force_key_frames source`],
  software: ['format=yuv420p[v0]', `-c:v libx264 ${RATE_480} -preset veryfast`],
};
for (const family of ENCODER_FAMILIES) {
  test(`encodeArguments() uses the template of ${family}`, () => {
    const text = argumentsOf('480p=854x480@1200k', { family });
    for (const part of encoders[family]) assert.ok(text.includes(part), `${part}\nin\n${text}`);
  });
}

test('encodeArguments() opens the device of a family before the input', () => {
  const words = (family: EncodeJob['family']): string =>
    argumentsOf('480p=854x480@1200k', { family }).split(' -copyts')[0] ?? '';
  assert.match(words('vaapi'), / -vaapi_device \/dev\/dri\/renderD128$/);
  assert.match(words('qsv'), / -init_hw_device qsv=quicksync$/);
  assert.match(words('nvenc'), / -loglevel warning$/);
});

test('encodeArguments() has a template for each codec of each family', () => {
  const names = ENCODER_FAMILIES.map((family) =>
    [...argumentsOf('a=854x480@2M:h265,b=640x360@1M:av1', { family }).matchAll(/-c:v (\S+)/g)].map(
      (hit) => hit[1],
    ),
  );
  assert.deepEqual(names, [
    ['hevc_nvenc', 'av1_nvenc'],
    ['hevc_qsv', 'av1_qsv'],
    ['hevc_vaapi', 'av1_vaapi'],
    ['hevc_v4l2m2m', 'libaom-av1'],
    ['libx265', 'libaom-av1'],
  ]);
  assert.match(
    argumentsOf('a=854x480@2M:h265:fast'),
    /-tag:v hvc1 .*-preset fast|-preset fast .*-tag:v hvc1/,
  );
});

test('encodeArguments() forces keyframes on a grid of media time, in lowered rungs too', () => {
  const text = argumentsOf('480p=854x480@1200k:15fps', { keyframes: { everyS: 2 } });
  const slots = (previous: string): string =>
    `gt(floor(t/2+0.000001),floor(${previous}/2+0.000001))`;
  assert.ok(text.includes(`-force_key_frames expr:if(lt(n,2),1,${slots('prev_forced_t')}) `));
  assert.ok(text.includes("setpts='if(eq(N,0),round(floor(T/2+0.000001)*2/TB),PTS)',"));
  assert.ok(text.includes(`+${slots('prev_selected_t')}',scale=`));
  assert.ok(text.includes('-x264-params fps=15000/1000'));
});

test('encodeArguments() goes on half a tick after what was made, or before its last frame', () => {
  const madeUntil = new Map([['480p', 972_003_000]]);
  const text = argumentsOf('480p=854x480@1200k', { madeUntil });
  assert.ok(text.includes("[s0]select='gt(t,10800.033338889)',scale="), text);
  const onGrid = argumentsOf('480p=854x480@1200k', { madeUntil, keyframes: { everyS: 2 } });
  assert.ok(onGrid.includes("[s0]select='gt(t,10800.033327778)',scale="), onGrid);
});

test('encodeArguments() tells x264 to go by the times when nobody knows the frame rate', () => {
  const text = argumentsOf('480p=854x480@1200k', { source: { ...SOURCE, frameRate: undefined } });
  assert.match(text, / -x264-params force-cfr=0 /);
});

test('encodeArguments() adds stills on the two pipes after the rungs', () => {
  const portrait = { ...SOURCE, width: 720, height: 1280 };
  const text = argumentsOf('480p=854x480@1200k,360p=640x360@600k', {
    source: portrait,
    thumbnails: { everyS: 5 },
  });
  const still = '-c:v mjpeg -threads:v 1 -strict unofficial -q:v 5 -f image2pipe -flush_packets 1';
  assert.ok(text.includes('split=3[s0][s1][still]'));
  assert.ok(text.includes('[small]scale=160:284:'));
  assert.ok(text.includes('[large]scale=640:1138:'));
  assert.ok(
    text.includes(`-map [thumbnail] -fps_mode passthrough -enc_time_base 1:90000 ${still} pipe:5`),
  );
  assert.ok(
    text.endsWith(`-map [poster] -fps_mode passthrough -enc_time_base 1:90000 ${still} pipe:6`),
  );
});

test('encodeArguments() decodes keyframes alone when it makes stills alone', () => {
  const heavy = { ...SOURCE, width: 3840, height: 2160, frameRate: 60 };
  const stills = { thumbnails: { everyS: 5 }, source: heavy };
  const text = argumentsOf('2160p=3840x2160@9M', stills);
  assert.match(text, / -thread_type slice -skip_frame nokey -max_pixels /);
  assert.ok(text.includes('[small]fps=1/5:round=down:eof_action=pass,scale=160:'));
  const both = argumentsOf('480p=854x480@1200k', stills);
  assert.ok(!both.includes('-skip_frame') && !both.includes('fps=1/5'));
});

test('encodeArguments() lets heavy sources be decoded by several threads', () => {
  const heavy = { ...SOURCE, width: 3840, height: 2160, frameRate: 60 };
  assert.match(
    argumentsOf('480p=854x480@1200k', { source: heavy }),
    / -fpsprobesize 0 -threads 3 -max_pixels 16711680 -p/,
  );
  const av1 = { ...heavy, codec: 'av01' } as const;
  assert.match(
    argumentsOf('480p=854x480@1200k', { source: av1 }),
    / -fpsprobesize 0 -flags low_delay -m/,
  );
});

test('avcLevel() gives the level of table A-1', () => {
  const levels = [
    [426, 240, 30],
    [640, 360, 30],
    [854, 480, 30],
    [1280, 720, 30],
    [1280, 720, 60],
    [1920, 1080, 30],
    [1920, 1080, 60],
    [3840, 2160, 30],
    [3840, 2160, 60],
    [7680, 4320, 60],
  ].map(([width = 0, height = 0, frameRate = 0]) =>
    avcLevel({ width, height, frameRate, bitrate: 1_000_000 }),
  );
  assert.deepEqual(levels, ['2.1', '3.0', '3.1', '3.1', '3.2', '4.0', '4.2', '5.1', '5.2', '6.2']);
  assert.equal(avcLevel({ width: 640, height: 360, frameRate: 30, bitrate: 20_000_000 }), '3.2');
});
