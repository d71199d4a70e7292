/** A webhook as the API shows it. Never contains the secret. */
export interface WebhookView {
  /** `whk_…` */
  readonly id: string;
  /** The broadcaster whose events it is told; null: everybody's. */
  readonly ownerId: string | null;
  readonly url: string;
  readonly description: string;
  /** Empty: every type. */
  readonly eventTypes: readonly string[];
  readonly isEnabled: boolean;
  /** Why it is disabled, in words; null while it is enabled. */
  readonly disabledReason: string | null;
  /** Until when the secret before the present one signs as well; null when it does not. ISO 8601. */
  readonly previousSecretExpiresAt: string | null;
  readonly createdAt: string;
}

/** The answer to creating a webhook or rotating its secret: the only time the secret is shown. */
export interface WebhookWithSecret extends WebhookView {
  /** `whsec_…` */
  readonly secret: string;
}

/** Where the delivery of one event to one webhook stands. */
export interface DeliveryView {
  /** `dlv_…` */
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  /** Tries so far, since it was last put in line. */
  readonly attempts: number;
  /** When it is tried next, at the earliest; null when it is not. ISO 8601. */
  readonly nextAttemptAt: string | null;
  readonly lastAttemptAt: string | null;
  /** HTTP status of the last answer; null when there was none. */
  readonly lastStatus: number | null;
  /** What went wrong last, in words; null when nothing did. */
  readonly lastError: string | null;
}

/** What a receiver answered to a test event. */
export interface WebhookTestResult {
  readonly isDelivered: boolean;
  readonly status: number | null;
  readonly error: string | null;
}
