import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyMeter, latencyText } from './latency-meter.ts';

test('LatencyMeter shows the median of the last four readings', () => {
  const meter = new LatencyMeter();
  assert.equal(meter.latencyMs, null);
  meter.add(1_000);
  assert.equal(meter.latencyMs, 1_000);
  for (const reading of [9_000, 1_100, 1_120, 1_140]) meter.add(reading);
  assert.equal(meter.latencyMs, 1_130);
});

test('LatencyMeter ignores what is not a number, and forgets on reset()', () => {
  const meter = new LatencyMeter();
  meter.add(Number.NaN);
  assert.equal(meter.latencyMs, null);
  meter.add(900);
  meter.reset();
  assert.equal(meter.latencyMs, null);
});

test('latencyText() says seconds to a tenth, and whole ones from ten', () => {
  assert.deepEqual([-40, 640, 1_149, 9_940, 12_400].map(latencyText), [
    '0.0 s behind the encoder',
    '0.6 s behind the encoder',
    '1.1 s behind the encoder',
    '9.9 s behind the encoder',
    '12 s behind the encoder',
  ]);
});
