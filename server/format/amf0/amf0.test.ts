import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Violation } from '../../base/index.ts';
import {
  AMF0_MAX_BYTES,
  AMF0_MAX_DEPTH,
  AMF0_MAX_VALUES,
  AmfEcmaArray,
  type AmfValue,
  decodeAmf0,
  encodeAmf0,
} from './index.ts';

/** Hex with captions: everything from `#` to the end of a line is for the reader. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/#.*|\s/g, ''), 'hex'));
}

const CASES: readonly { name: string; bytes: string; values: AmfValue[] }[] = [
  { name: 'a number', bytes: '00 3ff8000000000000 # 1.5', values: [1.5] },
  { name: 'booleans', bytes: '01 01 # true\n 01 00 # false', values: [true, false] },
  { name: 'a string', bytes: '02 0004 6c697665 # live', values: ['live'] },
  { name: 'text beyond ASCII', bytes: '02 0006 e282ac c3a9 21', values: ['€é!'] },
  { name: 'a byte order mark', bytes: '02 0004 efbbbf 61', values: ['\ufeffa'] },
  { name: 'null and undefined', bytes: '05 06', values: [null, undefined] },
  { name: 'a date', bytes: '0b 408f400000000000 0000 # 1,000 ms', values: [new Date(1000)] },
  {
    name: 'an object',
    bytes: `03
      0003 617070  02 0004 6c697665   # app: "live"
      0002 6f6b    01 01              # ok: true
      0000 09                         # end`,
    values: [
      new Map<string, AmfValue>([
        ['app', 'live'],
        ['ok', true],
      ]),
    ],
  },
  {
    name: 'an ECMA array',
    bytes: '08 00000001  0005 7769647468 00 4094000000000000  0000 09 # width: 1280',
    values: [new AmfEcmaArray([['width', 1280]])],
  },
  { name: 'a strict array', bytes: '0a 00000002 05 02 0001 61', values: [[null, 'a']] },
  { name: 'an empty key', bytes: '03 0000 05 0000 09', values: [new Map([['', null]])] },
];

for (const { name, bytes, values } of CASES) {
  test(`decodeAmf0() reads ${name}`, () => {
    assert.deepEqual(decodeAmf0(hex(bytes)), values);
  });
  test(`encodeAmf0() writes ${name}`, () => {
    assert.deepEqual(Uint8Array.from(encodeAmf0(values)), hex(bytes));
  });
}

test('decodeAmf0() takes the end marker over the count of an ECMA array', () => {
  const zeroCount = hex('08 00000000  0001 61 05  0000 09');
  assert.deepEqual(decodeAmf0(zeroCount), [new AmfEcmaArray([['a', null]])]);
});

test('decodeAmf0() reads typed objects, XML and unsupported values as what they carry', () => {
  const bytes = hex(`
    10 0001 43  0001 61 05  0000 09   # class "C" {a: null}
    0f 00000004 3c612f3e              # <a/>
    0d                                # unsupported`);
  assert.deepEqual(decodeAmf0(bytes), [new Map([['a', null]]), '<a/>', undefined]);
});

test('decodeAmf0() keeps prototype names as plain keys', () => {
  const bytes = encodeAmf0([new Map([['__proto__', new Map([['polluted', true]])]])]);
  const [value] = decodeAmf0(bytes);
  assert.ok(value instanceof Map);
  assert.deepEqual(value.get('__proto__'), new Map([['polluted', true]]));
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('encodeAmf0() and decodeAmf0() carry a string of 65,536 bytes as a long string', () => {
  const text = 'x'.repeat(65_536);
  const bytes = encodeAmf0([text]);
  assert.equal(bytes[0], 0x0c);
  assert.deepEqual(decodeAmf0(bytes), [text]);
});

const BROKEN: readonly { name: string; bytes: Uint8Array; code: string }[] = [
  { name: 'a cut number', bytes: hex('00 3ff8'), code: 'amf0_malformed' },
  { name: 'a cut string', bytes: hex('02 0005 6c69'), code: 'amf0_malformed' },
  { name: 'a cut key', bytes: hex('03 0005 6c69'), code: 'amf0_malformed' },
  { name: 'an object with no end', bytes: hex('03 0001 61 05'), code: 'amf0_malformed' },
  { name: 'an array of forged length', bytes: hex('0a ffffffff 05'), code: 'amf0_malformed' },
  { name: 'a long string of forged length', bytes: hex('0c ffffffff'), code: 'amf0_malformed' },
  { name: 'a reference', bytes: hex('07 0000'), code: 'amf0_unsupported_type' },
  { name: 'an AMF3 value', bytes: hex('11 01'), code: 'amf0_unsupported_type' },
  { name: 'an end with no object', bytes: hex('09'), code: 'amf0_unsupported_type' },
  { name: 'an unknown marker', bytes: hex('ff'), code: 'amf0_unsupported_type' },
  {
    name: 'nesting beyond the limit',
    bytes: hex('0a 00000001'.repeat(AMF0_MAX_DEPTH + 1)),
    code: 'amf0_too_large',
  },
  {
    name: 'more values than the limit',
    bytes: new Uint8Array(AMF0_MAX_VALUES + 1).fill(0x05),
    code: 'amf0_too_large',
  },
  { name: 'too many bytes', bytes: new Uint8Array(AMF0_MAX_BYTES + 1), code: 'amf0_too_large' },
];

for (const { name, bytes, code } of BROKEN) {
  test(`decodeAmf0() refuses ${name}`, () => {
    assert.throws(
      () => decodeAmf0(bytes),
      (error: unknown) => error instanceof Violation && error.code === code,
    );
  });
}

const { value: anyValue } = fc.letrec<{ value: AmfValue }>((tie) => {
  const properties = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), tie('value')), {
    maxLength: 4,
  });
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: AMF0_MAX_DEPTH - 2 },
      fc.double(),
      fc.boolean(),
      fc.string({ unit: 'grapheme' }),
      fc.constant(null),
      fc.constant(undefined),
      fc.date(),
      properties.map((entries) => new Map(entries)),
      properties.map((entries) => new AmfEcmaArray(entries)),
      fc.array(tie('value'), { maxLength: 4 }),
    ),
  };
});

test('decodeAmf0() gives back what encodeAmf0() was given', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), (values) => {
      assert.deepEqual(decodeAmf0(encodeAmf0(values)), values);
    }),
  );
});

test('decodeAmf0() throws nothing but violations on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeAmf0(bytes);
      } catch (error) {
        assert.ok(error instanceof Violation);
      }
    }),
  );
});
