import assert from 'node:assert/strict';
import { AmfEcmaArray, decodeAmf0, encodeAmf0 } from '../../server/format/amf0/index.ts';
import { fuzz } from './harness.ts';

const metadata = new AmfEcmaArray([
  ['width', 1280],
  ['encoder', 'obs-output module'],
  ['stereo', true],
  ['keyframes', new Map([['times', [0, 2, 4]]])],
  ['at', new Date(1_700_000_000_000)],
]);

fuzz('amf0', {
  seeds: [
    encodeAmf0(['connect', 1, new Map([['app', 'live']]), null, undefined]),
    encodeAmf0(['@setDataFrame', 'onMetaData', metadata]),
    encodeAmf0([['a', [['b', [metadata]]]], 'x'.repeat(70_000)]).subarray(0, 2000),
    Uint8Array.from(
      Buffer.from('1000014300016105000009 0f000000043c612f3e 0d'.replaceAll(' ', ''), 'hex'),
    ),
  ],
  target: (bytes) => {
    const values = decodeAmf0(bytes);
    // What was understood can be written down again and means the same.
    assert.deepEqual(decodeAmf0(encodeAmf0(values)), values);
  },
});
