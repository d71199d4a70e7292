/** @module Reads playlists with two parsers that know nothing of ours. */
import assert from 'node:assert/strict';
import { parse, setOptions, types } from 'hls-parser';
import { type Manifest, Parser } from 'm3u8-parser';

// Else it prints what is against the specification, and goes on.
setOptions({ strictMode: true });

/** A media playlist as hls-parser has it; throws for what is against the specification. */
export function readMediaPlaylist(text: string): types.MediaPlaylist {
  const playlist = parse(text);
  assert.ok(playlist instanceof types.MediaPlaylist, text);
  return playlist;
}

/** A multivariant playlist as hls-parser has it; throws for what is against the specification. */
export function readMultivariantPlaylist(text: string): types.MasterPlaylist {
  const playlist = parse(text);
  assert.ok(playlist instanceof types.MasterPlaylist, text);
  return playlist;
}

/** Any playlist as m3u8-parser has it. */
export function readManifest(text: string): Manifest {
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return parser.manifest;
}

/** The file names of the whole segments that a media playlist of a broadcast names, gaps included. */
export function segmentNames(text: string): string[] {
  return text.match(/^s\d+\.m4s$/gm) ?? [];
}
