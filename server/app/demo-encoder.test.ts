// The demo's arguments against the real FFmpeg, publishing through the real listener.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { silentLog, systemClock } from '../base/index.ts';
import { openChannels } from '../channel/channels.test-support.ts';
import type { PublishGrant } from '../channel/index.ts';
import { type MediaSink, RtmpListener } from '../pipeline/ingest/index.ts';
import { Demo, demoStream } from './demo.ts';
import { demoArguments, FONT_FILES, launchFfmpeg } from './demo-encoder.ts';

const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';
const isMissing = spawnSync(FFMPEG, ['-version']).error !== undefined;
if (isMissing && process.env.CI === 'true') throw new Error('ffmpeg is missing');
const OPTIONS = { skip: isMissing ? 'ffmpeg is missing' : false, timeout: 30_000 };

describe('demoArguments()', () => {
  test('are one fixed list in which only font and address vary', () => {
    const one = demoArguments({ font: '/f.ttf', address: 'rtmp://a/live/k' });
    const two = demoArguments({ font: '/g.ttf', address: 'rtmp://b/live/l' });
    const changed = one.filter((arg, index) => arg !== two[index]);
    assert.equal(one.length, two.length);
    assert.equal(changed.length, 2);
    assert.ok(one.includes('-nostdin'));
  });

  const fonts = [undefined, FONT_FILES.find((path) => existsSync(path))];
  for (const font of new Set(fonts)) {
    test(
      `make FFmpeg write a picture ${font === undefined ? 'without' : 'with'} a font`,
      OPTIONS,
      async () => {
        const [...args] = demoArguments({ font, address: '/dev/null' });
        args.splice(-1, 1, '-t', '0.5', '-y', '/dev/null');
        const end = await launchFfmpeg(FFMPEG, args).ended;
        assert.deepEqual(end, { wasStarted: true, code: 0, signal: null, lastWords: '' });
      },
    );
  }
});

test('launchFfmpeg() says when there is no such program', async () => {
  const end = await launchFfmpeg('/nowhere/ffmpeg', []).ended;
  assert.equal(end.wasStarted, false);
  assert.match(end.lastWords, /ENOENT/);
});

async function listen(context: TestContext) {
  const clock = systemClock;
  const { channels } = await openChannels({ clock });
  let onMedia = (): void => {};
  const published = new Promise<void>((resolve) => {
    onMedia = resolve;
  });
  const sink: MediaSink = { media: () => onMedia(), metadata: () => {}, end: () => {} };
  const granted: string[] = [];
  const listener = new RtmpListener<PublishGrant>({
    clock,
    log: silentLog,
    authorize: (request) => channels.authorize({ ...request, protocol: 'rtmp' }),
    publish: ({ streamId }) => {
      granted.push(streamId);
      return sink;
    },
    describe: ({ streamId }) => ({ stream: streamId }),
  });
  const rtmp = await listener.listen({ host: '127.0.0.1', port: 0 });
  context.after(() => listener.close());
  return { channels, rtmp, granted, published };
}

test(
  'Demo publishes through the listener, with a key that is void in its process title',
  OPTIONS,
  async (context) => {
    const { channels, rtmp, granted, published } = await listen(context);
    const stream = await demoStream(channels);
    assert.ok(stream !== undefined);
    let issued = '';
    const demo = new Demo({
      ffmpegPath: FFMPEG,
      rtmp,
      issueKey: (lifetimeMs) => {
        issued = channels.issueOneTimeKey(stream, lifetimeMs);
        return issued;
      },
      log: silentLog,
    });
    context.after(() => demo.close());
    demo.start();
    await published;
    assert.deepEqual(granted, [stream.id]);
    const titles = childTitles();
    assert.ok(
      titles?.some((title) => title.includes(issued)) ?? true,
      'FFmpeg takes its address from there',
    );
    const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '127.0.0.1' } as const;
    assert.ok('refused' in (await channels.authorize({ ...attempt, streamKey: issued })));
    await demo.close();
    assert.ok(!childTitles()?.some((title) => title.includes(issued)), 'FFmpeg is gone');
  },
);

/** Command lines of this machine's processes; undefined where the system does not show them. */
function childTitles(): readonly string[] | undefined {
  if (!existsSync('/proc/self/cmdline')) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, 'utf8')];
      } catch {
        // It ended between the listing and the reading.
        return [];
      }
    });
}
