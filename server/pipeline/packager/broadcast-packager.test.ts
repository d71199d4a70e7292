import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { ManualClock, silentLog } from '../../base/index.ts';
import { Broadcast, Feed } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import { BroadcastPackager } from './broadcast-packager.ts';
import { type Encoding, encode } from './packager.test-support.ts';
import { Packager } from './packager.ts';

const RUNG = videoTrack({ width: 320, height: 180, config: Uint8Array.of(1, 0x4d, 0, 0x1e) });

/** Publishes an encoding and the same as a rung, in batches that the packager gets as one each. */
async function publishInBatches(encoding: Encoding, batchS: number): Promise<Broadcast> {
  const feed = new Feed();
  const broadcast = new Broadcast('b', 's', 0);
  const running = new BroadcastPackager({
    broadcast,
    feed,
    packager: new Packager({ segmentDurationS: 1, partDurationS: 0.333 }),
    windowSize: 60,
    clock: new ManualClock(),
    log: silentLog,
    observer: { partListed: () => {} },
  }).run();
  let batchEndS = 0;
  for (const event of encode({ ...encoding, audio: false })) {
    if (startS(event) >= batchEndS) {
      await settled();
      batchEndS += batchS;
    }
    feed.publish(event);
    const rung = feed.openRung('180p');
    rung.publish(event.type === 'track' ? { type: 'track', track: RUNG } : event);
  }
  feed.close();
  feed.openRung('180p').close();
  await running;
  return broadcast;
}

function startS(event: MediaEvent): number {
  return event.type === 'sample' ? event.sample.dts / 90_000 : 0;
}

describe('BroadcastPackager', () => {
  test('run() does not take a rung for late that comes in one batch with the leading video', async () => {
    for (const batchS of [0.1, 0.8, 2.5, 10]) {
      const { presentation } = await publishInBatches({ seconds: 6, gop: 30 }, batchS);
      for (const name of ['video', '180p']) {
        const segments = presentation.renditions.get(name)?.timeline.segments ?? [];
        const seen = segments.map(({ mediaSequenceNumber, gap }) => [mediaSequenceNumber, gap]);
        const whole = [1, 2, 3, 4, 5, 6].map((msn) => [msn, false]);
        assert.deepEqual(seen, whole, `${name} in batches of ${batchS} s`);
      }
    }
  });
});
