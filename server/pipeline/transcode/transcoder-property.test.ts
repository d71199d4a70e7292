// Whatever becomes of the encoders, readers of the rungs get what they can decode, and nothing is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeTrack, settle } from './fake-encoder.test-support.ts';
import { Bench, FRAME, GOP, RUNGS } from './transcoder.test-support.ts';

/** One is heard, two wait for it, one is started for the next keyframe, and one more is being killed. */
const MOST_ENCODERS = 5;

const step = fc.record({
  frames: fc.integer({ min: 1, max: 50 }),
  event: fc.constantFrom(
    ...(['kill', 'fail', 'hold', 'hurry', 'stick', 'resume', 'deafen', 'garbage'] as const),
    ...(['break', 'rotate', 'renew', 'starve', 'nothing'] as const),
  ),
});

function happen(
  bench: Bench,
  what: (typeof step extends fc.Arbitrary<infer T> ? T : never)['event'],
) {
  const { host, feed } = bench;
  const encoder = host.encoders.at(-1);
  switch (what) {
    case 'kill':
      return encoder?.end(null, 'SIGKILL');
    case 'fail':
      return encoder?.end(1, null);
    case 'hold':
    case 'hurry':
      if (encoder !== undefined) encoder.heldFrames = what === 'hold' ? 50 : 0;
      return;
    case 'stick':
    case 'deafen':
      if (encoder !== undefined) encoder[what === 'stick' ? 'isStuck' : 'isDeaf'] = true;
      return;
    case 'resume':
      return encoder?.resume();
    case 'garbage':
      if (encoder?.hasEnded === false) encoder.outputs[0]?.push(new Uint8Array(16));
      return;
    case 'break':
      return feed.publish({ type: 'discontinuity', reason: 'reconnected' });
    case 'rotate':
      return void bench.track(fakeTrack(bench.index % 2 === 0 ? 320 : 640));
    case 'renew':
      return bench.transcoder.renew();
    case 'starve':
      return bench.clock.advance(7_000);
    case 'nothing':
      return;
  }
}

test('Transcoder publishes what can be decoded and leaves nothing behind, whatever happens', async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.constantFrom('source' as const, { everyS: 1 }),
      async (steps, keyframes) => {
        const bench = new Bench(context, { keyframes }).track();
        bench.host.onStart = (encoder) => {
          if (keyframes !== 'source') encoder.slotTicks = keyframes.everyS * 90_000;
          const running = bench.host.encoders.filter(({ hasEnded }) => !hasEnded);
          assert.ok(running.length <= MOST_ENCODERS, `${running.length} encoders`);
        };
        for (const { frames, event } of steps) {
          await bench.play(frames);
          happen(bench, event);
        }
        await settle();
        await bench.close();
        await bench.run;
        assert.ok(bench.host.encoders.every(({ hasEnded }) => hasEnded));
        for (const rung of RUNGS) {
          assert.equal(bench.feed.openRung(rung).closed, bench.host.encoders.length > 0);
          check(bench, rung, keyframes !== 'source');
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Each sample is one that the source had, and is told to follow a hole when it does. */
function check(bench: Bench, rung: string, hasOwnKeyframes: boolean): void {
  const { published } = bench;
  let before: number | undefined;
  let isTold = true;
  for (const event of bench.read(rung)) {
    if (event.type === 'discontinuity') isTold = true;
    if (event.type !== 'sample') continue;
    const { dts, keyframe } = event.sample;
    const index = published.indexOf(dts);
    assert.ok(index >= 0, 'the source had it');
    if (before !== undefined) assert.ok(dts > before);
    const follows = before !== undefined && index === published.indexOf(before) + 1;
    const isCut = (dts / FRAME) % GOP === 0;
    if (!hasOwnKeyframes && isCut) assert.ok(keyframe);
    if (isTold) assert.ok(keyframe);
    else assert.ok(follows, `${dts / FRAME} follows ${(before ?? 0) / FRAME} without a word`);
    before = dts;
    isTold = false;
  }
}
