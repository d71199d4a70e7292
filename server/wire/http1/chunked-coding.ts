/** Ends a body in the chunked transfer coding (RFC 9112 section 7.1). */
export const LAST_CHUNK = '0\r\n\r\n';

/** What ends the bytes of a chunk. */
export const CHUNK_END = '\r\n';

/** What stands before the `sizeBytes` bytes of a chunk; at least one, since a chunk of none ends the body. */
export function chunkHead(sizeBytes: number): string {
  return `${sizeBytes.toString(16)}\r\n`;
}
