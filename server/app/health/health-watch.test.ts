import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { Broadcast, OnAir } from '../../live/index.ts';
import { HealthWatch } from './health-watch.ts';

const TARGETS = { windowSize: 6, targetDuration: 2, partTarget: 0.5 };

function open() {
  const clock = new ManualClock();
  const onAir = new OnAir();
  const broadcast = new Broadcast('b1', 's1', 0);
  onAir.start(broadcast);
  const told: string[] = [];
  let isWaiting = false;
  const watch = new HealthWatch({
    ...{ onAir, clock },
    isWaiting: () => isWaiting,
    changed: (of, { type, finding }) => told.push(`${of.id} ${type} ${finding.code}`),
  });
  watch.start();
  const video = broadcast.presentation.add('video', TARGETS);
  return {
    ...{ broadcast, clock, onAir, told, watch },
    /** Media goes on for `seconds`, or time alone. */
    pass: (seconds: number, hasMedia: boolean) => {
      for (let second = 0; second < seconds; second += 1) {
        if (hasMedia) video.estimate(100_000, 1);
        clock.advance(1000);
      }
    },
    wait: (waits: boolean) => {
      isWaiting = waits;
    },
  };
}

test('HealthWatch tells when media stops, when it is back, and what is so now', () => {
  const { pass, told, watch } = open();
  pass(20, true);
  assert.deepEqual([told, watch.findingsOf('s1')], [[], []]);
  pass(8, false);
  assert.deepEqual(told, ['b1 raised source_silent']);
  assert.deepEqual(
    watch.findingsOf('s1').map(({ code }) => code),
    ['source_silent'],
  );
  pass(60, true);
  assert.deepEqual(told.slice(0, 2), ['b1 raised source_silent', 'b1 cleared source_silent']);
  assert.deepEqual([watch.findingsOf('s1'), watch.findingsOf('s2')], [[], []]);
});

test('HealthWatch does not call it silence while an encoder is waited for', () => {
  const { pass, told, wait } = open();
  pass(20, true);
  wait(true);
  pass(50, false);
  wait(false);
  pass(40, true);
  assert.deepEqual(told, []);
});

test('HealthWatch clears what it raised when the broadcast ends', () => {
  const { broadcast, clock, told, watch } = open();
  watch.missingQualities = () => ['480p'];
  clock.advance(3_000);
  assert.deepEqual(told, ['b1 raised qualities_missing']);
  broadcast.end(0);
  clock.advance(1_000);
  assert.deepEqual(told.slice(1), ['b1 cleared qualities_missing']);
  assert.deepEqual(watch.findingsOf('s1'), []);
});

test('HealthWatch.close() clears everything, and looks no more', () => {
  const { clock, told, watch } = open();
  watch.missingQualities = () => ['480p'];
  clock.advance(3_000);
  watch.close();
  assert.deepEqual(told, ['b1 raised qualities_missing', 'b1 cleared qualities_missing']);
  clock.advance(10_000);
  assert.equal(told.length, 2);
});
