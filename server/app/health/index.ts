/** @module What is wrong with what is on air, found by looking at it. */
export { HealthWatch } from './health-watch.ts';
