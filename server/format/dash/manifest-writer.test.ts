import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest, Representation } from './manifest.ts';
import { writeManifest } from './manifest-writer.ts';

const START = Date.UTC(2026, 10, 21, 7, 0, 0, 250);

function video(changes: Partial<Representation> = {}): Representation {
  return {
    id: '720p',
    codecs: 'avc1.64001f',
    bandwidth: 2_800_000,
    picture: { width: 1280, height: 720, frameRate: 30 },
    timescale: 90_000,
    presentationTimeOffset: 0,
    initialization: '720p/init0.mp4',
    media: '720p/s$Number$.m4s',
    segments: { startNumber: 41, startTicks: 7_200_000, durations: [180_000, 180_000, 90_000] },
    ...changes,
  };
}

const AUDIO: Representation = {
  id: 'audio',
  codecs: 'mp4a.40.2',
  bandwidth: 150_000,
  sound: { samplingRate: 48_000, channels: 2 },
  timescale: 48_000,
  presentationTimeOffset: 0,
  initialization: 'audio/init0.mp4',
  media: 'audio/s$Number$.m4s',
  segments: { startNumber: 41, startTicks: 3_840_000, durations: [96_256, 95_232, 96_256] },
};

const LIVE: Manifest = {
  timing: {
    kind: 'dynamic',
    availabilityStartEpochMs: START,
    publishEpochMs: START + 84_000,
    updateMs: 500,
    timeShiftBufferMs: 12_000,
    presentationDelayMs: 3_776,
    clockUri: '../time',
    lowLatency: {
      availabilityTimeOffsetS: 1.646,
      targetMs: 2130,
      minMs: 1065,
      maxMs: 8130,
      minRate: 0.96,
      maxRate: 1.04,
    },
  },
  minBufferMs: 355,
  maxSegmentMs: 2006,
  periods: [
    {
      id: '1',
      startMs: 0,
      adaptationSets: [
        { id: 1, contentType: 'video', startsWithSync: true, representations: [video()] },
        {
          id: 101,
          contentType: 'audio',
          startsWithSync: true,
          language: 'en',
          representations: [AUDIO],
        },
      ],
    },
  ],
};

const LIVE_TEXT = `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,http://www.dashif.org/guidelines/low-latency-live-v5" type="dynamic" availabilityStartTime="2026-11-21T07:00:00.250Z" publishTime="2026-11-21T07:01:24.250Z" minimumUpdatePeriod="PT0.5S" timeShiftBufferDepth="PT12S" suggestedPresentationDelay="PT3.776S" maxSegmentDuration="PT2.006S" minBufferTime="PT0.355S">
  <ServiceDescription id="0">
    <Latency referenceId="0" target="2130" min="1065" max="8130"/>
    <PlaybackRate min="0.96" max="1.04"/>
  </ServiceDescription>
  <Period id="1" start="PT0S">
    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <ProducerReferenceTime id="0" type="encoder" wallClockTime="2026-11-21T07:00:00.250Z" presentationTime="0">
        <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="../time"/>
      </ProducerReferenceTime>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="720p" codecs="avc1.64001f" bandwidth="2800000" width="1280" height="720" frameRate="30">
        <SegmentTemplate media="720p/s$Number$.m4s" initialization="720p/init0.mp4" timescale="90000" presentationTimeOffset="0" startNumber="41" availabilityTimeOffset="1.646" availabilityTimeComplete="false">
          <SegmentTimeline>
            <S t="7200000" d="180000" r="1"/>
            <S d="90000"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="101" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <ProducerReferenceTime id="0" type="encoder" wallClockTime="2026-11-21T07:00:00.250Z" presentationTime="0">
        <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="../time"/>
      </ProducerReferenceTime>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="audio" codecs="mp4a.40.2" bandwidth="150000" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <SegmentTemplate media="audio/s$Number$.m4s" initialization="audio/init0.mp4" timescale="48000" presentationTimeOffset="0" startNumber="41" availabilityTimeOffset="1.646" availabilityTimeComplete="false">
          <SegmentTimeline>
            <S t="3840000" d="96256"/>
            <S d="95232"/>
            <S d="96256"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="../time"/>
</MPD>
`;

const ENDED_TEXT = `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT85.005S" maxSegmentDuration="PT2.006S" minBufferTime="PT0.355S">
  <Period id="41" start="PT80.5S">
    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="720p" codecs="avc1.64001f" bandwidth="2800000" width="1280" height="720">
        <SegmentTemplate media="720p/s$Number$.m4s" initialization="720p/init0.mp4" timescale="90000" presentationTimeOffset="7245000" startNumber="41">
          <SegmentTimeline>
            <S t="7200000" d="180000" r="1"/>
            <S d="90000"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`;

test('writeManifest() writes a live presentation with low latency', () => {
  assert.equal(writeManifest(LIVE), LIVE_TEXT);
});

test('writeManifest() writes an ended presentation without anything that a clock decides', () => {
  const picture = { width: 1280, height: 720, frameRate: undefined };
  const representations = [video({ picture, presentationTimeOffset: 7_245_000 })];
  const ended: Manifest = {
    ...LIVE,
    timing: { kind: 'static', durationMs: 85_005 },
    periods: [
      {
        id: '41',
        startMs: 80_500,
        adaptationSets: [{ id: 1, contentType: 'video', startsWithSync: true, representations }],
      },
    ],
  };
  assert.equal(writeManifest(ended), ENDED_TEXT);
});

function textOf(each: Representation): string {
  const set = { id: 1, contentType: 'video' as const, startsWithSync: true };
  const adaptationSets = [{ ...set, representations: [each] }];
  return writeManifest({ ...LIVE, periods: [{ id: '1', startMs: 0, adaptationSets }] });
}

test('writeManifest() states frame rates as integers or fractions', () => {
  const rates: [number, string][] = [
    [25, '25'],
    [29.97, '30000/1001'],
    [59.94, '60000/1001'],
    [23.976_02, '24000/1001'],
    [12.5, '12500/1000'],
  ];
  for (const [frameRate, written] of rates) {
    const text = textOf(video({ picture: { width: 2, height: 2, frameRate } }));
    assert.match(text, new RegExp(` frameRate="${written}"`));
  }
});

test('writeManifest() states channels by their configuration, and none that has no number', () => {
  const configured: [number, string | undefined][] = [
    [1, '1'],
    [6, '6'],
    [8, '12'],
    [13, undefined],
  ];
  for (const [channels, value] of configured) {
    const text = textOf({ ...AUDIO, sound: { samplingRate: 48_000, channels } });
    const found = /AudioChannelConfiguration .* value="(\d+)"/.exec(text)?.[1];
    assert.equal(found, value);
  }
});

test('writeManifest() escapes what has a meaning in XML', () => {
  assert.match(textOf(video({ id: 'a"<&>b' })), /<Representation id="a&quot;&lt;&amp;&gt;b" /);
});
