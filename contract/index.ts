/** @module What server and web share. Imports nothing. */

export {
  type ChangedUserView,
  type CreatedInvitationView,
  type CreatedTokenView,
  type InvitationPurpose,
  type InvitationView,
  type MeView,
  type OpenInvitationView,
  ROLES,
  type Role,
  SCOPE_WORDS,
  SCOPES,
  type Scope,
  type SessionView,
  type TokenView,
  type UserView,
} from './account.ts';
export {
  type ApiAnswer,
  ApiClient,
  type ApiClientSettings,
  ApiError,
  type ApiRouteName,
  type CallArguments,
  type CallOptions,
} from './api-client.ts';
export type { ApiRoutes } from './api-routes.ts';
export type { ApiSchemas } from './api-schemas.ts';
export type { AuditView } from './audit.ts';
export {
  AUTOMOD_ACTIONS,
  AUTOMOD_LEVELS,
  type AutomodAction,
  type AutomodSettings,
  type AutomodTerm,
} from './automod.ts';
export {
  CHAT_CLOSE,
  CHAT_MESSAGE_KINDS,
  CHAT_ROLES,
  CHAT_VERSION,
  type ChatAuthor,
  type ChatClear,
  type ChatCloseReason,
  type ChatCommandView,
  type ChatEntry,
  type ChatFragment,
  type ChatFrame,
  type ChatHeld,
  type ChatMessage,
  type ChatPoll,
  type ChatPosition,
  type ChatPostView,
  type ChatPurge,
  type ChatRaid,
  type ChatRemoval,
  type ChatRequest,
  type ChatRole,
  type ChatSettings,
  type ChatTicketView,
  MAX_CHAT_LENGTH,
  POLL_RESULT_MS,
  type ResyncReason,
} from './chat.ts';
export {
  ERROR_STATUS,
  type ErrorCode,
  type FieldProblem,
  type Problem,
  type Refusal,
} from './error-code.ts';
export type { EventView } from './event.ts';
export {
  HEALTH_CODES,
  type HealthChange,
  type HealthCode,
  type HealthFinding,
  type HealthView,
} from './health.ts';
export {
  type CreatedStream,
  type IngestListView,
  type IngestView,
  type IssuedKeyView,
  type LiveStreamView,
  OFFERED_PROTOCOLS,
  PUBLISH_PROTOCOLS,
  type PublishProtocol,
  STREAM_STATUSES,
  type StreamKeyView,
  type StreamStatus,
  type StreamView,
} from './stream.ts';
export type {
  BroadcastAudienceView,
  ViewerCount,
  ViewerSessionView,
  ViewersView,
} from './viewers.ts';
export type { DeliveryView, WebhookTestResult, WebhookView, WebhookWithSecret } from './webhook.ts';
