import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readPart, readRendition, readSegment, readStream } from './orchestrator-body.ts';

const segment = { sequence: 42, duration: 2, path: '/segments/42.ts' };
const part = { sequence: 42, part: 3, duration: 0.333, path: '/p/42.3.m4s' };

/** The fields that a body is refused for. */
function faults(answer: object): string {
  assert.ok('refused' in answer && 'errors' in answer, `accepted: ${JSON.stringify(answer)}`);
  assert.equal(answer.refused, 'invalid_request');
  assert.ok(Array.isArray(answer.errors));
  return answer.errors.map(({ field }: { field: string }) => field).join(' ');
}

function meant(answer: object): unknown {
  assert.ok('meant' in answer, JSON.stringify(answer));
  return answer.meant;
}

describe('readSegment()', () => {
  test('readSegment() takes the plain segment and passes over unknown fields', () => {
    assert.deepEqual(readSegment({ ...segment, more: [1] }), { sent: segment, meant: segment });
  });

  test('readSegment() takes every field it knows', () => {
    const all = {
      ...segment,
      programDateTime: '2026-01-01T01:00:00.250+01:00',
      discontinuity: true,
      byteRange: { length: 10, offset: 0 },
      initPath: 'init.mp4',
      initByteRange: { length: 7, offset: 3 },
    };
    assert.deepEqual(meant(readSegment(all)), {
      ...segment,
      programDateTimeMs: Date.UTC(2026, 0, 1, 0, 0, 0, 250),
      discontinuity: true,
      byteRange: { length: 10, offset: 0 },
      init: { uri: 'init.mp4', byteRange: { length: 7, offset: 3 } },
    });
  });

  test('readSegment() names every missing field', () => {
    assert.deepEqual(readSegment({}), {
      refused: 'invalid_request',
      detail: 'Cannot read segment: sequence is missing',
      errors: [
        { field: 'sequence', message: 'is missing' },
        { field: 'duration', message: 'is missing' },
        { field: 'path', message: 'is missing' },
      ],
    });
  });

  test('readSegment() refuses what is not an object', () => {
    for (const body of [undefined, null, [], 'x', 7, true]) {
      assert.equal(faults(readSegment(body)), 'body');
    }
  });

  const refused: readonly (readonly [string, readonly unknown[]])[] = [
    ['sequence', [-1, 1.5, 2 ** 53, '42', null, Number.NaN, Number.POSITIVE_INFINITY, [1], {}]],
    ['duration', [0, -1, 60.01, Number.POSITIVE_INFINITY, Number.NaN, '2', null, {}]],
    [
      'path',
      ['', ' ', '\t', 7, null, 'x'.repeat(2049), '#EXT-X-ENDLIST', ' a', 'a ', '\ud800'].concat(
        ['\n', '\r', '\0', '\x7f', '\x85', '\u2028', '\u2029', '\v', '\f'].map((c) => `a${c}b`),
      ),
    ],
    ['programDateTime', ['2026-01-01', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z', 'now', 0]],
    ['programDateTime', ['1969-12-31T23:59:59Z', '9999-12-31T23:59:59-01:00']],
    ['discontinuity', [0, 'true', null]],
    ['initPath', ['', 'a"b', 'a\nb', 7]],
    ['byteRange.length', [{ length: 0, offset: 0 }, { offset: 0 }, { length: 1.5, offset: 0 }]],
    ['byteRange.offset', [{ length: 1, offset: -1 }, { length: 1 }]],
    ['byteRange', [7, 'x', null, []]],
  ];
  for (const [field, values] of refused) {
    const name = field.split('.')[0] ?? '';
    test(`readSegment() refuses a ${field} that does not fit`, () => {
      for (const value of values) {
        const answer = readSegment({ ...segment, [name]: value });
        assert.equal(faults(answer), field, JSON.stringify(value));
      }
    });
  }

  test('readSegment() takes what is just within the limits', () => {
    for (const [name, value] of [
      ['sequence', 0],
      ['sequence', Number.MAX_SAFE_INTEGER],
      ['duration', 60],
      ['duration', 0.001],
      ['path', 'x'.repeat(2048)],
      ['path', 'a b"c#d'],
      ['programDateTime', '1970-01-01T00:00:00Z'],
    ] as const) {
      meant(readSegment({ ...segment, [name]: value }));
    }
    assert.equal(
      Object.is((meant(readSegment({ ...segment, sequence: -0 })) as typeof segment).sequence, 0),
      true,
    );
  });
});

describe('readPart()', () => {
  test('readPart() takes the plain part, which is not independent unless it says so', () => {
    assert.deepEqual(meant(readPart(part)), { ...part, independent: false });
    assert.deepEqual(meant(readPart({ ...part, independent: true, hintPath: 'n' })), {
      ...part,
      independent: true,
      hintPath: 'n',
    });
  });

  test('readPart() refuses what does not fit, quotation marks too', () => {
    assert.equal(faults(readPart({})), 'sequence duration part path');
    for (const [name, value] of [
      ['part', -1],
      ['part', 1000],
      ['part', 0.5],
      ['path', 'a"b'],
      ['hintPath', 'a"b'],
      ['hintPath', ''],
      ['independent', 1],
    ] as const) {
      assert.equal(faults(readPart({ ...part, [name]: value })), name);
    }
  });
});

describe('readStream()', () => {
  test('readStream() takes nothing, and everything it knows', () => {
    assert.deepEqual(readStream(undefined), {});
    assert.deepEqual(
      readStream({ windowSize: 1000, targetDuration: 2, partTarget: 0.35, gapTimeout: 0 }),
      { windowSize: 1000, targetDuration: 2, partTarget: 0.35, gapTimeoutMs: 0 },
    );
  });

  test('readStream() refuses what does not fit', () => {
    const body = { windowSize: 0, targetDuration: 1.5, partTarget: 0, gapTimeout: -1 };
    assert.equal(faults(readStream(body)), 'windowSize targetDuration partTarget gapTimeout');
    assert.equal(faults(readStream({ windowSize: 1001 })), 'windowSize');
  });
});

describe('readRendition()', () => {
  test('readRendition() takes codecs as text or list, and an audio group', () => {
    for (const codecs of ['avc1.64001f, mp4a.40.2', ['avc1.64001f', 'mp4a.40.2']]) {
      assert.deepEqual(
        readRendition({
          bandwidth: 3_000_000,
          averageBandwidth: 2_500_000,
          resolution: '1280x720',
          frameRate: 29.97,
          codecs,
          audioGroup: 'aud',
        }),
        {
          bandwidth: 3_000_000,
          averageBandwidth: 2_500_000,
          resolution: { width: 1280, height: 720 },
          frameRate: 29.97,
          codecs: ['avc1.64001f', 'mp4a.40.2'],
          audioGroupId: 'aud',
        },
      );
    }
    assert.deepEqual(readRendition({ audio: { group: 'aud', name: 'English', language: 'en' } }), {
      audio: { groupId: 'aud', name: 'English', isDefault: false, language: 'en' },
    });
  });

  test('readRendition() refuses what would break the multivariant playlist', () => {
    const body = {
      bandwidth: 0,
      averageBandwidth: 1.5,
      resolution: '1280 x 720',
      frameRate: 0,
      codecs: 'avc1"\n#EXT',
      audioGroup: 'a"b',
      audio: { group: '', name: 'a\nb', default: 1, language: '"', channels: 0 },
    };
    assert.equal(
      faults(readRendition(body)),
      'bandwidth averageBandwidth resolution frameRate codecs audioGroup audio.group audio.name audio.default audio.language audio.channels',
    );
  });
});

test('readSegment() and readPart() refuse initByteRange without initPath', () => {
  const more = { initByteRange: { length: 7, offset: 3 } };
  assert.equal(faults(readSegment({ ...segment, ...more })), 'initByteRange');
  assert.equal(faults(readPart({ ...part, ...more })), 'initByteRange');
});

test('readSegment(), readPart() and readStream() refuse what a playlist would print as 0.000', () => {
  for (const duration of [0.0009, 1e-12, Number.MIN_VALUE]) {
    assert.equal(faults(readSegment({ ...segment, duration })), 'duration');
    assert.equal(faults(readPart({ ...part, duration })), 'duration');
    assert.equal(faults(readStream({ partTarget: duration })), 'partTarget');
  }
  assert.deepEqual(meant(readSegment({ ...segment, duration: 0.001 })), {
    ...segment,
    duration: 0.001,
  });
});

test('readStream() takes independentSegments as true or false only', () => {
  for (const independentSegments of [true, false]) {
    assert.deepEqual(readStream({ independentSegments }), { independentSegments });
  }
  for (const independentSegments of ['true', 1, null]) {
    assert.equal(faults(readStream({ independentSegments })), 'independentSegments');
  }
});
