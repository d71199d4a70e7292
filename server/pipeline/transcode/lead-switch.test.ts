import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Feed, PUBLISHER_REPLACED } from '../../live/index.ts';
import type { MediaEvent, Sample } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import { LeadSwitch } from './lead-switch.ts';

const FRAME_TICKS = 3_000;

function configured(config: number): MediaEvent {
  return { type: 'track', track: videoTrack({ frameRate: 30, config: Uint8Array.of(config) }) };
}

function sample(frame: number, keyframe: boolean, origin: number): MediaEvent {
  const dts = frame * FRAME_TICKS;
  const data = Uint8Array.of(origin);
  return { type: 'sample', sample: { kind: 'video', dts, pts: dts, keyframe, data } };
}

/** Frames by which the encoding is later. */
const LAG = 6;
const SOURCE = 1;
const ENCODED = 2;

/** A source whose keyframes are `gop` frames apart, and an encoding of it once it was asked for. */
class Scene {
  readonly source = new Feed();
  readonly taken: MediaEvent[] = [];
  asked = 0;
  replaced = 0;
  readonly lead: LeadSwitch;
  readonly running: Promise<void>;

  constructor(rung: string | undefined) {
    this.source.publish(configured(SOURCE));
    this.lead = new LeadSwitch({
      source: this.source,
      targetDuration: 2,
      slotS: 2,
      tooFewKeyframes: () => {
        this.asked += 1;
        if (rung === undefined) return;
        this.lead.replaceWith(rung);
        this.source.openRung(rung).publish(configured(ENCODED));
      },
      publisherReplaced: () => {
        this.replaced += 1;
      },
    });
    this.running = this.lead.run();
  }

  /** So many frames, or up to the last of these keyframes; `isAway` tells when no encoder is there. */
  async play(
    frames: number | readonly number[],
    gop = 0,
    isAway = (_frame: number): boolean => false,
  ): Promise<void> {
    const cursor = this.lead.program.read();
    let begins: number | undefined;
    const isKeyframe = (frame: number): boolean =>
      typeof frames === 'number' ? frame % gop === 0 : frames.includes(frame);
    const end = typeof frames === 'number' ? frames : (frames.at(-1) ?? 0);
    for (let frame = 0; frame < end; frame += 1) {
      this.source.publish(sample(frame, isKeyframe(frame), SOURCE));
      if (isKeyframe(frame) && this.asked > 0) begins ??= frame;
      const encoded = frame - LAG;
      if (begins !== undefined && encoded >= begins && !isAway(encoded)) {
        const isFirst = encoded === begins || encoded % 60 === 0;
        this.source.openRung('top').publish(sample(encoded, isFirst, ENCODED));
      }
      await Promise.resolve();
      for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
        this.taken.push(event);
      }
    }
    this.source.close();
    for (const rung of this.source.rungs.values()) rung.close();
    await this.running;
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      this.taken.push(event);
    }
  }

  get samples(): readonly Sample[] {
    return this.taken.flatMap((event) => (event.type === 'sample' ? [event.sample] : []));
  }
}

describe('LeadSwitch', () => {
  test('passes everything on while keyframes come in time', async () => {
    const scene = new Scene('top');
    await scene.play(300, 60);
    assert.equal(scene.asked, 0);
    assert.equal(scene.lead.isReplaced, false);
    assert.equal(scene.samples.length, 300);
    assert.equal(scene.lead.program.closed, true);
  });

  test('puts the encoding in the place of the source at the start of a slot', async () => {
    const scene = new Scene('top');
    await scene.play(900, 240);
    assert.equal(scene.asked, 1);
    assert.equal(scene.lead.isReplaced, true);
    const { samples } = scene;
    const stamps = samples.map(({ dts }) => dts / FRAME_TICKS);
    assert.deepEqual(
      stamps,
      Array.from({ length: samples.length }, (_, i) => i),
      'no frame is missing or shown twice',
    );
    const first = samples.findIndex(({ data }) => data[0] === ENCODED);
    assert.equal(samples[first]?.keyframe, true);
    assert.equal(first % 60, 0, 'at the start of a slot');
    assert.ok(samples.slice(first).every(({ data }) => data[0] === ENCODED));
    const tracks = scene.taken.flatMap((event) => (event.type === 'track' ? [event.track] : []));
    assert.deepEqual(
      tracks.map(({ config }) => config[0]),
      [SOURCE, ENCODED],
    );
  });

  test('puts up with one keyframe that is late, and not with two', async () => {
    const once = new Scene('top');
    await once.play([0, 60, 150, 210, 270]);
    assert.equal(once.asked, 0);
    const twice = new Scene('top');
    await twice.play([0, 60, 150, 240, 300]);
    assert.equal(twice.asked, 1);
  });

  test('looks at another video of the source anew, and hands it on', async () => {
    const scene = new Scene('top');
    const playing = scene.play(900, 240);
    await playing;
    assert.equal(scene.lead.isReplaced, true);
    const other = new Scene('top');
    const cursor = other.lead.program.read();
    for (let frame = 0; frame < 200; frame += 1)
      other.source.publish(sample(frame, frame === 0, SOURCE));
    await Promise.resolve();
    assert.equal(other.asked, 1);
    other.source.publish(configured(SOURCE + 8));
    for (let frame = 200; frame < 400; frame += 1) {
      other.source.publish(sample(frame, frame === 200, SOURCE));
    }
    await Promise.resolve();
    assert.equal(other.asked, 2);
    let passed = 0;
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      if (event.type === 'sample') passed += 1;
    }
    assert.equal(passed, 400);
    other.source.close();
    for (const rung of other.source.rungs.values()) rung.close();
    await other.running;
  });

  test('goes on with the source when nothing takes its place', async () => {
    const scene = new Scene(undefined);
    await scene.play(600, 300);
    assert.equal(scene.asked, 1);
    assert.equal(scene.samples.length, 600);
  });

  test('goes back to the source at a keyframe when the encoding stays away, and again', async () => {
    const scene = new Scene('top');
    await scene.play(2400, 240, (frame) => frame >= 900 && frame < 1300);
    const { samples } = scene;
    const originOf = (frame: number) =>
      samples.find(({ dts }) => dts === frame * FRAME_TICKS)?.data[0];
    assert.equal(originOf(899), ENCODED);
    assert.equal(originOf(950), undefined, 'nothing can be shown');
    assert.equal(originOf(1200), SOURCE, 'the first keyframe after four seconds');
    assert.equal(originOf(2300), ENCODED);
    const tracks = scene.taken.flatMap((event) => (event.type === 'track' ? [event.track] : []));
    assert.deepEqual(
      tracks.map(({ config }) => config[0]),
      [SOURCE, ENCODED, SOURCE, ENCODED],
    );
    const stamps = samples.map(({ dts }) => dts);
    assert.deepEqual(
      stamps,
      stamps.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(stamps).size, stamps.length);
  });

  test('goes back to the source at a keyframe when nothing is to take its place any more', async () => {
    const scene = new Scene('top');
    const cursor = scene.lead.program.read();
    const play = async (from: number, to: number): Promise<void> => {
      for (let frame = from; frame < to; frame += 1) {
        scene.source.publish(sample(frame, frame % 240 === 0, SOURCE));
        if (frame >= 240) scene.source.openRung('top').publish(sample(frame, true, ENCODED));
        await Promise.resolve();
      }
    };
    await play(0, 600);
    assert.equal(scene.lead.isReplaced, true);
    scene.lead.replaceWith(undefined);
    await play(600, 1000);
    assert.equal(scene.lead.isReplaced, false);
    const frames: Sample[] = [];
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      if (event.type === 'sample') frames.push(event.sample);
    }
    const back = frames.findLastIndex(({ data }) => data[0] === ENCODED) + 1;
    assert.equal(frames[back]?.dts, 720 * FRAME_TICKS);
    assert.equal(frames[back]?.keyframe, true);
    assert.equal(frames.length - back, 1000 - 720, 'and stays there');
    scene.source.close();
    for (const rung of scene.source.rungs.values()) rung.close();
    await scene.running;
  });

  test('tells once of another publisher, with its first picture', async () => {
    const scene = new Scene('top');
    const { source } = scene;
    source.publish(sample(0, true, SOURCE));
    await Promise.resolve();
    assert.equal(scene.replaced, 0);
    source.publish(configured(SOURCE));
    source.publish({ type: 'discontinuity', reason: PUBLISHER_REPLACED });
    await Promise.resolve();
    assert.equal(scene.replaced, 0, 'its rungs are not known yet');
    for (const frame of [1, 2]) source.publish(sample(frame, frame === 1, SOURCE));
    source.publish({ type: 'discontinuity', reason: 'timestamp_jump' });
    source.publish(sample(3, true, SOURCE));
    await Promise.resolve();
    assert.equal(scene.replaced, 1);
    source.close();
    await scene.running;
  });

  test('hands on the other rungs, and not the one that became the video', async () => {
    const scene = new Scene('top');
    const rung = scene.source.openRung('480p');
    rung.publish(configured(3));
    await scene.play(900, 240);
    assert.deepEqual([...scene.lead.program.rungs.keys()], ['480p']);
    assert.equal(scene.lead.program.rungs.get('480p')?.closed, true);
    assert.equal(scene.lead.program.rungs.get('480p')?.tracks.get('video')?.config[0], 3);
  });
});
