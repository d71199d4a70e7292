/** @module What stands before everybody in a chat: the pinned message, the poll, the raid. */
export { Pins } from './pins.ts';
export { PollStore } from './poll-store.ts';
export { Polls } from './polls.ts';
export { Raids } from './raids.ts';
export type { StageVoice } from './stage-voice.ts';
