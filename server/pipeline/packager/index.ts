/** @module Samples into CMAF parts and segments, and those onto a broadcast's timelines. */
export { BroadcastPackager, type BroadcastPackagerSettings } from './broadcast-packager.ts';
export type { PackagerObserver } from './broadcast-publication.ts';
export type { PackagedEvent, WarningCode } from './packaged.ts';
export { Packager } from './packager.ts';
export type { PackagerSettings } from './start.ts';
export { targetDurationOf } from './target.ts';
