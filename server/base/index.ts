/** @module Bytes, time, errors, log: what every floor may use. No word of media in here. */
export { assert, Fault } from './assert.ts';
export { base32 } from './base32.ts';
export { childEnvironment } from './child-environment.ts';
export { type Cancel, type Clock, ManualClock, systemClock } from './clock.ts';
export { type Log, type LogFields, silentLog } from './log.ts';
export { newId } from './new-id.ts';
export { RightOfWay } from './right-of-way.ts';
export { Signal } from './signal.ts';
export { systemCodeOf } from './system-error.ts';
export { Violation } from './violation.ts';
