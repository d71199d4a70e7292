import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectInStep, type Progress } from './quality-switch.ts';

test('expectInStep() has whoever goes over wait for the newest part', () => {
  const playlist = progress({ 'LAST-MSN': '15', 'LAST-PART': '5' });
  expectInStep(playlist);
  assert.deepEqual(playlist.renditionReports, [{ 'LAST-MSN': '16', 'LAST-PART': '0' }]);
});

test('expectInStep() waits for no rendition that has fallen behind', () => {
  const report = { 'LAST-MSN': '14', 'LAST-PART': '5' };
  const playlist = progress({ ...report });
  expectInStep(playlist);
  assert.deepEqual(playlist.renditionReports, [report]);
});

test('expectInStep() takes a playlist without reports', () => {
  assert.doesNotThrow(() => expectInStep({ lastPartSn: 16, lastPartIndex: 0 }));
});

/** A playlist whose newest part is the first of segment 16. */
function progress(report: { [attribute: string]: string }): Progress {
  return { renditionReports: [report], lastPartSn: 16, lastPartIndex: 0 };
}
