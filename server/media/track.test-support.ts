/** Tracks for tests that do not care which. */
import type { AudioTrack, VideoTrack } from './track.ts';

/** A video track of 720p; `config` tells configurations apart. */
export function videoTrack(changes: Partial<VideoTrack> = {}): VideoTrack {
  return {
    kind: 'video',
    codec: 'avc1',
    codecString: 'avc1.64001f',
    timescale: 90_000,
    width: 1280,
    height: 720,
    frameRate: undefined,
    config: new Uint8Array([1, 0x64, 0, 0x1f]),
    ...changes,
  };
}

/** A track of AAC-LC at 48 kHz, 64/3 ms a frame. */
export function audioTrack(changes: Partial<AudioTrack> = {}): AudioTrack {
  return {
    kind: 'audio',
    codec: 'mp4a',
    codecString: 'mp4a.40.2',
    timescale: 48_000,
    channels: 2,
    frameTicks: 1024,
    config: new Uint8Array([0x11, 0x90]),
    ...changes,
  };
}
