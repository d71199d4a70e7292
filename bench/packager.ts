/**
 * What the packager costs: CPU milliseconds per second of stream, for 720p30 at 2.7 Mbit/s with
 * AAC at 48 kHz, many streams interleaved in one process as a server has them.
 *
 *     node bench/packager.ts [--streams 100] [--seconds 20]
 *
 * Method: samples of realistic sizes (a keyframe ten times a frame, 2 s apart) are made outside
 * the measured time, one buffer each; every stream is pushed the same second before the next one
 * begins; process.cpuUsage() counts all threads, garbage collection too. The floor printed beside
 * it copies the same sample bytes once, into one buffer a part, and does nothing else. Memory is
 * what the process has grown by with the last ten seconds of every stream's parts kept.
 */
import { parseArgs } from 'node:util';
import type { MediaEvent, Sample } from '../server/media/index.ts';
import { audioTrack, videoTrack } from '../server/media/track.test-support.ts';
import { type PackagedEvent, Packager } from '../server/pipeline/packager/index.ts';

const FPS = 30;
const GOP = 60;
const VIDEO_BYTES_PER_SECOND = 2_572_000 / 8;
const KEYFRAME_WEIGHT = 10;
const AUDIO_FRAME_BYTES = 341;
const KEPT_SECONDS = 10;

const VIDEO = videoTrack({ frameRate: FPS, config: new Uint8Array(40) });
const AUDIO = audioTrack();

/** The samples of one second of media, by decode time. */
function second(index: number): Sample[] {
  const samples: Sample[] = [];
  const unit = (VIDEO_BYTES_PER_SECOND * 2) / (GOP - 1 + KEYFRAME_WEIGHT);
  for (let frame = index * FPS; frame < (index + 1) * FPS; frame++) {
    const keyframe = frame % GOP === 0;
    const dts = Math.round((frame * 1000) / FPS) * 90;
    const data = new Uint8Array(Math.round(unit * (keyframe ? KEYFRAME_WEIGHT : 1)));
    samples.push({ kind: 'video', dts, pts: dts + 3000, keyframe, data });
  }
  const firstFrame = Math.ceil((index * 48_000) / 1024);
  for (let frame = firstFrame; frame * 1024 < (index + 1) * 48_000; frame++) {
    const dts = frame * 1024;
    const data = new Uint8Array(AUDIO_FRAME_BYTES);
    samples.push({ kind: 'audio', dts, pts: dts, keyframe: true, data });
  }
  return samples.sort((a, b) => timeOf(a) - timeOf(b));
}

function timeOf(sample: Sample): number {
  return sample.dts / (sample.kind === 'video' ? VIDEO.timescale : AUDIO.timescale);
}

function cpuMs(task: () => void): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** One stream and the parts that an origin would still keep of it. */
class Stream {
  readonly #packager = new Packager({ partDurationS: 0.333, segmentDurationS: 2 });
  readonly #kept: Uint8Array[] = [];
  parts = 0;
  bytes = 0;

  push(event: MediaEvent): void {
    for (const out of this.#packager.push(event)) this.#take(out);
  }

  #take(event: PackagedEvent): void {
    if (event.type !== 'part') return;
    this.parts++;
    this.bytes += event.bytes.length;
    this.#kept.push(event.bytes);
    if (this.#kept.length > KEPT_SECONDS * 6) this.#kept.shift();
  }
}

/** Copies the same bytes once, a third of a second at a time: no packager can do less. */
function floorMs(seconds: readonly (readonly Sample[])[], streams: number): number {
  const kept: Uint8Array[] = [];
  return cpuMs(() => {
    for (const samples of seconds) {
      for (let stream = 0; stream < streams; stream++) {
        for (let third = 0; third < 3; third++) {
          const slice = samples.slice(
            (samples.length * third) / 3,
            (samples.length * (third + 1)) / 3,
          );
          const part = new Uint8Array(slice.reduce((sum, { data }) => sum + data.length, 0));
          let at = 0;
          for (const { data } of slice) {
            part.set(data, at);
            at += data.length;
          }
          kept.push(part);
          if (kept.length > streams * KEPT_SECONDS * 3) kept.shift();
        }
      }
    }
  });
}

function main(): void {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const streamCount = Number(values.streams);
  const secondCount = Number(values.seconds);
  const seconds = Array.from({ length: secondCount }, (_, i) => second(i));
  const rssBefore = process.memoryUsage().rss;
  const streams = Array.from({ length: streamCount }, () => new Stream());
  for (const stream of streams) {
    stream.push({ type: 'track', track: VIDEO });
    stream.push({ type: 'track', track: AUDIO });
  }
  const usedMs = cpuMs(() => {
    for (const samples of seconds) {
      for (const stream of streams) {
        for (const sample of samples) stream.push({ type: 'sample', sample });
      }
    }
  });
  const grownMiB = (process.memoryUsage().rss - rssBefore) / 2 ** 20;
  const copiedMs = floorMs(seconds, streamCount);
  const streamSeconds = streamCount * secondCount;
  const parts = streams.reduce((sum, stream) => sum + stream.parts, 0);
  const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0);
  const keptMiB = (bytes / secondCount / 2 ** 20) * Math.min(KEPT_SECONDS, secondCount);
  console.log(`packager: ${streamCount} streams of 720p30 + AAC, ${secondCount} s each`);
  console.log(
    `  parts           ${parts}, ${((bytes * 8) / streamSeconds / 1e6).toFixed(2)} Mbit/s a stream`,
  );
  console.log(`  CPU             ${(usedMs / streamSeconds).toFixed(3)} ms per stream-second`);
  console.log(
    `  of which floor  ${(copiedMs / streamSeconds).toFixed(3)} ms: copying the bytes once`,
  );
  console.log(`  CPU per part    ${((usedMs / parts) * 1000).toFixed(1)} us`);
  console.log(
    `  RSS grown by    ${grownMiB.toFixed(0)} MiB, parts kept are ${keptMiB.toFixed(0)} MiB`,
  );
}

main();
