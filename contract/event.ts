/** Something that happened, as webhooks, the event stream and `GET /api/events` tell it. */
export interface EventView {
  /** `evt_…`, unique; a webhook's `webhook-id`. */
  readonly id: string;
  /** Such as `broadcast.started`; docs/reference/events.md lists all. */
  readonly type: string;
  /** When it happened: ISO 8601, UTC. */
  readonly timestamp: string;
  readonly streamId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}
