/**
 * How soon a part can be fetched: the time from sending its last frame over RTMP until a client
 * that follows the live edge has the whole part.
 *
 *     node bench/part-latency.ts [--seconds 30] [--part-duration 0.333]
 *
 * Method: one publisher and one viewer in this process, so that both ends have one clock. The
 * viewer asks for each part by its hint, and for the playlist that will list it by blocking reload,
 * before either exists. Which frame is a part's last is known by its coded bytes, which are those
 * that were sent. A part ends when its last frame does, so the least possible is the time to the
 * next frame.
 */
import { parseArgs } from 'node:util';
import { parseChunks } from '../server/format/cmaf/index.ts';
import { epochMs, FrameLedger } from '../test/support/frame-ledger.ts';
import { PublisherSwarm, type SwarmResult } from '../test/support/publisher-swarm.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded, spread } from '../test/support/spread.ts';
import { encodeTestPicture, FRAME_RATE } from '../test/support/test-picture.ts';
import { type FollowedPart, LiveViewer } from './support/live-viewer.ts';

/** Frames are sent at most this late, so the figures are no finer. */
const TICK_MS = 1;
/** What the first parts show is the start of a process rather than its pace. */
const WARM_UP_MS = 4_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    'part-duration': { type: 'string', default: '0.333' },
  },
});

const file = encodeTestPicture(Number(values.seconds));
const ledger = new FrameLedger(file);
const newest: number[] = [];
const oldest: number[] = [];
const listed: number[] = [];

const server = await ServerProcess.start({ env: { PART_DURATION: values['part-duration'] } });
try {
  const { lost, worstLatenessMs } = await publishAndFollow();
  console.log(
    JSON.stringify({
      partDurationS: Number(values['part-duration']),
      parts: newest.length,
      floorMs: rounded(1000 / FRAME_RATE),
      newestMs: spread(newest),
      listedMs: spread(listed),
      oldestMs: spread(oldest),
      publisher: { lost, worstLatenessMs },
    }),
  );
} finally {
  await server.stop();
}

async function publishAndFollow(): Promise<SwarmResult> {
  const { id, streamKey } = await server.createStream('part latency');
  const swarm = new PublisherSwarm(file, { tickMs: TICK_MS, onSend: ledger.note });
  const viewer = new LiveViewer(server.url);
  try {
    await swarm.add(server.rtmpPort, streamKey);
    const playlists = await viewer.awaitPlaylists(id);
    const warmAtMs = performance.now() + WARM_UP_MS;
    const endAtMs = warmAtMs + Number(values.seconds) * 1000;
    const video = playlists.find((url) => url.includes('/video/')) ?? '';
    for await (const part of viewer.follow(video)) {
      if (part.wholeAtMs >= warmAtMs) measure(part);
      if (part.wholeAtMs >= endAtMs) break;
    }
  } finally {
    viewer.leave();
  }
  return swarm.stop();
}

function measure({ bytes, wholeAtMs, listedAtMs }: FollowedPart): void {
  const samples = parseChunks(bytes).flatMap((chunk) => chunk.samples);
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Cannot measure an empty part');
  const nowMs = epochMs();
  const sinceMs = (data: Uint8Array): number =>
    ledger.sentMs(ledger.frameOf(data), nowMs) - performance.timeOrigin;
  newest.push(wholeAtMs - sinceMs(last.data));
  listed.push(listedAtMs - sinceMs(last.data));
  oldest.push(wholeAtMs - sinceMs(first.data));
}
