import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LADDER } from '../../pipeline/transcode/index.ts';
import { type Configuration, readConfiguration } from './configuration.ts';

const NOTHING = { args: [], env: {}, envFile: undefined };

function configured(sources: Partial<Parameters<typeof readConfiguration>[0]>): Configuration {
  const asked = readConfiguration({ ...NOTHING, ...sources });
  assert.equal(asked.kind, 'run', JSON.stringify(asked));
  assert.ok(asked.kind === 'run');
  return asked.configuration;
}

function problems(sources: Partial<Parameters<typeof readConfiguration>[0]>): readonly string[] {
  const asked = readConfiguration({ ...NOTHING, ...sources });
  return asked.kind === 'problems' ? asked.problems : [];
}

test('readConfiguration() without anything gives the defaults', () => {
  assert.deepEqual(configured({}), {
    PORT: 8080,
    HOST: '::',
    RTMP_PORT: 1935,
    SEGMENT_DURATION: 2,
    PART_DURATION: 0.333,
    SLIDING_WINDOW_SIZE: 6,
    RECONNECT_WINDOW: 60,
    TRANSCODE: 'auto',
    LADDER: DEFAULT_LADDER,
    MAX_CONNECTIONS: 16384,
    MAX_PUBLISHERS: 200,
    WEBHOOK_ALLOW_LOCAL: false,
    DATA_DIR: './data',
    DEMO: true,
    FFMPEG_PATH: 'ffmpeg',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'text',
    NODE_ENV: 'development',
  });
});

test('readConfiguration() takes a flag before the environment before the file', () => {
  const envFile = '# ports\nPORT=1\nRTMP_PORT="2"\nGAP_TIMEOUT=0\n';
  const env = { PORT: '3', RTMP_PORT: '4' };
  const { PORT, RTMP_PORT, GAP_TIMEOUT } = configured({ args: ['--port', '5'], env, envFile });
  assert.deepEqual([PORT, RTMP_PORT, GAP_TIMEOUT], [5, 4, 0]);
});

test('readConfiguration() takes an empty variable for one that is not set', () => {
  const { PORT, API_TOKEN } = configured({ env: { PORT: '', API_TOKEN: ' ' }, envFile: 'PORT=81' });
  assert.equal(PORT, 81);
  assert.equal(API_TOKEN, undefined);
});

test('readConfiguration() in production turns the demo off and logs for machines', () => {
  const env = { NODE_ENV: 'production' };
  const production = configured({ env });
  assert.deepEqual([production.DEMO, production.LOG_FORMAT], [false, 'json']);
  const asked = configured({ env, args: ['--demo', '--log-format', 'text'] });
  assert.deepEqual([asked.DEMO, asked.LOG_FORMAT], [true, 'text']);
});

const written: readonly (readonly [string, readonly string[], Partial<Configuration>])[] = [
  ['--name value', ['--part-duration', '0.2'], { PART_DURATION: 0.2 }],
  ['--name=value', ['--part-duration=.25'], { PART_DURATION: 0.25 }],
  ['a switch alone', ['--demo', '--port', '1'], { DEMO: true, PORT: 1 }],
  ['a switch negated', ['--no-demo'], { DEMO: false }],
  ['a switch with a value', ['--demo', 'off'], { DEMO: false }],
  ['the last of two', ['--port', '1', '--port', '2'], { PORT: 2 }],
  ['capitals in a choice', ['--log-level', 'WARN'], { LOG_LEVEL: 'warn' }],
  ['a public address', ['--public-url', 'https://A.example/'], { PUBLIC_URL: 'https://a.example' }],
  ['an IPv6 host', ['--host', '::1'], { HOST: '::1' }],
];
for (const [what, args, expected] of written) {
  test(`readConfiguration() understands ${what}`, () => {
    assert.deepEqual({ ...configured({}), ...expected }, configured({ args }));
  });
}

test('readConfiguration() tells every problem at once, with name, value and what is allowed', () => {
  const found = problems({
    args: ['--port', '80x', '--tls-cert', 'cert.pem'],
    env: { SLIDING_WINDOW_SIZE: '2.5', HOST: '1.2.3.4:80' },
    envFile: 'LOG_LEVEL=loud',
  });
  assert.deepEqual(found, [
    '--port is "80x": it must be a whole number from 0 to 65535',
    'HOST is "1.2.3.4:80": it must be an IP address or a host name, without port',
    'SLIDING_WINDOW_SIZE is "2.5": it must be a whole number from 1 to 1000',
    'LOG_LEVEL in .env is "loud": it must be debug, info, warn, error or silent',
    'TLS_CERT is set without TLS_KEY: set both or neither',
  ]);
});

const misfits: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['PORT', ['-1', '65536', '1e3', '0x50', 'NaN', '80 81']],
  ['PART_DURATION', ['0', '0.05', '2.1', 'Infinity', '1s', '0,2']],
  ['PUBLIC_URL', ['live.example', 'ftp://a', 'https://a/path', 'https://u:p@a', 'https://a?q']],
  ['DATA_DIR', ['da\u0000ta', 'a\nb']],
  ['DEMO', ['maybe', '2']],
  [
    'DATABASE_URL',
    ['mysql://a/b', 'postgres:///b', 'postgres://host', 'host:5432/b', 'postgres://a b/c'],
  ],
  [
    'REDIS_URL',
    ['http://a', 'redis://', 'redis:///0', 'host:6379', 'redis://a/b', 'redis://a/0?x=1'],
  ],
  ['API_TOKEN', ['short', 'has a space in the middle', 'quote"quote"quote"']],
];
for (const [name, values] of misfits) {
  test(`readConfiguration() refuses what is no ${name}`, () => {
    for (const value of values) {
      const [problem = '', ...more] = problems({ env: { [name]: value } });
      assert.ok(problem.startsWith(`${name} is `), `${JSON.stringify(value)}: ${problem}`);
      assert.deepEqual(more, []);
    }
  });
}

test('readConfiguration() tells what is wrong within a ladder', () => {
  assert.deepEqual(problems({ env: { LADDER: 'a=640x360@600k,b=1x1@300k,b=426x240@300k:vp9' } }), [
    'LADDER is "a=640x360@600k,b=1x1@300k,b=426x240@300k:vp9": it must be rungs such as ' +
      '720p=1280x720@2800k:h264:veryfast:30fps, parted by commas; the size of "b" is "1x1": it ' +
      'must be two even numbers from 32 to 7680, as in 1280x720; the option of "b" is "vp9": it ' +
      'must be one codec (h264, h265, av1), one preset of it, or one frame rate such as 30fps; ' +
      'presets are ultrafast, superfast, veryfast, faster, fast, medium, slow, of av1 5, 6, 7, 8; ' +
      'the name "b" is used twice',
  ]);
});

test('readConfiguration() never shows a secret', () => {
  const [problem = ''] = problems({ env: { API_TOKEN: 'hunter2' } });
  assert.match(problem, /^API_TOKEN is not usable: it must be at least 16/);
  assert.ok(!problem.includes('hunter2'));
});

test('readConfiguration() refuses unknown flags and names the one that was meant', () => {
  assert.deepEqual(problems({ args: ['--prot', '80', '--part-durration=1'] }), [
    '--prot is no flag: did you mean --port?',
    '--part-durration is no flag: did you mean --part-duration?',
  ]);
  assert.deepEqual(problems({ args: ['--frobnicate', 'serve'] }), [
    '--frobnicate is no flag: --help lists all',
  ]);
  assert.deepEqual(problems({ args: ['serve', '--port'] }), [
    '"serve" is not understood: settings are given as --name value',
    '--port needs a value: a whole number from 0 to 65535',
  ]);
});

test('readConfiguration() refuses settings that contradict each other', () => {
  assert.deepEqual(problems({ env: { PART_DURATION: '0.6', SEGMENT_DURATION: '1' } }), [
    'PART_DURATION is 0.6: it must be at most half of SEGMENT_DURATION, which is 1',
  ]);
  assert.deepEqual(problems({ env: { PORT: '1935' } }), [
    'PORT and RTMP_PORT are both 1935: they must differ',
  ]);
  assert.deepEqual(problems({ env: { PORT: '0', RTMP_PORT: '0' } }), []);
});

test('readConfiguration() answers --help and --version before it looks at values', () => {
  assert.deepEqual(readConfiguration({ ...NOTHING, args: ['--port', 'x', '--help'] }), {
    kind: 'help',
  });
  assert.deepEqual(readConfiguration({ ...NOTHING, args: ['-v'] }), { kind: 'version' });
});
