import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ws from 'ws';
import { textIn } from './room.test-support.ts';
import { textFrame } from './text-frame.ts';

/** Not in the package's types. */
const { frame } = Reflect.get(ws, 'Sender');

for (const length of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
  test(`textFrame() frames ${length} bytes as ws does`, () => {
    const text = 'é'.repeat(length / 2) + 'x'.repeat(length % 2);
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
    const theirs = Buffer.concat(Reflect.apply(frame, undefined, [Buffer.from(text), options]));
    const ours = textFrame(text);
    assert.ok(ours.equals(theirs));
    assert.equal(textIn(ours), text);
  });
}
