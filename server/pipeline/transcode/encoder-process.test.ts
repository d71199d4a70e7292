import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ManualClock, systemClock } from '../../base/index.ts';
import { chunk, type FragmentEvent, initSegment } from '../../format/cmaf/index.ts';
import {
  ENCODER_NICENESS,
  type EncoderEnd,
  EncoderProcess,
  type ProcessHost,
  systemHost,
} from './encoder-process.ts';
import { FakeHost, fakeTrack, settle } from './fake-encoder.test-support.ts';

interface Changes {
  readonly program?: string;
  readonly args?: readonly string[];
  readonly output?: (rung: number, event: FragmentEvent) => void;
}

function begin(host: ProcessHost, changes: Changes = {}) {
  const { program = 'ffmpeg', args = ['-i', 'pipe:0'] } = changes;
  const clock = new ManualClock();
  const outputs: [number, FragmentEvent][] = [];
  const { output: onOutput = (rung, event) => void outputs.push([rung, event]) } = changes;
  const ends: EncoderEnd[] = [];
  const failures: unknown[] = [];
  let onEnd = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  const encoder = new EncoderProcess({
    program,
    args,
    rungCount: 2,
    extraCount: 1,
    clock: host === systemHost ? systemClock : clock,
    host,
    observer: {
      output: (rung, event) => onOutput(rung, event),
      failed: (error) => failures.push(error),
      ended: (end) => {
        ends.push(end);
        onEnd();
      },
    },
  });
  return { encoder, clock, outputs, failures, ends, ended };
}

function frameBytes(dts: number): Uint8Array {
  const data = new Uint8Array([0, 0, 0, 1, 0x65]);
  const sample = { duration: 3_000, compositionOffset: 0, keyframe: true, data };
  return chunk({ sequence: 1, baseDecodeTime: dts, samples: [sample] });
}

describe('EncoderProcess with a fake FFmpeg', () => {
  test('starts it without shell and secrets, in a group of its own, kind to others', () => {
    const host = new FakeHost();
    process.env.API_TOKEN_OF_A_TEST = 'secret';
    const { encoder } = begin(host);
    const { options, program, args } = host.newest;
    assert.equal(program, 'ffmpeg');
    assert.deepEqual(args, ['-i', 'pipe:0']);
    assert.equal(options.shell, false);
    assert.equal(options.detached, true);
    assert.deepEqual(options.stdio, ['pipe', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe']);
    assert.ok(!JSON.stringify(options.env).includes('secret'));
    assert.deepEqual(host.priorities, [[encoder.pid, ENCODER_NICENESS]]);
    encoder.kill();
    delete process.env.API_TOKEN_OF_A_TEST;
  });

  test('reports what each rung writes, and its end after that', async () => {
    const host = new FakeHost();
    const { encoder, outputs, ends } = begin(host);
    encoder.write(initSegment(fakeTrack()));
    encoder.write(frameBytes(9_000));
    encoder.endInput();
    assert.equal(encoder.extras.length, 1);
    encoder.extras[0]?.resume();
    await settle();
    assert.deepEqual(outputs.map(([rung, { type }]) => `${rung} ${type}`).toSorted(), [
      '0 samples',
      '0 tracks',
      '1 samples',
      '1 tracks',
    ]);
    assert.deepEqual(ends, [
      { wasStarted: true, code: 0, signal: null, violation: undefined, lastWords: '' },
    ]);
  });

  test('write() tells what the pipe has not taken', async () => {
    const host = new FakeHost();
    const { encoder } = begin(host);
    encoder.write(initSegment(fakeTrack()));
    await settle();
    assert.equal(encoder.waitingBytes, 0);
    host.newest.isStuck = true;
    const bytes = frameBytes(0);
    encoder.write(bytes);
    encoder.write(bytes);
    await settle();
    assert.equal(encoder.waitingBytes, 2 * bytes.length);
    host.newest.resume();
    await settle();
    assert.equal(encoder.waitingBytes, 0);
    assert.equal(host.newest.taken.length, 2);
    encoder.kill();
  });

  test('kill() waits for the time it is given, and takes what would not end', async () => {
    const host = new FakeHost();
    const { encoder, clock, ends } = begin(host);
    host.newest.isDeaf = true;
    encoder.endInput();
    encoder.kill(3_000);
    clock.advance(2_999);
    await settle();
    assert.equal(ends.length, 0);
    clock.advance(1);
    await settle();
    assert.equal(ends[0]?.signal, 'SIGKILL');
  });

  test('kills it when its output is no MP4, and says which rule was broken', async () => {
    const host = new FakeHost();
    const { ends, outputs } = begin(host);
    host.newest.outputs[1]?.push(new Uint8Array([0, 0, 0, 4, 1, 2, 3, 4]));
    host.newest.stderr.push('a warning');
    await settle();
    assert.equal(ends[0]?.violation, 'mp4_box_malformed');
    assert.equal(ends[0]?.signal, 'SIGKILL');
    assert.deepEqual(outputs, []);
  });

  test('kills it and says so when what is done with its output fails, and nothing else', async () => {
    const host = new FakeHost();
    const fault = new Error('ours');
    const { encoder, ends, failures } = begin(host, {
      output: () => {
        throw fault;
      },
    });
    encoder.write(initSegment(fakeTrack()));
    await settle();
    assert.deepEqual(failures, [fault]);
    assert.equal(ends[0]?.signal, 'SIGKILL');
    assert.equal(ends[0]?.violation, undefined);
  });

  test('keeps the end of what it says', async () => {
    const host = new FakeHost();
    const { ends } = begin(host);
    for (let i = 0; i < 1_000; i++) host.newest.stderr.push(`line ${i}\n`);
    host.newest.end(1, null);
    await settle();
    assert.equal(ends[0]?.code, 1);
    assert.ok((ends[0]?.lastWords.length ?? 0) <= 2_048);
    assert.ok(ends[0]?.lastWords.endsWith('line 999'));
  });

  test('says so when there is no such program', async () => {
    const host = new FakeHost();
    host.isMissing = true;
    const { ends, encoder } = begin(host);
    encoder.write(initSegment(fakeTrack()));
    await settle();
    assert.equal(ends.length, 1);
    assert.equal(ends[0]?.wasStarted, false);
    assert.match(ends[0]?.lastWords ?? '', /ENOENT/);
    encoder.kill();
    encoder.endInput();
  });

  test('does not wait for pipes that stay open behind a process that is gone', async () => {
    const host = new FakeHost();
    const { clock, ends } = begin(host);
    host.newest.emit('exit', null, 'SIGKILL');
    await settle();
    assert.equal(ends.length, 0);
    clock.advance(1_000);
    assert.equal(ends[0]?.signal, 'SIGKILL');
    assert.ok(host.newest.outputs.every((output) => output.destroyed));
  });
});

describe('EncoderProcess with the machine', { timeout: 30_000 }, () => {
  /** A child of Node itself, so that nothing has to be installed. */
  const begun = (script: string) =>
    begin(systemHost, { program: process.execPath, args: ['-e', script] });
  const descriptors = (): number | undefined => {
    try {
      return readdirSync('/proc/self/fd').length;
    } catch {
      // A system without /proc: there is nothing to compare.
      return undefined;
    }
  };

  test('leaves no process and no descriptor behind, whether it ends or is killed', async () => {
    const before = descriptors();
    for (const script of ['process.stdin.resume()', 'setInterval(() => {}, 1000)']) {
      const { encoder, ended, ends } = begun(script);
      const { pid } = encoder;
      assert.ok(pid !== undefined);
      encoder.extras[0]?.resume();
      encoder.write(new Uint8Array(1_000));
      encoder.endInput();
      if (script.startsWith('set')) encoder.kill();
      await ended;
      assert.equal(ends[0]?.code ?? ends[0]?.signal, script.startsWith('set') ? 'SIGKILL' : 0);
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    }
    await settle();
    assert.equal(descriptors(), before);
  });

  test('kill() reaches what the program started itself', async () => {
    const script =
      "const {spawn} = require('node:child_process');" +
      "spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'});" +
      'setInterval(() => {}, 1000)';
    const { encoder, ended, ends } = begun(script);
    let pid = Number.NaN;
    while (Number.isNaN(pid)) {
      const children = spawnSync('ps', [
        '-o',
        'pid=',
        '--ppid',
        `${encoder.pid}`,
      ]).stdout.toString();
      pid = Number.parseInt(children, 10);
    }
    encoder.kill();
    await ended;
    assert.equal(ends[0]?.signal, 'SIGKILL');
    // A signal takes a moment; that it never comes is for the timeout to say.
    for (let state = '?'; state !== '' && !state.startsWith('Z'); await settle()) {
      state = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`])
        .stdout.toString()
        .trim();
    }
  });

  test('says so when there is no such program', async () => {
    const { ended, ends } = begin(systemHost, { program: '/nowhere/ffmpeg' });
    await ended;
    assert.equal(ends[0]?.wasStarted, false);
    assert.match(ends[0]?.lastWords ?? '', /ENOENT/);
  });
});
