/** How each refusal travels over HTTP. Clients match the code; the status is its family. */
export const ERROR_STATUS = {
  invalid_request: 400,
  invalid_id: 400,
  invalid_delivery_directive: 400,
  malformed_json: 400,
  unknown_command: 400,
  unauthorized: 401,
  invalid_credentials: 401,
  forbidden: 403,
  chat_disabled: 403,
  chat_banned: 403,
  chat_timed_out: 403,
  subscribers_only: 403,
  followers_only: 403,
  emote_only: 403,
  message_rejected: 403,
  csrf_rejected: 403,
  insecure_connection: 403,
  management_is_local: 403,
  key_not_allowed_here: 403,
  host_not_allowed: 403,
  not_found: 404,
  stream_not_found: 404,
  key_not_found: 404,
  message_not_found: 404,
  chatter_not_found: 404,
  rendition_not_found: 404,
  webhook_not_found: 404,
  held_not_found: 404,
  poll_not_found: 404,
  raid_not_found: 404,
  delivery_not_found: 404,
  playlist_not_ready: 404,
  user_not_found: 404,
  invitation_not_found: 404,
  token_not_found: 404,
  session_not_found: 404,
  not_live: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  segment_conflict: 409,
  part_conflict: 409,
  stream_ended: 409,
  invalid_transition: 409,
  stream_disabled: 409,
  owner_may_not_broadcast: 409,
  stream_just_ended: 409,
  too_many_keys: 409,
  too_far_ahead: 409,
  target_is_fixed: 409,
  too_many_renditions: 409,
  idempotency_in_progress: 409,
  name_taken: 409,
  last_admin: 409,
  message_repeated: 409,
  message_held: 409,
  poll_open: 409,
  already_voted: 409,
  raid_announced: 409,
  too_many_invitations: 409,
  too_many_tokens: 409,
  too_many_webhooks: 409,
  webhook_disabled: 409,
  configuration_invalid: 409,
  media_expired: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  idempotency_conflict: 422,
  exceeds_target_duration: 422,
  exceeds_part_target: 422,
  too_many_requests: 429,
  slow_mode: 429,
  header_too_large: 431,
  internal_error: 500,
  journal_write_failed: 500,
  sign_in_unavailable: 503,
  too_many_streams: 503,
  too_many_readers: 503,
  database_unavailable: 503,
  chat_unavailable: 503,
  held_too_long: 503,
  too_many_held: 503,
  shutting_down: 503,
} as const;

/** A stable identifier of why a request was refused. */
export type ErrorCode = keyof typeof ERROR_STATUS;

/** One field of a request body that did not fit, and why, in words for a person. */
export interface FieldProblem {
  /** Where in the body, such as `duration` or `byteRange.length`. */
  readonly field: string;
  readonly message: string;
}

/** An RFC 9457 problem document as every face of the server sends it. */
export interface Problem {
  /** `/docs/errors#code`: a relative address, where the server tells what the code means. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** The action and both values: "Cannot append part 3 of segment 41: segment is closed". */
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

/** A normal "no": returned, never thrown, by whoever decides; the HTTP face turns it into a problem. */
export interface Refusal {
  readonly refused: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}
