import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { MemoryJournal } from '../../server/store/journal/index.ts';
import {
  type ApiAnswer,
  call,
  type OrchestratorServer,
  playlist,
  startServer,
} from './orchestrator-server.ts';

let server: OrchestratorServer;
before(async () => {
  server = await startServer({ journal: new MemoryJournal() });
});
after(() => server.close());

const SEGMENTS = 'renditions/720p/segments';

function api(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
  return call(server.url, method, path, body);
}

function segment(sequence: number, more: object = {}): object {
  return { sequence, duration: 2.0, path: `/segments/${sequence}.ts`, ...more };
}

async function post(stream: string, ...segments: object[]): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  for (const body of segments)
    answers.push(await api('POST', `/streams/${stream}/${SEGMENTS}`, body));
  return answers;
}

function told({ status, body }: ApiAnswer): string {
  return [status, body.code ?? body.status, body.nextExpectedSequence]
    .filter((x) => x !== undefined)
    .join(' ');
}

describe('POST .../segments', () => {
  test('answers 201 with what was registered, and 200 for a repeat', async () => {
    const [first, second] = await post('plain', segment(42), segment(42));
    assert.deepEqual(
      [first?.status, first?.body],
      [
        201,
        {
          stream: 'plain',
          rendition: '720p',
          sequence: 42,
          duration: 2,
          path: '/segments/42.ts',
          status: 'created',
          nextExpectedSequence: 43,
        },
      ],
    );
    assert.deepEqual(
      [second?.status, second?.body],
      [200, { status: 'duplicate', nextExpectedSequence: 43 }],
    );
  });

  test('gives the playlist of the plain example', async () => {
    await post('example', ...[42, 43, 44].map((sequence) => segment(sequence)));
    const response = await fetch(`${server.url}/streams/example/renditions/720p/playlist.m3u8`);
    assert.equal(response.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.equal(
      await response.text(),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:42
#EXTINF:2.000,
/segments/42.ts
#EXTINF:2.000,
/segments/43.ts
#EXTINF:2.000,
/segments/44.ts
`,
    );
  });

  test('keeps the first of two that disagree, and answers 409', async () => {
    const [, answer] = await post('conflict', segment(1), segment(1, { path: '/other.ts' }));
    assert.ok(answer);
    assert.equal(told(answer), '409 segment_conflict');
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.match(await playlist(server.url, 'conflict', '720p'), /\/segments\/1.ts/);
  });

  test('lets segments wait, and begins lower only until a playlist was served', async () => {
    const answers = await post('order', segment(5), segment(7), segment(4));
    assert.deepEqual(answers.map(told), ['201 created 6', '201 created 6', '201 created 6']);
    assert.match(await playlist(server.url, 'order', '720p'), /SEQUENCE:4\n/);
    const later = await post('order', segment(3), segment(6), segment(2000));
    assert.deepEqual(later.map(told), ['200 late 6', '201 created 8', '409 too_far_ahead']);
  });

  test('refuses a stream that has ended, even a repeat', async () => {
    await post('over', segment(1));
    assert.equal((await api('POST', '/streams/over/end')).status, 200);
    assert.equal((await api('POST', '/streams/over/end')).status, 200);
    assert.deepEqual((await post('over', segment(1), segment(2))).map(told), [
      '409 stream_ended',
      '409 stream_ended',
    ]);
    assert.match(await playlist(server.url, 'over', '720p'), /#EXT-X-ENDLIST\n$/);
    assert.equal(told(await api('POST', '/streams/never/end')), '404 stream_not_found');
  });

  test('answers malformed bodies field by field', async () => {
    const [answer] = await post('bad', { sequence: -1, duration: 'x', path: 'a\nb' });
    assert.equal(answer?.status, 400);
    assert.deepEqual(answer?.body.errors, [
      { field: 'sequence', message: 'must be a whole number from 0 to 9007199254740991' },
      { field: 'duration', message: 'must be a number of seconds from 0.001 to 60' },
      { field: 'path', message: 'must not contain control characters or line breaks' },
    ]);
    assert.equal((await api('GET', '/streams/bad')).status, 404, 'nothing was made');
  });

  test('answers 413, 415, 400, 404 and 405 as HTTP means them', async () => {
    const path = `/streams/http/${SEGMENTS}`;
    const large = JSON.stringify({ ...segment(1), path: 'x'.repeat(70_000) });
    assert.equal(told(await api('POST', path, large)), '413 body_too_large');
    const text = await fetch(server.url + path, { method: 'POST', body: 'sequence=1' });
    assert.equal(text.status, 415);
    assert.equal(told(await api('POST', path, '{"sequence":')), '400 malformed_json');
    assert.equal(told(await api('POST', path)), '400 invalid_request');
    assert.equal(told(await api('POST', '/streams/http/nothing', {})), '404 not_found');
    const wrong = await api('GET', path);
    assert.equal(told(wrong), '405 method_not_allowed');
    assert.equal(wrong.headers.get('allow'), 'POST');
  });

  test('takes ids of 1 to 100 plain characters, and no others', async () => {
    const longest = 'a'.repeat(100);
    for (const id of ['a', 'A.b_c-9', '...', longest]) {
      const answer = await api('POST', `/streams/${id}/renditions/${id}/segments`, segment(1));
      assert.equal(answer.status, 201, id);
    }
    for (const id of [`${longest}a`, 'a%20b', 'a%2Fb', 'ä', 'a%0Ab', '%00']) {
      const stream = await api('POST', `/streams/${id}/renditions/r/segments`, segment(1));
      assert.equal(told(stream), '400 invalid_id', id);
      const rendition = await api('POST', `/streams/s/renditions/${id}/segments`, segment(1));
      assert.equal(told(rendition), '400 invalid_id', id);
    }
  });

  test('takes no id that a client would resolve to another address', async () => {
    for (const id of ['.', '..', '%2e%2E']) {
      const path = `/streams/${id}/renditions/r/segments`;
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const headers = { 'content-type': 'application/json' };
      // Unlike fetch, this sends the path as it is.
      const sent = request(new URL(server.url), { method: 'POST', path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end(JSON.stringify(segment(1)));
      assert.equal(await promise, 400, id);
    }
  });

  test('writes EXT-X-VERSION as low as the features allow', async () => {
    const versions: (string | undefined)[] = [];
    for (const more of [{}, { byteRange: { length: 9, offset: 0 } }, { initPath: 'i.mp4' }]) {
      const stream = `version-${versions.length}`;
      await post(stream, segment(1, more));
      const text = await playlist(server.url, stream, '720p');
      versions.push(/VERSION:(\d+)/.exec(text)?.[1]);
    }
    assert.deepEqual(versions, ['3', '4', '6']);
  });

  test('slides the window and keeps count of the discontinuities that leave it', async () => {
    const all = Array.from({ length: 12 }, (_, n) =>
      segment(n, { discontinuity: n === 2 || n === 8 }),
    );
    await post('window', ...all);
    assert.match(
      await playlist(server.url, 'window', '720p'),
      /SEQUENCE:6\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n(#EXTINF.*\n.*\n){2}#EXT-X-DISCONTINUITY\n/,
    );
    assert.deepEqual((await post('window', segment(1, { path: '/x' }))).map(told), ['200 late 12']);
  });
});

describe('PUT /streams/{id}', () => {
  test('declares a window and targets, which then never change', async () => {
    const made = await api('PUT', '/streams/declared', { windowSize: 3, targetDuration: 2 });
    assert.deepEqual([made.status, made.body.windowSize, made.body.targetDuration], [200, 3, 2]);
    const answers = await post('declared', segment(1), segment(2, { duration: 2.5 }));
    assert.deepEqual(answers.map(told), ['201 created 2', '422 exceeds_target_duration']);
    assert.match(String(answers[1]?.body.detail), /2\.5 s .* 2 s/);
    const again = await api('PUT', '/streams/declared', { targetDuration: 2, windowSize: 4 });
    assert.equal(again.status, 200);
    assert.equal(
      told(await api('PUT', '/streams/declared', { targetDuration: 3 })),
      '409 target_is_fixed',
    );
    await post('declared', ...[2, 3, 4, 5, 6].map((sequence) => segment(sequence)));
    assert.match(await playlist(server.url, 'declared', '720p'), /DURATION:2\n.*SEQUENCE:3\n/);
  });

  test('lets an undeclared target rise and counts it', async () => {
    const before = server.orchestrator.counters.targetRises;
    await post('rises', segment(1), segment(2, { duration: 4.2 }), segment(3));
    assert.match(await playlist(server.url, 'rises', '720p'), /TARGETDURATION:5\n/);
    assert.equal(server.orchestrator.counters.targetRises, before + 1);
    assert.equal(
      told(await api('PUT', '/streams/rises', { targetDuration: 5 })),
      '409 target_is_fixed',
    );
  });
});

describe('POST .../parts', () => {
  const parts = (stream: string, ...bodies: object[]): Promise<ApiAnswer[]> =>
    Promise.all(bodies.map((body) => api('POST', `/streams/${stream}/renditions/v/parts`, body)));
  const part = (sequence: number, index: number, more: object = {}): object => ({
    sequence,
    part: index,
    duration: 0.5,
    path: `${sequence}.${index}.m4s`,
    independent: index === 0,
    ...more,
  });

  test('makes a rendition low-latency', async () => {
    await api('PUT', '/streams/ll', { targetDuration: 2, partTarget: 0.5 });
    await parts('ll', part(1, 0, { initPath: 'init.mp4' }), part(1, 1), part(1, 2), part(1, 3));
    await api('POST', '/streams/ll/renditions/v/segments', segment(1, { path: '1.m4s' }));
    assert.deepEqual((await parts('ll', part(2, 0))).map(told), ['201 created 2']);
    const held = playlist(server.url, 'll', 'v', '?_HLS_msn=2&_HLS_part=1');
    await parts('ll', part(2, 1));
    assert.equal(
      await held,
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=0.500
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PART:DURATION=0.500,URI="1.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.500,URI="1.1.m4s"
#EXT-X-PART:DURATION=0.500,URI="1.2.m4s"
#EXT-X-PART:DURATION=0.500,URI="1.3.m4s"
#EXTINF:2.000,
1.m4s
#EXT-X-PART:DURATION=0.500,URI="2.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.500,URI="2.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.2.m4s"
`,
    );
    const answers = await parts(
      'll',
      part(2, 1),
      part(2, 1, { path: 'x' }),
      part(2, 2, { duration: 0.6 }),
    );
    assert.deepEqual(answers.map(told), [
      '200 duplicate 2',
      '409 part_conflict',
      '422 exceeds_part_target',
    ]);
  });

  test('POST /end answers held requests at once', async () => {
    await post('held', segment(1));
    await playlist(server.url, 'held', '720p');
    const held = playlist(server.url, 'held', '720p', '?_HLS_msn=2');
    await api('POST', '/streams/held/end');
    assert.match(await held, /#EXT-X-ENDLIST\n$/);
  });
});

describe('PUT .../renditions/{r}', () => {
  test('says what the multivariant playlist tells', async () => {
    const video = {
      bandwidth: 3_000_000,
      resolution: '1280x720',
      codecs: 'avc1.64001f',
      audioGroup: 'a',
    };
    await api('PUT', '/streams/multi/renditions/720p', video);
    await api('PUT', '/streams/multi/renditions/en', {
      codecs: 'mp4a.40.2',
      audio: { group: 'a', name: 'English', default: true, language: 'en', channels: 2 },
    });
    const response = await fetch(`${server.url}/streams/multi/master.m3u8`);
    assert.equal(
      await response.text(),
      `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="renditions/en/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
renditions/720p/playlist.m3u8
`,
    );
    assert.equal(await playlist(server.url, 'multi', '720p'), '404', 'no segment yet');
  });
});

describe('GET /streams', () => {
  test('shows where a stream and its renditions stand', async () => {
    await post('state', segment(3), segment(4), segment(6));
    const { body } = await api('GET', '/streams/state');
    assert.deepEqual(body, {
      id: 'state',
      ended: false,
      windowSize: 6,
      targetDuration: null,
      partTarget: null,
      gapTimeout: null,
      independentSegments: false,
      masterUrl: '/streams/state/master.m3u8',
      renditions: [
        {
          name: '720p',
          nextExpectedSequence: 5,
          window: { first: 3, last: 4 },
          openParts: 0,
          waiting: 1,
          settled: false,
          targetDuration: 2,
          partTarget: null,
          attributes: {},
          playlistUrl: '/streams/state/renditions/720p/playlist.m3u8',
        },
      ],
    });
    const list = (await api('GET', '/streams')).body.streams;
    assert.ok(Array.isArray(list) && list.some(({ id }) => id === 'state'));
    assert.equal(told(await api('GET', '/streams/unknown')), '404 stream_not_found');
  });

  test('goes through all streams page by page', async () => {
    await post('zz-last', segment(1));
    const all = (await api('GET', '/streams')).body.streams as readonly { readonly id: string }[];
    const ids: string[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const from = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await api('GET', `/streams?limit=2${from}`);
      const page = body.streams as readonly { readonly id: string }[];
      assert.ok(page.length === 2 || body.next_cursor === null);
      ids.push(...page.map(({ id }) => id));
      cursor = body.next_cursor;
    }
    assert.deepEqual(
      ids,
      all.map(({ id }) => id),
    );
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'cursor=*']) {
      assert.equal(told(await api('GET', `/streams?${query}`)), '400 invalid_request', query);
    }
  });
});
