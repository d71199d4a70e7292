import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LogFields, ManualClock, silentLog } from '../base/index.ts';
import { ANNA, openChannels } from '../channel/channels.test-support.ts';
import { Demo, type DemoSettings, demoStream } from './demo.ts';
import { type EncoderEnd, FONT_FILES, type LaunchEncoder } from './demo-encoder.ts';

const FAILED: EncoderEnd = { wasStarted: true, code: 1, signal: null, lastWords: 'gone' };
const [FONT = ''] = FONT_FILES;

/** Launches nothing, and notes what was asked of it. */
function stage(settings: Partial<DemoSettings> = {}) {
  const clock = new ManualClock();
  const runs: { program: string; args: readonly string[]; signals: string[]; end: End }[] = [];
  const told: { fields: LogFields; message: string }[] = [];
  const launch: LaunchEncoder = (program, args) => {
    let end: End = () => {};
    const ended = new Promise<EncoderEnd>((resolve) => {
      end = (how = FAILED) => {
        resolve(how);
        return ended;
      };
    });
    const signals: string[] = [];
    runs.push({ program, args, signals, end });
    return { ended, kill: (signal) => signals.push(signal) };
  };
  let keys = 0;
  const demo = new Demo({
    ffmpegPath: 'ffmpeg',
    rtmp: { host: '::', port: 1935 },
    issueKey: () => `key${++keys}`,
    log: { ...silentLog, warn: (fields, message) => told.push({ fields, message }) },
    clock,
    launch,
    fileExists: (path) => path === FONT,
    ...settings,
  });
  const last = () => {
    const run = runs.at(-1);
    assert.ok(run !== undefined);
    return run;
  };
  return { demo, clock, runs, told, last };
}
type End = (how?: EncoderEnd) => unknown;

describe('Demo', () => {
  test('publishes to this machine with a new key for each run', async () => {
    const { demo, clock, last } = stage();
    demo.start();
    assert.equal(last().program, 'ffmpeg');
    assert.equal(last().args.at(-1), 'rtmp://127.0.0.1:1935/live/key1');
    await last().end();
    clock.advance(1_000);
    assert.equal(last().args.at(-1), 'rtmp://127.0.0.1:1935/live/key2');
  });

  test('publishes to the address that RTMP is bound to', () => {
    const { demo, last } = stage({ rtmp: { host: 'fe80::1', port: 19 } });
    demo.start();
    assert.equal(last().args.at(-1), 'rtmp://[fe80::1]:19/live/key1');
  });

  test('pauses 1, 2, 4 s up to 30 s between runs, and 1 s again after a good one', async () => {
    const { demo, clock, runs, last } = stage();
    demo.start();
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const count = runs.length;
      await last().end();
      clock.advance(pauseMs - 1);
      assert.equal(runs.length, count, `no run before ${pauseMs} ms`);
      clock.advance(1);
      assert.equal(runs.length, count + 1, `a run after ${pauseMs} ms`);
    }
    clock.advance(30_000);
    const count = runs.length;
    await last().end();
    clock.advance(1_000);
    assert.equal(runs.length, count + 1);
  });

  test('tells once, in one sentence, that FFmpeg is missing, and tries no more', async () => {
    const { demo, clock, runs, told, last } = stage();
    demo.start();
    const why = 'spawn ffmpeg ENOENT';
    await last().end({ wasStarted: false, code: null, signal: null, lastWords: why });
    clock.advance(600_000);
    assert.equal(runs.length, 1);
    assert.deepEqual(
      told.map(({ message }) => message),
      ['no demo broadcast without ffmpeg'],
    );
    await demo.close();
  });

  test('goes back to the plain picture when the other cannot be made', async () => {
    const { demo, clock, last } = stage();
    demo.start();
    assert.ok(last().args.some((arg) => arg.includes(`fontfile='${FONT}'`)));
    await last().end({ ...FAILED, lastWords: 'rtmp://127.0.0.1/live: Connection refused' });
    clock.advance(1_000);
    assert.ok(last().args.some((arg) => arg.includes('drawtext')));
    await last().end({ ...FAILED, lastWords: "No such filter: 'drawtext'" });
    clock.advance(2_000);
    assert.ok(!last().args.some((arg) => arg.includes('drawtext')));
    assert.ok(last().args.some((arg) => arg.startsWith('testsrc2=')));
  });

  test('without a font shows the plain picture at once', () => {
    const { demo, last } = stage({ fileExists: () => false });
    demo.start();
    assert.ok(last().args.some((arg) => arg.startsWith('testsrc2=')));
  });

  test('close() asks FFmpeg to end and starts no other', async () => {
    const { demo, clock, runs, told, last } = stage();
    demo.start();
    const closed = demo.close();
    assert.deepEqual(last().signals, ['SIGTERM']);
    await last().end();
    await closed;
    clock.advance(60_000);
    assert.deepEqual(last().signals, ['SIGTERM']);
    assert.equal(runs.length, 1);
    assert.deepEqual(told, []);
  });

  test('close() kills FFmpeg that does not end within two seconds', async () => {
    const { demo, clock, last } = stage();
    demo.start();
    const closed = demo.close();
    clock.advance(1_999);
    assert.deepEqual(last().signals, ['SIGTERM']);
    clock.advance(1);
    assert.deepEqual(last().signals, ['SIGTERM', 'SIGKILL']);
    await last().end();
    await closed;
  });

  test('close() during a pause starts nothing any more', async () => {
    const { demo, clock, runs, last } = stage();
    demo.start();
    await last().end();
    await demo.close();
    clock.advance(60_000);
    assert.equal(runs.length, 1);
  });
});

describe('demoStream()', () => {
  const draft = { broadcasterId: 'anna', title: 'Show' };

  test('makes a stream on a first start and finds it again', async () => {
    const { channels } = await openChannels();
    const made = await demoStream(channels);
    assert.equal(made?.title, 'Demo');
    await channels.create(draft, ANNA);
    assert.deepEqual(await demoStream(channels), made);
  });

  test('makes none where there are streams already', async () => {
    const { channels } = await openChannels();
    await channels.create(draft, ANNA);
    assert.equal(await demoStream(channels), undefined);
    const page = await channels.list({});
    assert.equal('streams' in page && page.streams.length, 1);
  });
});
