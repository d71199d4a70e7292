/** @module Streams and their life: what they are, their keys, who may publish, what is on air. */

export { isAddressRange, isInRanges } from './address-range.ts';
export type { CutPublisher, PublishAttempt, PublishGrant } from './admission.ts';
export { Channels, type ChannelsSettings, type UnwrittenTally } from './channels.ts';
export { SERVER_FAILED, SERVER_STOPPING } from './cut-off-reason.ts';
export {
  type IngestEndpoint,
  keepPrimaryEndpoint,
  listIngestEndpoints,
} from './ingest-table.ts';
export { hasStreamKeys, type StreamKey } from './key-table.ts';
export { MAX_ADDRESS_RANGES, MAX_OVERLAP_MS } from './keyring.ts';
export { loadNodeId } from './node-id.ts';
export { loadPepper, PepperError } from './pepper.ts';
export { keepQualities, type StreamQuality } from './quality-table.ts';
export {
  MAX_BROADCASTER_ID_LENGTH,
  MAX_CATEGORY_LENGTH,
  MAX_DESCRIPTION_LENGTH,
  MAX_TITLE_LENGTH,
  type Stream,
} from './stream.ts';
export { StreamKeys } from './stream-key.ts';
export { importStreamsFile, StreamsFileError } from './streams-file.ts';
