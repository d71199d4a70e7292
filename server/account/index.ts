/** @module Who may broadcast: streams, their keys, and which of them are live. */
export { loadPepper, PepperError } from './pepper.ts';
export {
  beginBroadcast,
  endBroadcast,
  MAX_BROADCASTER_ID_LENGTH,
  MAX_TITLE_LENGTH,
  type Stream,
  type StreamDraft,
} from './stream.ts';
export { type PublishAttempt, type PublishGrant, StreamDirectory } from './stream-directory.ts';
export { readStreamDraft } from './stream-draft.ts';
export { isStreamKey, StreamKeys, streamIdOf } from './stream-key.ts';
