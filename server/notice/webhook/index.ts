/** @module Webhooks: programs of others are told what happens, signed, in order, until they have it. */
export { Courier } from './courier.ts';
export { Deliveries, type DeliveriesTally } from './deliveries.ts';
export { WebhookSender } from './webhook-sender.ts';
export { type WebhookChanges, type WebhookDraft, Webhooks } from './webhooks.ts';
