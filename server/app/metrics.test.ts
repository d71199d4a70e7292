import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Metrics, type MetricsSources } from './metrics.ts';
import { Histogram } from './metrics-histogram.ts';

const SOURCES: MetricsSources = {
  responses: () => [
    { face: 'delivery', status: 200, count: 1000 },
    { face: 'streams', status: 409, count: 2 },
  ],
  http: () => ({
    laneConnections: 11,
    handedOver: 12,
    refusedConnections: 13,
    drops: new Map([['stalled', 14]]),
  }),
  errors: () => ({ http: 1, broadcast: 0 }),
  held: () => 21,
  orchestrator: () => ({
    activeStreams: 3,
    segmentsRegistered: 31,
    partsRegistered: 32,
    duplicates: 33,
    late: 34,
    conflicts: 35,
    refusals: 36,
    targetRises: 37,
    gapsPublished: 38,
    closedShort: 39,
    streamsEnded: 40,
    streamsEvicted: 41,
    journalFailures: 42,
  }),
  rtmp: () => ({
    connections: 51,
    publishers: 52,
    accepted: 53,
    refused: { unauthorized: 54 },
    ended: { closed: 55 },
    receivedBytes: 56,
    ignoredMessages: 57,
  }),
  ingest: () => ({
    takeovers: 61,
    repairs: new Map([['jump_joined', 62]]),
    dropped: new Map([['too_many_tracks', 63]]),
  }),
  broadcasts: () => ({ live: 4, started: 72, ended: 5, mediaBytes: 74 }),
  viewers: () => 0,
  unwritten: () => ({ waiting: 0, lost: 0, isFull: false }),
  chat: () => ({ rooms: 0, readers: 0, pending: 0, lost: 0, closes: new Map(), isRedisUp: true }),
  irc: () => ({ sessions: 8, channels: 0, ended: new Map([['quit', 9]]) }),
  notices: () => ({
    tries: { delivered: 0, refused: 0, unanswered: 0, given_up: 0, gone: 0 },
    ...{ pending: 0, oldestPendingMs: 0, readers: 0 },
  }),
  transcoding: () => ({
    ...{
      running: 2,
      givenUp: 1,
      shedRungs: 3,
      droppedSamples: 75,
      worstLagS: 0.5,
      worstSpeed: 0.9,
    },
    restarts: new Map([['crash', 6]]),
  }),
};

test('Metrics.text() tells what the sources say at that moment', async () => {
  let held = 1;
  const metrics = new Metrics({ ...SOURCES, held: () => held });
  const lines = (await metrics.text()).split('\n');
  const expected = [
    'hls_requests_total{face="delivery",status="200"} 1000',
    'hls_requests_total{face="streams",status="409"} 2',
    'hls_errors_total{kind="http"} 1',
    'hls_errors_total{kind="broadcast"} 0',
    'hls_active_streams 7',
    'hls_streams_ended_total 45',
    'hls_segments_registered_total 31',
    'hls_held_requests 1',
    'hls_media_bytes 74',
    'rtmp_refused_total{reason="unauthorized"} 54',
    'rtmp_received_bytes_total 56',
    'ingest_repairs_total{reason="jump_joined"} 62',
    'ingest_dropped_total{reason="too_many_tracks"} 63',
    'http_dropped_total{reason="stalled"} 14',
    'redis_up 1',
    'irc_sessions 8',
    'irc_ended_total{reason="quit"} 9',
    'transcode_active 2',
    'transcode_lag_seconds 0.5',
    'transcode_restarts_total{reason="crash"} 6',
  ];
  for (const line of expected) assert.ok(lines.includes(line), line);
  held = 2;
  const later = (await metrics.text()).split('\n');
  assert.ok(later.includes('hls_held_requests 2'));
  assert.ok(later.includes('hls_segments_registered_total 31'), 'a count is not counted twice');
});

test('Metrics says nothing of a Redis that is not used', async () => {
  const metrics = new Metrics({
    ...SOURCES,
    chat: () => ({
      ...{ rooms: 0, readers: 0, pending: 0, lost: 0, closes: new Map() },
      isRedisUp: undefined,
    }),
  });
  assert.doesNotMatch(await metrics.text(), /^redis_up/m);
});

test('Metrics observes parts and held requests', async () => {
  const metrics = new Metrics(SOURCES);
  metrics.partListed(38, 'video');
  metrics.partListed(4_000, 'audio');
  metrics.partListed(240, '480p');
  metrics.answered(333, false);
  metrics.answered(6_000, true);
  const lines = (await metrics.text()).split('\n');
  const expected = [
    '# TYPE hls_part_latency_seconds histogram',
    'hls_part_latency_seconds_bucket{le="0.03"} 0',
    'hls_part_latency_seconds_bucket{le="0.04"} 1',
    'hls_part_latency_seconds_bucket{le="2"} 1',
    'hls_part_latency_seconds_bucket{le="+Inf"} 2',
    'hls_part_latency_seconds_count 2',
    'hls_rung_part_latency_seconds_count 1',
    'hls_held_request_seconds_bucket{le="0.35"} 1',
    'hls_held_request_seconds_count 2',
    'hls_held_requests_timed_out_total 1',
  ];
  for (const line of expected) assert.ok(lines.includes(line), line);
});

test('Metrics.text() is well-formed: each name described once, before its values', async () => {
  const metrics = new Metrics(SOURCES);
  metrics.partListed(38, 'video');
  const text = await metrics.text();
  assert.ok(text.endsWith('\n'));
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
  const described = new Set<string>();
  let current = '';
  for (const line of text.split('\n').filter(Boolean)) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      current = type[1] ?? '';
      assert.ok(!described.has(current), `${current} is described twice`);
      described.add(current);
    } else if (!line.startsWith('#')) {
      assert.match(line, /^[a-z_0-9]+(?:\{[^}]*\})? \S+$/);
      assert.ok(line.startsWith(current), `${line} is not under ${current}`);
    }
  }
});

test('docs/reference/metrics.md describes every metric of ours', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8');
  const text = await new Metrics(SOURCES).text();
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
  const own = names.filter((name) => /^(?:hls|rtmp|ingest|http)_/.test(name));
  assert.ok(own.length > 30);
  for (const name of own) assert.ok(page.includes(`\`${name}\``), `${name} is not on the page`);
  for (const [, name = ''] of page.matchAll(/^\| `([a-z_]+)`/gm)) {
    assert.ok(names.includes(name), `${name} is on the page and does not exist`);
  }
});

test('Histogram counts a value that equals a bound below it', () => {
  const histogram = new Histogram('h', 'Help.', [1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  const expected = `# HELP h Help.
# TYPE h histogram
h_bucket{le="1"} 2
h_bucket{le="2"} 4
h_bucket{le="+Inf"} 5
h_sum 7.5
h_count 5
`;
  assert.equal(histogram.text(), expected);
});

test('Histogram.observe() passes over what is no number', () => {
  const histogram = new Histogram('h', 'Help.', [1]);
  histogram.observe(Number.NaN);
  histogram.observe(Number.POSITIVE_INFINITY);
  assert.match(histogram.text(), /h_sum 0\nh_count 0\n$/);
});

test('Histogram refuses bounds that do not rise', () => {
  assert.throws(() => new Histogram('h', 'Help.', [1, 1]), /its bounds do not rise/);
});
