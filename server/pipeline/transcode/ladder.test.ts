import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DEFAULT_LADDER,
  LadderError,
  MAX_RUNGS,
  parseLadder,
  type RungProfile,
  rungsFor,
} from './ladder.ts';
import { isTooLarge } from './source-size.ts';

const H264 = { codec: 'h264', preset: undefined, frameRate: undefined } as const;

test('DEFAULT_LADDER is 1080p to 240p in H.264', () => {
  assert.deepEqual(DEFAULT_LADDER, [
    { name: '1080p', width: 1920, height: 1080, bitrate: 5_000_000, ...H264 },
    { name: '720p', width: 1280, height: 720, bitrate: 2_800_000, ...H264 },
    { name: '480p', width: 854, height: 480, bitrate: 1_200_000, ...H264 },
    { name: '360p', width: 640, height: 360, bitrate: 600_000, ...H264 },
    { name: '240p', width: 426, height: 240, bitrate: 300_000, ...H264 },
  ]);
});

test('parseLadder() reads options in any order and units of bitrate', () => {
  const text =
    'hd=1280x720@2.8M:25fps:av1:7, sd=854x480@1200k:h265:fast,ld=426x240@300000:59.94fps';
  assert.deepEqual(parseLadder(text), [
    {
      name: 'hd',
      width: 1280,
      height: 720,
      bitrate: 2_800_000,
      codec: 'av1',
      preset: '7',
      frameRate: 25,
    },
    {
      name: 'sd',
      width: 854,
      height: 480,
      bitrate: 1_200_000,
      codec: 'h265',
      preset: 'fast',
      frameRate: undefined,
    },
    {
      name: 'ld',
      width: 426,
      height: 240,
      bitrate: 300_000,
      codec: 'h264',
      preset: undefined,
      frameRate: 59.94,
    },
  ]);
});

const mistakes: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /^"" is not written name=WIDTHxHEIGHT@BITRATE$/],
  ['720p', /^"720p" is not written/],
  ['a=640x360@600k,', /^"" is not written/],
  ['a b=640x360@600k', /^the name "a b" cannot be used: use 1 to 20 of/],
  [`${'n'.repeat(21)}=640x360@600k`, /^the name "n{21}" cannot be used/],
  ['video=640x360@600k', /^the name "video" cannot be used/],
  ['audio=640x360@600k', /^the name "audio" cannot be used/],
  ['../x=640x360@600k', /^the name "..\/x" cannot be used/],
  ['a=641x360@600k', /^the size of "a" is "641x360": it must be two even numbers from 32 to 7680/],
  ['a=640@600k', /^the size of "a" is "640"/],
  ['a=640x99999@600k', /^the size of "a" is "640x99999"/],
  ['a=640x360@', /^the bitrate of "a" is ""/],
  ['a=640x360@600K', /^the bitrate of "a" is "600K"/],
  ['a=640x360@49k', /^the bitrate of "a" is "49k": it must be from 50k to 100M/],
  ['a=640x360@101M', /^the bitrate of "a" is "101M"/],
  ['a=640x360@600k:vp9', /^the option of "a" is "vp9"/],
  ['a=640x360@600k:h264:h265', /^the option of "a" is "h265"/],
  ['a=640x360@600k:', /^the option of "a" is ""/],
  ['a=640x360@600k:121fps', /^the frame rate of "a" is "121fps"/],
  ['a=640x360@600k:9.9fps', /^the frame rate of "a" is "9.9fps": it must be 10 to 120fps$/],
  ['a=640x360@600k:av1:veryfast', /^the preset of "a" is "veryfast": av1 has 5, 6/],
  ['a=640x360@600k:7', /^the preset of "a" is "7": h264 has ultrafast/],
  ['a=640x360@600k,a=426x240@300k', /^the name "a" is used twice$/],
];
for (const [text, problem] of mistakes) {
  test(`parseLadder() refuses ${JSON.stringify(text)}`, () => {
    assert.match(problemsOf(text).join('\n'), problem);
    assert.equal(problemsOf(text).length, 1);
  });
}

function problemsOf(text: string): readonly string[] {
  try {
    parseLadder(text);
    return [];
  } catch (error) {
    assert.ok(error instanceof LadderError);
    return error.problems;
  }
}

test('parseLadder() names every mistake at once', () => {
  const problems = problemsOf('a=1x1@2,b=640x360@600k:x:y');
  assert.deepEqual(
    problems.map((each) => each.slice(0, each.indexOf(':'))),
    [
      'the size of "a" is "1x1"',
      'the bitrate of "a" is "2"',
      'the option of "b" is "x"',
      'the option of "b" is "y"',
    ],
  );
});

test('parseLadder() allows so many rungs and letters and no more', () => {
  const rungs = (count: number): string =>
    Array.from({ length: count }, (_, index) => `r${index}=640x360@600k`).join();
  assert.equal(parseLadder(rungs(MAX_RUNGS)).length, MAX_RUNGS);
  assert.deepEqual(problemsOf(rungs(9)), ['it has 9 rungs, at most 8 are allowed']);
  assert.match(problemsOf('x'.repeat(1001))[0] ?? '', /1001 letters/);
});

test('parseLadder() either reads or refuses, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a=64x360@k,:hfps.1') }), (text) => {
      problemsOf(text);
    }),
  );
});

const sizes = (source: { width: number; height: number }, reencode = false): string[] =>
  rungsFor(DEFAULT_LADDER, { ...source, frameRate: 30 }, { reencode }).map(
    ({ name, width, height, bitrate }) => `${name} ${width}x${height} ${bitrate / 1000}k`,
  );

test('rungsFor() leaves out what the source itself is', () => {
  assert.deepEqual(sizes({ width: 1280, height: 720 }), [
    '480p 854x480 1200k',
    '360p 640x360 600k',
    '240p 426x240 300k',
  ]);
  assert.deepEqual(sizes({ width: 426, height: 240 }), []);
  assert.deepEqual(sizes({ width: 1920, height: 1088 })[0], '720p 1270x720 2800k');
});

test('rungsFor() keeps the aspect ratio of wide, narrow, portrait and odd pictures', () => {
  assert.deepEqual(sizes({ width: 1920, height: 800 }).slice(0, 2), [
    '720p 1280x534 2800k',
    '480p 854x356 1200k',
  ]);
  assert.deepEqual(sizes({ width: 1440, height: 1080 })[0], '720p 960x720 2800k');
  assert.deepEqual(sizes({ width: 1080, height: 1920 })[0], '720p 720x1280 2800k');
  assert.deepEqual(sizes({ width: 1279, height: 719 })[0], '480p 854x480 1200k');
});

test('rungsFor() makes the source itself the top when it has to be encoded again', () => {
  assert.equal(sizes({ width: 1280, height: 720 }, true)[0], '720p 1280x720 2800k');
  // 900 x 506 is half of the pixels of 720p.
  assert.equal(sizes({ width: 900, height: 506 }, true)[0], '720p 900x506 1651k');
  assert.equal(sizes({ width: 1279, height: 719 }, true)[0], '720p 1278x718 2796k');
  assert.equal(sizes({ width: 2560, height: 1440 }, true)[0], 'source 2560x1440 9954k');
  assert.equal(sizes({ width: 3840, height: 2160 }, true)[0], 'source 3840x2160 20000k');
});

test('rungsFor() lowers frame rates and never raises them', () => {
  const ladder = parseLadder('a=640x360@600k:30fps,b=426x240@300k');
  const rates = (frameRate: number | undefined): unknown =>
    rungsFor(ladder, { width: 1280, height: 720, frameRate }).map((rung) => rung.frameRate);
  assert.deepEqual(rates(60), [30, undefined]);
  assert.deepEqual(rates(30), [undefined, undefined]);
  assert.deepEqual(rates(30.1), [undefined, undefined]);
  assert.deepEqual(rates(24), [undefined, undefined]);
  assert.deepEqual(rates(undefined), [30, undefined]);
});

const aProfile: fc.Arbitrary<RungProfile> = fc.record({
  name: fc.constant('x'),
  width: fc.integer({ min: 16, max: 3840 }).map((half) => half * 2),
  height: fc.integer({ min: 16, max: 3840 }).map((half) => half * 2),
  bitrate: fc.integer({ min: 50_000, max: 100_000_000 }),
  frameRate: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
  codec: fc.constant('h264' as const),
  preset: fc.constant(undefined),
});

test('rungsFor() keeps within the source and the box, even, in order, for any of them', () => {
  const aSource = fc.record({
    width: fc.integer({ min: 64, max: 8192 }),
    height: fc.integer({ min: 64, max: 8192 }),
    frameRate: fc.option(fc.double({ min: 5, max: 240, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(aProfile, { maxLength: 8 }),
      aSource,
      fc.boolean(),
      (ladder, source, reencode) => {
        const rungs = rungsFor(ladder, source, { reencode });
        assert.ok(rungs.length > 0 || !reencode || isTooLarge(source));
        for (const [index, { width, height, frameRate, bitrate }] of rungs.entries()) {
          assert.ok(width <= source.width && height <= source.height);
          assert.ok(width % 2 === 0 && height % 2 === 0 && width > 0 && height > 0);
          // Rounding to even numbers moves each side by a pixel at most.
          const skew = Math.abs(width * source.height - height * source.width);
          assert.ok(skew <= source.width + source.height);
          assert.ok(frameRate === undefined || frameRate < (source.frameRate ?? Infinity));
          assert.ok(bitrate <= (rungs[index - 1]?.bitrate ?? Infinity));
        }
      },
    ),
  );
});
