/**
 * How far behind the encoder a viewer is: from sending a picture over RTMP to its being on screen
 * in Chromium, on our watch page or (`--classic`) on a plain page with hls.js defaults.
 *
 *     node bench/glass-to-glass.ts [--starts 5] [--seconds 8] [--part-duration 0.333]
 *                                  [--classic] [--long 300] [--publish-starts 3] [--quality 480p]
 *
 * `--quality` has the stream transcoded to 480p and 360p and the quality of that name watched.
 *
 * Method: each picture carries its number as black and white cells along its top. This process
 * publishes and notes when it sent which number; the page reads the number back from the video
 * element whenever a picture is presented. Both have the clock of one machine. Every start is a
 * browser of its own with empty caches, joining a stream that has run for longer than its window.
 * Encoding is not in the figures, since the picture is encoded beforehand.
 *
 * `--long` adds one visit of so many seconds, `--publish-starts` so many pages that are open before
 * their stream begins: from Publish.Start to the first picture, and how it went on from there.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FrameLedger } from '../test/support/frame-ledger.ts';
import { PublisherSwarm, type SwarmResult } from '../test/support/publisher-swarm.ts';
import { quantile, ServerProcess } from '../test/support/server-process.ts';
import { encodeTestPicture } from '../test/support/test-picture.ts';
import { Visit, type VisitReport } from '../test/support/visit.ts';
import { ClassicPage } from './support/classic-page.ts';

const LOOP_S = 64;
/** Until the window is full: a player that starts earlier finds fewer segments than later ones. */
const FILL_MS = 15_000;

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    'part-duration': { type: 'string', default: '0.333' },
    classic: { type: 'boolean', default: false },
    long: { type: 'string', default: '0' },
    'publish-starts': { type: 'string', default: '3' },
    quality: { type: 'string', default: '' },
  },
});
const longSeconds = Number(values.long);
// A page without low latency does not wait for streams: there is no such start to measure.
const publishStarts = values.classic ? 0 : Number(values['publish-starts']);

const file = encodeTestPicture(LOOP_S);
const server = await ServerProcess.start({
  env: {
    PART_DURATION: values['part-duration'],
    ...(values.quality !== '' && {
      TRANSCODE: 'full',
      LADDER: '480p=854x480@1200k,360p=640x360@600k',
    }),
  },
});
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await server.stop();
}

async function measure(): Promise<object> {
  const ledger = new FrameLedger(file);
  const { id, streamKey } = await server.createStream('glass to glass');
  const swarm = new PublisherSwarm(file, { onSend: ledger.note });
  await swarm.add(server.rtmpPort, streamKey);
  const classic = values.classic
    ? await ClassicPage.open(`${server.url}/live/${id}/master.m3u8`)
    : undefined;
  const url = classic?.url ?? `${server.url}/watch/${id}`;
  await wait(FILL_MS);

  const visits: VisitReport[] = [];
  for (let start = 0; start < Number(values.starts); start += 1) {
    visits.push(await visit(url, Number(values.seconds), ledger));
    console.error(JSON.stringify(visits.at(-1)));
  }
  const long = longSeconds > 0 ? await visit(url, longSeconds, ledger) : undefined;
  const publisher = swarm.stop();
  classic?.close();

  const early: EarlyVisit[] = [];
  for (let start = 0; start < publishStarts; start += 1) {
    early.push(await publishToOpenPage());
    console.error(JSON.stringify(early.at(-1)));
  }
  return summary({ visits, long, early, publisher });
}

async function visit(url: string, seconds: number, ledger: FrameLedger): Promise<VisitReport> {
  const opened = await Visit.open(url);
  try {
    if (values.quality !== '') {
      await opened.untilPicture();
      await opened.chooseQuality(values.quality);
    }
    return await opened.watch(seconds, ledger);
  } finally {
    await opened.close();
  }
}

/** A page that was open before its stream began. */
interface EarlyVisit extends VisitReport {
  /** From Publish.Start to the first picture. */
  readonly firstPictureMs: number;
}

async function publishToOpenPage(): Promise<EarlyVisit> {
  const { id, streamKey } = await server.createStream('first picture');
  const opened = await Visit.open(`${server.url}/watch/${id}`);
  const ledger = new FrameLedger(file);
  const swarm = new PublisherSwarm(file, { onSend: ledger.note });
  try {
    await opened.untilState('waiting');
    const startedMs = await swarm.add(server.rtmpPort, streamKey);
    const picturedMs = (await opened.untilPicture()) - performance.timeOrigin;
    const report = await opened.watch(Number(values.seconds), ledger);
    return { firstPictureMs: Math.round(picturedMs - startedMs), ...report };
  } finally {
    swarm.stop();
    await opened.close();
  }
}

interface Results {
  readonly visits: readonly VisitReport[];
  readonly long: VisitReport | undefined;
  readonly early: readonly EarlyVisit[];
  readonly publisher: SwarmResult;
}

function summary({ visits, long, early, publisher }: Results): object {
  const median = (of: (report: VisitReport) => number): number => quantile(visits.map(of), 0.5);
  return {
    page: values.classic ? 'hls.js defaults, no low latency' : 'watch page',
    partDurationS: Number(values['part-duration']),
    starts: visits.length,
    startupMs: median((report) => report.startupMs),
    latencyP50Ms: median((report) => report.latencyMs.p50),
    latencyP95Ms: median((report) => report.latencyMs.p95),
    rebuffers: visits.reduce((sum, report) => sum + report.rebuffers, 0),
    ...(long === undefined ? {} : { long: { seconds: longSeconds, ...long } }),
    ...(publishStarts === 0 ? {} : { early: earlySummary(early) }),
    publisher: { lost: publisher.lost, worstLatenessMs: publisher.worstLatenessMs },
  };
}

function earlySummary(early: readonly EarlyVisit[]): object {
  return {
    publishToFirstPictureMs: early.map(({ firstPictureMs }) => firstPictureMs),
    rebuffers: early.reduce((sum, { rebuffers }) => sum + rebuffers, 0),
    latencyP95Ms: quantile(
      early.map(({ latencyMs }) => latencyMs.p95),
      0.5,
    ),
  };
}
