import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createLog, type LogSettings } from './log.ts';
import { redact } from './log-redactor.ts';

const ID = 'abcdefgh2345';
const SECRET = 'mzxw6ytboimzxw6ytboimzxw6ytboi22';
const KEY = `live_${ID}_${SECRET}`;

function logged(settings: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLog({ level: 'info', format: 'json', sink, ...settings }) };
}

describe('redact()', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`publish of ${KEY} refused`, `publish of live_${ID}_[redacted] refused`],
    [`live_${SECRET}`, 'live_[redacted]'],
    [`rtmp://[::1]:1935/live/${KEY}?a=b`, 'rtmp://[::1]:1935/live/[redacted]'],
    ['rtmps://a.example/app/some-other-key', 'rtmps://a.example/app/[redacted]'],
    ['Authorization: Bearer abc.DEF-123==', 'Authorization: Bearer [redacted]'],
    ['authorization: basic dTpw', 'authorization: basic [redacted]'],
    ['/live/x/p.m3u8?token=abc&_HLS_msn=3', '/live/x/p.m3u8?token=[redacted]&_HLS_msn=3'],
    ['https://a/b?x=1&access_token=q#f', 'https://a/b?x=1&access_token=[redacted]#f'],
    ['https://user:pass@a.example/b', 'https://[redacted]@a.example/b'],
    ['eyJhbGciOi.eyJzdWIi.c2ln', '[redacted]'],
    ['https://tv.example/setup#b7f47icskw3plceo', 'https://tv.example/setup#[redacted]'],
  ];
  for (const [text, expected] of cases) {
    test(`cleans ${JSON.stringify(expected)}`, () => assert.equal(redact(text), expected));
  }

  test('leaves what is no secret alone', () => {
    const plain = [
      'live_edge and live_now',
      '/live/abc/video/playlist.m3u8?_HLS_msn=3&_HLS_part=1',
      'rtmp://host:1935/live',
      'the bearer',
      'monkey=banana',
    ];
    for (const text of plain) assert.equal(redact(text), text);
  });

  test('takes time in proportion to its text', () => {
    const long = 'live_'.repeat(20_000) + 'a'.repeat(100_000) + 'rtmp://'.repeat(10_000);
    const startedMs = performance.now();
    redact(long);
    assert.ok(performance.now() - startedMs < 2_000);
  });
});

describe('createLog()', () => {
  test('writes JSON lines that hold the fields of the log and its children', () => {
    const { lines, log } = logged();
    log.child({ stream: ID }).info({ durationMs: 5 }, 'broadcast ended');
    const { time, ...line } = JSON.parse(lines[0] ?? '');
    assert.equal(typeof time, 'number');
    assert.deepEqual(line, { level: 30, stream: ID, durationMs: 5, msg: 'broadcast ended' });
    assert.equal(lines.length, 1);
  });

  test('leaves out what is less severe than its level', () => {
    const { lines, log } = logged({ level: 'warn' });
    log.info({}, 'quiet');
    log.warn({}, 'loud');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ['loud'],
    );
  });

  for (const format of ['json', 'text'] as const) {
    test(`writes no secret as ${format}, wherever it stands`, () => {
      const token = 'q7-secret-api-token';
      const { lines, log } = logged({ format, secrets: [token], level: 'debug' });
      const cause = new Error(`cause ${KEY}`);
      const error = new TypeError(`Cannot publish ${KEY}`, { cause });
      log.child({ key: KEY }).info({ nested: { deep: [{ [KEY]: KEY }] } }, `message ${KEY}`);
      log.error({ error }, 'failed');
      log.error({ err: error }, 'failed');
      log.warn({ streamKey: 'what "they" typed', 'x-token': 'plain', url: `/?t=${token}` }, 'x');
      log.info({ text: `a\n${KEY}\tBearer QWERTZ\r\nrtmp://h/live/plain` }, 'z');
      log.debug({ headers: { authorization: 'Bearer QWERTZ', cookie: 'sid=1' } }, 'y');
      const all = lines.join('');
      assert.equal(lines.length, 6);
      for (const secret of [SECRET, token, 'they', 'plain', 'QWERTZ', 'sid=1']) {
        assert.ok(!all.includes(secret), `${secret} in ${all}`);
      }
      if (format === 'json') for (const line of lines) JSON.parse(line);
    });
  }

  test('as text writes one line for a person', () => {
    const { lines, log } = logged({ format: 'text' });
    log.info({ stream: ID, title: 'two words', count: 3, list: [1] }, 'broadcast started');
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.\d{3} info {2}broadcast started stream=abcdefgh2345 title="two words" count=3 list=\[1\]\n$/,
    );
  });

  test('as text keeps what a peer sent on its line and away from the terminal', () => {
    const { lines, log } = logged({ format: 'text' });
    log.info({ encoder: 'obs\n12:00:00.000 error forged\u001b[31m\u009b2J\u2028\u202ex' }, 'hello');
    const [line = ''] = lines;
    assert.equal(line.split('\n').length, 2);
    assert.doesNotMatch(line.trimEnd(), /[\p{Cc}\u2028\u202e]/u);
  });

  test('as text puts the stack of an error below it', () => {
    const { lines, log } = logged({ format: 'text' });
    log.error({ error: new RangeError('too far') }, 'broadcast failed');
    const [first, second] = (lines[0] ?? '').split('\n');
    assert.match(first ?? '', /error broadcast failed error="too far"$/);
    assert.match(second ?? '', /^ +at .*log\.test\.ts/);
  });

  test('as text paints levels when asked to', () => {
    const { lines, log } = logged({ format: 'text', colours: true });
    log.warn({}, 'careful');
    assert.ok(lines[0]?.includes('\u001b[33mwarn \u001b[0m careful'), lines[0]);
  });

  test('without a sink writes to standard output, also what came just before the exit', async () => {
    const module = join(import.meta.dirname, 'log.ts');
    const script = `import { createLog } from ${JSON.stringify(module)};
      const log = createLog({ level: 'info', format: 'json' });
      for (let i = 0; i < 500; i++) log.info({ i }, 'line');
      process.exit(0);`;
    const run = promisify(execFile)(process.execPath, [
      '--input-type=module-typescript',
      '-e',
      script,
    ]);
    const { stdout } = await run;
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 500);
    assert.equal(JSON.parse(lines.at(-1) ?? '').i, 499);
  });
});
