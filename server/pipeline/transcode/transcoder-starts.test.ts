// A publisher may change its mind with each keyframe; each change of mind may cost a process.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeTrack, settle } from './fake-encoder.test-support.ts';
import { Bench, FRAME, story } from './transcoder.test-support.ts';

describe('Transcoder', () => {
  for (const [what, framesBetween] of [
    ['in one turn', 0],
    ['in real time', 1],
  ] as const) {
    test(`starts few encoders for a source that is another with each keyframe, ${what}`, async (context) => {
      const bench = new Bench(context);
      bench.gop = 1;
      let most = 0;
      const starts: number[] = [];
      bench.host.onStart = (encoder) => {
        // One that goes on to its end is killed, sooner or later.
        encoder.isDeaf = true;
        const live = bench.host.encoders.filter(({ hasEnded }) => !hasEnded);
        most = Math.max(most, live.length);
        starts.push(bench.clock.monotonicMs());
      };
      const other = (index: number) => fakeTrack(index % 2 === 0 ? 320 : 640, 180);
      for (let i = 0; i < 500; i++) {
        bench.track(other(i));
        if (framesBetween === 0) bench.publish();
        else await bench.play(framesBetween);
      }
      await settle();
      assert.ok(starts.length >= 3);
      assert.ok(most <= 3, `${most} at a time`);
      for (const startMs of starts) {
        const near = starts.filter((each) => each >= startMs && each < startMs + 3_000);
        assert.ok(near.length <= 3, `${near.length} in 3 s`);
      }
      await bench.play(200);
      assert.equal(bench.host.newest.taken.at(-1)?.dts, (bench.index - 1) * FRAME);
      const { width } = other(499);
      assert.equal(bench.asked.at(-1)?.width, width, 'the newest picture is made');
    });
  }

  test('goes on with the encoder that runs while a source is broken off with each keyframe', async (context) => {
    const bench = new Bench(context).track();
    bench.gop = 3;
    for (let i = 0; i < 60; i++) {
      bench.feed.publish({ type: 'discontinuity', reason: 'reconnected' });
      await bench.play(3);
    }
    assert.ok(bench.host.encoders.length <= 9, `${bench.host.encoders.length} in 6 s`);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-179']);
  });
});
