import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthCode } from '../../../contract/index.ts';
import { HealthLedger } from './health-ledger.ts';

const EPOCH_MS = Date.UTC(2026, 10, 21, 20);

function ledger() {
  const made = new HealthLedger();
  return {
    made,
    take: (second: number, ...codes: readonly HealthCode[]) =>
      made
        .take(
          new Map(codes.map((code) => [code, `${code}!`])),
          second * 1000,
          EPOCH_MS + second * 1000,
        )
        .map(({ type, finding }) => `${type} ${finding.code}`),
  };
}

test('HealthLedger.take() raises once what lasts, dated to when it began', () => {
  const { made, take } = ledger();
  assert.deepEqual(take(0, 'source_slow'), []);
  assert.deepEqual(take(1, 'source_slow'), []);
  assert.deepEqual(take(2, 'source_slow'), ['raised source_slow']);
  assert.deepEqual(take(3, 'source_slow'), []);
  const since = new Date(EPOCH_MS).toISOString();
  assert.deepEqual(made.findings, [{ code: 'source_slow', detail: 'source_slow!', since }]);
});

test('HealthLedger.take() raises no blink, and clears only what stays away', () => {
  const { made, take } = ledger();
  for (const second of [0, 1]) take(second, 'video_stopped');
  take(2);
  assert.deepEqual(take(3, 'video_stopped'), [], 'it begins anew');
  assert.deepEqual(take(5, 'video_stopped'), ['raised video_stopped']);
  assert.deepEqual(take(14), []);
  assert.deepEqual(take(14.5, 'video_stopped'), [], 'it is the same still');
  assert.deepEqual(take(24), []);
  assert.deepEqual(take(24.5), ['cleared video_stopped']);
  assert.deepEqual(made.findings, []);
});

test('HealthLedger.end() clears what is raised', () => {
  const { made, take } = ledger();
  for (const second of [0, 2]) take(second, 'source_slow');
  take(3, 'audio_stopped');
  assert.deepEqual(
    made.end().map(({ type, finding }) => `${type} ${finding.code}`),
    ['cleared source_slow'],
  );
  assert.deepEqual([made.findings, made.end()], [[], []]);
});
