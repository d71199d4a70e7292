/** The rows of `stream_qualities`: what the present or last broadcast of a stream serves. */
import type { Database } from '../store/sql/index.ts';
import { lockStream } from './stream-table.ts';

/** One quality of a broadcast. */
export interface StreamQuality {
  /** Of its rendition; unique within the stream. */
  readonly name: string;
  /** At its peak. */
  readonly bitrateKbps: number;
  /** `WIDTHxHEIGHT`; null: sound alone. */
  readonly resolution: string | null;
  /** As in RFC 6381, sound included; empty while it is not known. */
  readonly codec: string;
  /** From the root of the server. */
  readonly playlistPath: string;
}

/** Replaces what is kept of a stream's qualities; nothing when the stream has been deleted. */
export async function keepQualities(
  database: Database,
  streamId: string,
  qualities: readonly StreamQuality[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    if ((await lockStream(transaction, streamId)) === undefined) return;
    await transaction.query('delete from stream_qualities where stream_id = $1', [streamId]);
    for (const { name, bitrateKbps, resolution, codec, playlistPath } of qualities) {
      await transaction.query(
        `insert into stream_qualities
           (stream_id, name, bitrate_kbps, resolution, codec, playlist_path)
         values ($1, $2, $3, $4, $5, $6)`,
        [streamId, name, bitrateKbps, resolution, codec, playlistPath],
      );
    }
  });
}
