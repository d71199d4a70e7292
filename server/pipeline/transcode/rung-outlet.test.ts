import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Feed } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';
import { fakeTrack } from './fake-encoder.test-support.ts';
import { RungOutlet } from './rung-outlet.ts';

function begin() {
  const feed = new Feed();
  const cursor = feed.read();
  const outlet = new RungOutlet(feed);
  outlet.track(fakeTrack());
  /** What was published since it was last asked, samples by their time. */
  const published = (): (number | string)[] => {
    const got: (number | string)[] = [];
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      got.push(nameOf(event));
    }
    return got;
  };
  const samples = (...times: readonly (number | `${number}k`)[]): void => {
    for (const time of times) {
      const dts = Number.parseInt(`${time}`, 10);
      const data = new Uint8Array(1);
      outlet.sample({ kind: 'video', dts, pts: dts, keyframe: typeof time === 'string', data });
    }
  };
  return { outlet, published, samples };
}

function nameOf(event: MediaEvent): number | string {
  if (event.type === 'sample') return event.sample.dts;
  return event.type === 'track' ? 'track' : event.reason;
}

describe('RungOutlet', () => {
  test('sample() begins with a keyframe and the track', () => {
    const { published, samples } = begin();
    samples(1, 2, '3k', 4);
    assert.deepEqual(published(), ['track', 3, 4]);
  });

  test('sample() leaves out what was published already', () => {
    const { published, samples } = begin();
    samples('1k', 2, 3, '1k', 2, 3, 4);
    assert.deepEqual(published(), ['track', 1, 2, 3, 4]);
  });

  test('hole() makes what follows wait for a keyframe, behind a discontinuity', () => {
    const { outlet, published, samples } = begin();
    samples('1k', 2);
    outlet.hole('lost');
    samples(4, 5, '6k', 7);
    assert.deepEqual(published(), ['track', 1, 2, 'lost', 6, 7]);
    assert.equal(outlet.discontinuities, 1);
  });

  test('hole() ahead leaves what comes before it alone', () => {
    const { outlet, published, samples } = begin();
    samples('1k', 2);
    outlet.hole('behind', 10);
    outlet.hole('lost', 6);
    samples(3, 4, '8k', 9, '10k', 11);
    assert.deepEqual(published(), ['track', 1, 2, 3, 4, 'lost', 8, 9, 'behind', 10, 11]);
  });

  test('hole() tells holes that nothing lies between once, and none before the first sample', () => {
    const { outlet, published, samples } = begin();
    outlet.hole('early');
    samples('1k');
    for (let i = 0; i < 100; i++) outlet.hole('lost');
    samples('2k', 3);
    assert.deepEqual(published(), ['track', 1, 'lost', 2, 3]);
  });

  test('hole() forgets none of more than it keeps apart: what lies between the last is left out', () => {
    for (const order of [1, -1]) {
      const { outlet, published, samples } = begin();
      samples('1k');
      const times = Array.from({ length: 40 }, (_, index) => 10 * (index + 1));
      if (order < 0) times.reverse();
      for (const time of times) outlet.hole('lost', time);
      for (let time = 2; time < 420; time += 1) samples(time % 5 === 0 ? `${time}k` : time);
      const got = published();
      assert.equal(got.filter((each) => each === 'lost').length, 16);
      assert.equal(outlet.discontinuities, 16);
      const at = got.lastIndexOf('lost');
      assert.deepEqual([got[at - 1], got[at + 1]], [159, 400]);
    }
  });

  test('track() is told again only when it is another', () => {
    const { outlet, published, samples } = begin();
    samples('1k');
    outlet.track(fakeTrack());
    samples('2k');
    outlet.track(fakeTrack(640, 360));
    assert.deepEqual(published(), ['track', 1, 2]);
    samples('3k');
    assert.deepEqual(published(), ['track', 3]);
  });

  test('publishes growing times, and a keyframe after each discontinuity, whatever comes', () => {
    const step = fc.oneof(
      fc.record({ time: fc.nat(100), key: fc.boolean() }),
      fc.record({ hole: fc.option(fc.nat(100), { nil: undefined }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const feed = new Feed();
        const cursor = feed.read();
        const outlet = new RungOutlet(feed);
        outlet.track(fakeTrack());
        for (const each of steps) {
          if ('hole' in each) outlet.hole('lost', each.hole);
          else {
            const { time, key } = each;
            const data = new Uint8Array(1);
            outlet.sample({ kind: 'video', dts: time, pts: time, keyframe: key, data });
          }
        }
        let last = -1;
        let needsKeyframe = true;
        for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
          if (event.type === 'discontinuity') needsKeyframe = true;
          if (event.type !== 'sample') continue;
          assert.ok(event.sample.dts > last);
          assert.ok(event.sample.keyframe || !needsKeyframe);
          last = event.sample.dts;
          needsKeyframe = false;
        }
      }),
    );
  });
});
