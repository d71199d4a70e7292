/** @module The plain case of HTTP/1.1, read strictly from bytes and written back as a head. */
export { acceptsGzip } from './accept-encoding.ts';
export { CHUNK_END, chunkHead, LAST_CHUNK } from './chunked-coding.ts';
export {
  MAX_FIELDS,
  MAX_HEAD_BYTES,
  type Persistence,
  type PlainRequest,
  type Recognition,
  recognise,
} from './recogniser.ts';
export { type HeadParts, responseHead } from './response-head.ts';
