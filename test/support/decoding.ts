/** @module Has FFmpeg judge what a playlist lists. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf, tempFolder } from './component.ts';

/** The init segment and every whole segment of the playlist read from `url`, one after another. */
export async function wholeMedia(url: string, text: string): Promise<Buffer> {
  const names = [
    /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1] ?? '',
    ...(text.match(/^[^#\n]+\.m4s$/gm) ?? []),
  ];
  const bodies: Buffer[] = [];
  for (const name of names) {
    const response = await fetch(new URL(name, url));
    assert.equal(response.status, 200, name);
    bodies.push(Buffer.from(await response.arrayBuffer()));
  }
  return Buffer.concat(bodies);
}

/** FFmpeg reads every sample of `media` without a complaint. */
export function assertDecodes(media: Buffer): void {
  const file = join(tempFolder(), 'media.mp4');
  writeFileSync(file, media);
  // Otherwise FFmpeg rounds to whole frames, and complains of what only its rounding made equal.
  const exact = ['-enc_time_base:v', '1:90000'];
  const args = ['-v', 'error', '-nostdin', '-i', file, ...exact, '-f', 'null', '-'];
  const decoded = spawnSync(pathOf('ffmpeg'), args, { encoding: 'utf8' });
  assert.equal(decoded.status, 0, decoded.stderr);
  assert.equal(decoded.stderr.trim(), '');
}
