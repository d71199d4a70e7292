/** @module What a chat lets in by itself: terms, links, messages that wait for a moderator, the shield. */
export { Automod } from './automod.ts';
export { AutomodStore } from './automod-store.ts';
export { HoldQueue } from './hold-queue.ts';
export { domainOf, MAX_DOMAIN_LENGTH } from './link-rule.ts';
export { Shield } from './shield.ts';
export { MAX_TERM_LENGTH, termProblem } from './term.ts';
