import { z } from 'zod';
import type {
  DeliveryView,
  WebhookTestResult,
  WebhookView,
  WebhookWithSecret,
} from '../../../contract/index.ts';
import { EVENT_TYPES } from '../../store/sql/index.ts';
import { idCursorSchema, limitSchema, pageSchema, positionCursorSchema } from './paging.ts';
import { body, line, named, sought, timeSchema } from './schema.ts';

const MAX_URL_LENGTH = 2048;
const MAX_DESCRIPTION_LENGTH = 200;
const MAX_OWNER_ID_LENGTH = 100;
const MAX_ID_LENGTH = 100;

const webhookShape = {
  id: z.string(),
  ownerId: z.string().nullable().meta({ description: "Null: the operator's, told of everything." }),
  url: z.string(),
  description: z.string(),
  eventTypes: z.array(z.string()).readonly().meta({ description: 'Empty: every type.' }),
  isEnabled: z.boolean(),
  disabledReason: z.string().nullable(),
  previousSecretExpiresAt: timeSchema
    .nullable()
    .meta({ description: 'Until then the secret before signs as well.' }),
  createdAt: timeSchema,
};

/** A webhook as its owner sees it. */
export const webhookSchema = named(
  'Webhook',
  z.object(webhookShape) satisfies z.ZodType<WebhookView>,
);

/** A webhook with its secret, which is shown this once. */
export const webhookWithSecretSchema = named(
  'WebhookWithSecret',
  z.object({ ...webhookShape, secret: z.string() }) satisfies z.ZodType<WebhookWithSecret>,
);

/** Webhooks, newest first. */
export const webhookPageSchema = pageSchema('WebhookPage', webhookSchema);

const url = z
  .string()
  .max(MAX_URL_LENGTH, { error: `must have at most ${MAX_URL_LENGTH} characters` })
  .meta({ description: 'Begins with https:// and leads to the internet.' });
const description = z.union([z.literal(''), line(MAX_DESCRIPTION_LENGTH)]);
const eventTypes = z.array(z.enum(EVENT_TYPES)).max(EVENT_TYPES.length);

/** What a webhook is made from. */
export const webhookDraftSchema = body({
  url,
  description: description.default(''),
  eventTypes: eventTypes.default([]).meta({ description: 'Empty: every type.' }),
  ownerId: line(MAX_OWNER_ID_LENGTH)
    .nullable()
    .optional()
    .meta({ description: 'The broadcaster to be told about; only administrators name another.' }),
});

/** What may be changed about a webhook. */
export const webhookChangesSchema = body({
  url: url.optional(),
  description: description.optional(),
  eventTypes: eventTypes.optional(),
  isEnabled: z.boolean().optional(),
});

/** What a list of webhooks is asked by. */
export const webhookQuerySchema = z.object({ limit: limitSchema, cursor: idCursorSchema });

const deliveryStatus = z.enum(['pending', 'delivered', 'failed']);

/** One delivery. */
export const deliverySchema = named(
  'Delivery',
  z.object({
    id: z.string(),
    eventId: z.string().meta({ description: 'The `webhook-id` it is sent with, at every try.' }),
    eventType: z.string(),
    status: deliveryStatus,
    attempts: z.int(),
    nextAttemptAt: timeSchema.nullable(),
    lastAttemptAt: timeSchema.nullable(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
  }) satisfies z.ZodType<DeliveryView>,
);

/** Deliveries, those of the newest events first. */
export const deliveryPageSchema = pageSchema('DeliveryPage', deliverySchema);

/** What a list of deliveries is asked by. */
export const deliveryQuerySchema = z.object({
  status: deliveryStatus.optional(),
  limit: limitSchema,
  cursor: positionCursorSchema,
});

/** One delivery of one webhook, in a path. */
export const byDelivery = z.object({
  id: z.string().min(1),
  deliveryId: sought(MAX_ID_LENGTH).min(1),
});

/** How many deliveries were put in line again. */
export const replayedSchema = named('Replayed', z.object({ replayed: z.int() }));

/** What came back. */
export const webhookTestSchema = named(
  'WebhookTestResult',
  z.object({
    isDelivered: z.boolean(),
    status: z.int().nullable(),
    error: z.string().nullable(),
  }) satisfies z.ZodType<WebhookTestResult>,
);
