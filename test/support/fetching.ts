/** @module Reads playlists over HTTP for tests. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';

/** The body of `url` as text; fails with what the server said instead. */
export async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  const body = await response.text();
  assert.ok(response.ok, `${url}: ${response.status} ${body}`);
  return body;
}

/** Asks `url` until `accepts` takes the answer; fails with the last one after `timeoutMs`. */
export async function fetchUntil(
  url: string,
  accepts: (status: number, body: string) => boolean,
  timeoutMs = 15_000,
): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const response = await fetch(url);
    const body = await response.text();
    if (accepts(response.status, body)) return body;
    assert.ok(performance.now() < deadline, `${url} still says ${response.status} ${body}`);
    await wait(100);
  }
}

/** The addresses of all media playlists that the multivariant playlist at `url` names. */
export async function renditionUrls(url: string): Promise<string[]> {
  const text = await fetchUntil(url, (status) => status === 200);
  const names = [...text.matchAll(/URI="([^"]+\.m3u8)"|^([^#\s]\S*\.m3u8)$/gm)];
  // Audio is named twice: beside the video, and as a variant of its own.
  return [...new Set(names.map((name) => new URL(name[1] ?? name[2] ?? '', url).href))];
}

/** Sends `body` as JSON. */
export function postJson(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** The value of a metric in Prometheus' text format; 0 when it is not there. */
export function metricOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}
