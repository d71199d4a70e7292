import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeTrack, settle } from './fake-encoder.test-support.ts';
import { Supervisor } from './supervisor.ts';
import { Bench, type BenchOptions, FRAME, GOP, RUNGS, story } from './transcoder.test-support.ts';

describe('Transcoder', () => {
  test('publishes each rung with the times of the source, from its first keyframe on', async (context) => {
    const bench = new Bench(context).track();
    bench.index = 10;
    await bench.play(80);
    for (const rung of RUNGS) assert.deepEqual(story(bench.read(rung)), ['track', '30-89']);
    assert.equal(bench.host.encoders.length, 1);
    assert.deepEqual(bench.transcoder.reading.state, 'running');
    assert.deepEqual(bench.logged, ['transcoding']);
  });

  test('run() ends when the source does, after what was still to come', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => {
      encoder.heldFrames = 10;
    };
    await bench.play(60);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-49']);
    bench.feed.close();
    await bench.run;
    assert.deepEqual(story(bench.read('360p')), ['50-59']);
    assert.ok(bench.feed.openRung('360p').closed);
    assert.equal(bench.transcoder.reading.discontinuities, 0);
  });

  test('stop() ends it before the source does', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(40);
    bench.transcoder.stop();
    await bench.run;
    assert.ok(bench.host.newest.hasEnded);
    assert.ok(bench.feed.openRung('480p').closed);
    assert.ok(!bench.feed.closed);
  });

  test('goes on with a keyframe where a crash ended it, and nothing is missing', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.host.newest.end(null, 'SIGKILL');
    await bench.play(45);
    for (const rung of RUNGS) {
      const events = bench.read(rung);
      assert.deepEqual(story(events), ['track', '0-89']);
      const keyframes = events.flatMap((event) =>
        event.type === 'sample' && event.sample.keyframe ? [event.sample.dts / FRAME] : [],
      );
      assert.deepEqual(keyframes, [0, 30, 45, 60]);
    }
    assert.equal(bench.host.encoders.length, 2);
    assert.equal(bench.host.newest.taken[0]?.dts, 30 * FRAME, 'it decodes the GOP again');
    assert.equal(bench.transcoder.reading.restarts.get('crash'), 1);
    assert.equal(bench.transcoder.reading.discontinuities, 0);
    assert.ok(bench.logged.includes('encoder ended'));
  });

  test('decodes the GOP before again when not all of it had come out', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => {
      encoder.heldFrames = 5;
    };
    await bench.play(63);
    bench.host.newest.end(null, 'SIGKILL');
    await bench.play(27);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-84']);
    assert.equal(bench.host.newest.taken[0]?.dts, 30 * FRAME);
  });

  test('goes on after a crash where keyframes are of its own making, too', async (context) => {
    const bench = new Bench(context, { keyframes: { everyS: 1 } }).track();
    bench.host.onStart = (encoder) => {
      encoder.slotTicks = 90_000;
    };
    bench.gop = 300;
    await bench.play(100);
    bench.host.newest.end(1, null);
    await bench.play(50);
    assert.equal(bench.host.newest.taken[0]?.dts, 0);
    assert.equal(bench.host.newest.taken.length, 150);
    assert.deepEqual(story(bench.read('360p')), ['track', '1-149']);
  });

  test('kills an encoder that hangs and starts another', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(60);
    bench.host.newest.heldFrames = 1_000;
    await bench.play(170);
    assert.deepEqual([...bench.transcoder.reading.restarts], [['hang', 1]]);
    assert.ok(bench.logged.includes('encoder hangs'));
    assert.deepEqual(story(bench.read('480p')), ['track', '0-59', 'encoder_ended', '180-229']);
  });

  test('kills an encoder whose output is no MP4', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(10);
    bench.host.newest.outputs[0]?.push(new Uint8Array(16).fill(0xff));
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('480p')), ['track', '0-69']);
  });

  test('gives up after six crashes, tells it once, and tries again with another source', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => setImmediate(() => encoder.end(1, null));
    await bench.play(30 * 20);
    assert.equal(bench.host.encoders.length, 6);
    assert.equal(bench.logged.filter((each) => each === 'transcoding given up').length, 1);
    assert.equal(bench.transcoder.reading.state, 'passthrough');
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 6);
    bench.read('360p');
    bench.host.onStart = () => undefined;
    bench.track(fakeTrack(640, 360));
    await bench.play(60);
    assert.equal(bench.transcoder.reading.state, 'running');
    assert.deepEqual(story(bench.read('360p')), ['encoder_ended', 'track', '660-719']);
    for (let i = 0; i < 5; i++) {
      bench.host.newest.end(1, null);
      await bench.play(600);
    }
    assert.equal(bench.transcoder.reading.state, 'running', 'the crashes before do not count');
    assert.equal(bench.logged.filter((each) => each === 'transcoding given up').length, 1);
  });

  test('gives up where there is no FFmpeg', async (context) => {
    const bench = new Bench(context).track();
    bench.host.isMissing = true;
    await bench.play(30 * 20);
    assert.equal(bench.logged.filter((each) => each === 'transcoding given up').length, 1);
  });

  test('sheds the costliest rung at a keyframe, and loses nothing of the other', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(30);
    // A frame more is held back for every second that comes: half of real time.
    const slow = bench.host.newest;
    while (bench.host.encoders.length === 1) {
      slow.heldFrames += 1;
      await bench.play(2);
    }
    const shedAt = bench.index;
    await bench.play(60);
    const takenOver = Math.ceil(shedAt / GOP) * GOP;
    assert.equal(bench.host.newest.outputs.length, 1);
    assert.equal(bench.host.newest.taken[0]?.dts, takenOver * FRAME);
    assert.equal(slow.taken.at(-1)?.dts, (takenOver - 1) * FRAME);
    assert.deepEqual(story(bench.read('480p')), ['track', `0-${takenOver - 1}`]);
    assert.deepEqual(story(bench.read('360p')), ['track', `0-${bench.index - 1}`]);
    assert.deepEqual(bench.transcoder.reading.shedRungs, ['480p']);
    assert.equal(bench.transcoder.reading.restarts.get('shed'), 1);

    await bench.play(30 * 62);
    const back = bench.host.newest.taken[0]?.dts ?? 0;
    assert.equal(bench.host.newest.outputs.length, 2);
    assert.deepEqual(bench.transcoder.reading.shedRungs, []);
    const last = bench.index - 1;
    assert.deepEqual(story(bench.read('480p')), ['rung_shed', `${back / FRAME}-${last}`]);
    assert.deepEqual(story(bench.read('360p')), [`${shedAt + 60}-${last}`]);
  });

  test('hands over at a keyframe of its own making where the source has none', async (context) => {
    const bench = new Bench(context, { keyframes: { everyS: 1 } }).track();
    bench.host.onStart = (encoder) => {
      encoder.slotTicks = 90_000;
    };
    bench.gop = 100_000;
    await bench.play(30);
    const slow = bench.host.newest;
    while (bench.host.encoders.length === 1) {
      slow.heldFrames += 1;
      await bench.play(2);
    }
    const takenOver = Math.ceil(bench.index / 30) * 30;
    await bench.play(60);
    assert.ok(slow.hasEnded);
    assert.equal(bench.host.newest.taken[0]?.dts, 0, 'it has to decode what came before');
    assert.deepEqual(story(bench.read('480p')), ['track', `1-${takenOver - 1}`]);
    assert.deepEqual(story(bench.read('360p')), ['track', `1-${bench.index - 1}`]);
  });

  test('renew() takes up another answer without a hole', async (context) => {
    const options: BenchOptions = { rungs: ['360p'] };
    const bench = new Bench(context, options).track();
    bench.host.onStart = (encoder) => {
      encoder.slotTicks = 90_000;
    };
    bench.gop = 100_000;
    await bench.play(45);
    bench.options = { rungs: RUNGS, keyframes: { everyS: 1 } };
    bench.transcoder.renew();
    await bench.play(45);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('480p')), ['track', '60-89']);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-89']);
    bench.options = { rungs: [] };
    bench.transcoder.renew();
    await bench.play(30);
    assert.equal(bench.transcoder.reading.state, 'stopped');
    assert.deepEqual(story(bench.read('360p')), []);
    bench.options = options;
    bench.transcoder.renew();
    await bench.play(30);
    assert.equal(bench.host.encoders.length, 3);
    assert.deepEqual(story(bench.read('360p')), ['rung_shed', '90-149'], 'what is known is made');
  });

  test('hears the next encoder when the one before has ended, in order', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    const first = bench.host.newest;
    first.isDeaf = true;
    first.heldFrames = 100;
    bench.track(fakeTrack(640, 360));
    bench.index = 60;
    await bench.play(30);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44']);
    first.end(0, null);
    await settle();
    assert.deepEqual(story(bench.read('360p')), ['track', '60-89']);
    assert.equal(bench.transcoder.reading.discontinuities, 0);
  });

  test('does not wait for ever for the encoder before', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    const first = bench.host.newest;
    first.isDeaf = true;
    bench.track(fakeTrack(640, 360));
    bench.index = 60;
    await bench.play(85);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44']);
    await bench.play(10);
    assert.ok(first.hasEnded);
    assert.deepEqual(story(bench.read('360p')), ['encoder_ended', 'track', '60-154']);
  });

  test('starts another encoder for another picture, and none for the same told again', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.track(fakeTrack());
    await bench.play(15);
    assert.equal(bench.host.encoders.length, 1);
    bench.track(fakeTrack(640, 360));
    await bench.play(30);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-59', 'track', '60-89']);
    assert.deepEqual(bench.transcoder.reading.restarts, new Map());
  });

  test('joins what a source broke off without a hole of its own', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.feed.publish({ type: 'discontinuity', reason: 'reconnected' });
    await bench.play(25);
    assert.equal(bench.host.encoders.length, 2);
    assert.equal(bench.host.newest.taken[0]?.dts, 60 * FRAME);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-69']);
  });

  test('tells what it could not read, and what came before a keyframe of another picture', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.track(fakeTrack(640, 360));
    await bench.play(25);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44', 'source_lost', 'track', '60-69']);
    const data = new Uint8Array(20 * 1024 * 1024);
    const dts = bench.index * FRAME;
    bench.feed.publish({
      type: 'sample',
      sample: { kind: 'video', dts, pts: dts, keyframe: false, data },
    });
    bench.index = 90;
    await bench.play(10);
    assert.deepEqual(story(bench.read('360p')), ['source_lost', '90-99']);
    assert.equal(bench.transcoder.reading.droppedSamples, 1);
  });

  test('drops to the next keyframe when the encoder does not read, and tells it', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(30);
    bench.host.newest.isStuck = true;
    await bench.play(75);
    bench.host.newest.resume();
    await bench.play(30);
    assert.ok(bench.transcoder.reading.droppedSamples > 0);
    const [track, before, reason, after] = story(bench.read('360p'));
    assert.equal(track, 'track');
    // Two seconds and the frame that showed it.
    assert.match(before ?? '', /^0-9\d$/);
    assert.equal(reason, 'encoder_behind');
    assert.equal(after, '120-134');
    assert.equal(bench.host.encoders.length, 1);
  });

  test('does nothing for a source that has no rungs', async (context) => {
    const bench = new Bench(context, { rungs: [] }).track();
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 0);
    assert.equal(bench.transcoder.reading.state, 'stopped');
  });

  test('hands the pipes of still pictures on', async (context) => {
    const bench = new Bench(context, { thumbnails: true }).track();
    bench.index = 30;
    await bench.play(10);
    assert.equal(bench.host.newest.outputs.length, 4);
    assert.deepEqual(
      bench.stills.map((firstS) => firstS()),
      [1],
    );
  });

  test('makes still pictures alone where there are no rungs to make', async (context) => {
    const bench = new Bench(context, { thumbnails: true, rungs: [] }).track();
    await bench.play(300);
    bench.gop = 450;
    await bench.play(1_500);
    assert.equal(bench.host.encoders.length, 1);
    assert.equal(bench.host.newest.outputs.length, 2);
    assert.equal(bench.transcoder.reading.state, 'running');
  });

  test('kills an encoder of stills alone that hangs, too', async (context) => {
    const bench = new Bench(context, { thumbnails: true, rungs: [] }).track();
    await bench.play(300);
    bench.host.newest.heldFrames = 10_000;
    await bench.play(750);
    assert.deepEqual([...bench.transcoder.reading.restarts], [['hang', 1]]);
    assert.equal(bench.host.encoders.length, 2);
    bench.host.newest.isStuck = true;
    await bench.play(1_000);
    assert.deepEqual([...bench.transcoder.reading.restarts], [['hang', 2]]);
  });

  test('a fault of ours ends it, its encoder and its rungs, and reaches who runs it', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(10);
    bench.feed.openRung('360p').close();
    const failed = assert.rejects(bench.run, { name: 'Fault' });
    await bench.play(10);
    await failed;
    assert.ok(bench.host.newest.hasEnded);
  });

  test('a fault in what is made of an output ends it alone, too', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(10);
    const failed = assert.rejects(bench.run, { name: 'RangeError' });
    context.mock.method(Supervisor.prototype, 'output', () => {
      throw new RangeError('ours');
    });
    await bench.play(10);
    await failed;
    await settle();
    assert.ok(bench.host.newest.hasEnded);
    assert.ok(bench.feed.openRung('360p').closed);
  });
});
