/** Made by tools/api-client.ts from the OpenAPI document: not to be edited. */

/** What the API answers with, by the names of the document. */
export interface ApiSchemas {
  readonly AuditEntry: {
    readonly at: string;
    readonly actor: {
      readonly kind: 'user' | 'token' | 'operator' | 'system';
      readonly id: string | null;
      readonly remoteAddress: string | null;
    };
    readonly action: string;
    readonly objectKind: string;
    readonly objectId: string | null;
    readonly changes: Readonly<Record<string, unknown>> | null;
  };
  readonly AuditPage: {
    readonly data: readonly ApiSchemas['AuditEntry'][];
    readonly next_cursor: string | null;
  };
  readonly ChangedUser: {
    readonly id: string;
    readonly name: string;
    readonly displayName: string;
    readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer';
    readonly createdAt: string;
    readonly disabledAt: string | null;
    /** What becomes of the streams of who may not broadcast; null: nothing. */
    readonly notice: string | null;
  };
  readonly ChatAutomod: {
    /** Whether terms are sought: not at all, as words, or within words as well. */
    readonly level: 'off' | 'standard' | 'strict';
    readonly terms: readonly { readonly text: string; readonly action: 'hold' | 'block' }[];
    /** What becomes of links to other domains than `domains`. */
    readonly links: 'allow' | 'hold' | 'block';
    readonly domains: readonly string[];
  };
  readonly ChatBan: {
    readonly authorId: string;
    readonly authorName: string;
    /** The end of a timeout; null: a ban. */
    readonly expiresAt: string | null;
    readonly reason: string;
    readonly createdAt: string;
  };
  readonly ChatBans: {
    readonly bans: readonly ApiSchemas['ChatBan'][];
    readonly next_cursor: string | null;
  };
  readonly ChatCommand: {
    readonly name: string;
    readonly aliases: readonly string[];
    /** Such as `/timeout <name> [seconds] [reason]`. */
    readonly usage: string;
    readonly help: string;
    readonly who: 'everybody' | 'moderator' | 'broadcaster';
  };
  readonly ChatCommanded: {
    /** In words, for whoever gave it. */
    readonly commanded: string;
  };
  readonly ChatCommands: { readonly commands: readonly ApiSchemas['ChatCommand'][] };
  readonly ChatDeed: {
    readonly at: string;
    readonly actor: {
      readonly kind: 'user' | 'token' | 'operator' | 'system';
      readonly id: string | null;
    };
    /** Such as `chat.timeout`. */
    readonly action: string;
    readonly changes: Readonly<Record<string, unknown>> | null;
  };
  readonly ChatDeedPage: {
    readonly data: readonly ApiSchemas['ChatDeed'][];
    readonly next_cursor: string | null;
  };
  readonly ChatFragment:
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'mention'; readonly text: string; readonly name: string }
    | { readonly type: 'link'; readonly text: string; readonly url: string }
    | { readonly type: 'emote'; readonly text: string; readonly emote: string };
  readonly ChatHeld: {
    readonly id: string;
    readonly author: {
      readonly id: string;
      readonly name: string;
      readonly roles: readonly ('broadcaster' | 'moderator' | 'vip' | 'subscriber')[];
    };
    readonly fragments: readonly ApiSchemas['ChatFragment'][];
    readonly replyTo?: string;
    readonly kind?: 'announcement' | 'raid' | 'action';
    /** What was found in it. */
    readonly reason: string;
    readonly state: 'waiting' | 'approved' | 'denied' | 'expired';
    readonly heldAt: string;
    readonly expiresAt: string;
  };
  readonly ChatHeldList: { readonly held: readonly ApiSchemas['ChatHeld'][] };
  readonly ChatHistory: {
    readonly messages: readonly ApiSchemas['ChatMessage'][];
    /** Null: there are no more of the range. */
    readonly next_cursor: string | null;
  };
  readonly ChatMembers: {
    readonly members: readonly {
      readonly authorId: string;
      readonly authorName: string;
      readonly role: 'moderator' | 'vip' | 'subscriber';
      readonly addedAt: string;
    }[];
    readonly next_cursor: string | null;
  };
  readonly ChatMessage: {
    readonly type: 'message';
    readonly kind?: 'announcement' | 'raid' | 'action';
    /** Its place in the room. */
    readonly seq: number;
    readonly id: string;
    readonly timestamp: string;
    /** Seconds of media time; 0 while nothing is on air. */
    readonly streamTime: number;
    readonly broadcastId: string | null;
    readonly author: {
      readonly id: string;
      readonly name: string;
      readonly roles: readonly ('broadcaster' | 'moderator' | 'vip' | 'subscriber')[];
    };
    /** Plain text in pieces; never markup. */
    readonly fragments: readonly ApiSchemas['ChatFragment'][];
    readonly replyTo?: string;
    readonly isPaid?: true;
  };
  readonly ChatPin: { readonly message: ApiSchemas['ChatMessage'] | null };
  readonly ChatPoll: {
    readonly id: string;
    readonly question: string;
    readonly choices: readonly { readonly text: string; readonly votes: number }[];
    readonly startedAt: string;
    readonly endsAt: string;
    /** False: the counts are its result. */
    readonly isOpen: boolean;
  };
  readonly ChatPolls: { readonly polls: readonly ApiSchemas['ChatPoll'][] };
  readonly ChatPost: {
    readonly type: 'message';
    readonly kind?: 'announcement' | 'raid' | 'action';
    /** Its place in the room. */
    readonly seq: number;
    readonly id: string;
    readonly timestamp: string;
    /** Seconds of media time; 0 while nothing is on air. */
    readonly streamTime: number;
    readonly broadcastId: string | null;
    readonly author: {
      readonly id: string;
      readonly name: string;
      readonly roles: readonly ('broadcaster' | 'moderator' | 'vip' | 'subscriber')[];
    };
    /** Plain text in pieces; never markup. */
    readonly fragments: readonly ApiSchemas['ChatFragment'][];
    readonly replyTo?: string;
    readonly isPaid?: true;
    /** Whether it is in the database; false: it is shown, and not kept yet. */
    readonly isKept: boolean;
  };
  readonly ChatRaid: {
    readonly id: string;
    readonly state: 'announced' | 'gone' | 'cancelled';
    /** Why it was cancelled, where nobody asked for that. */
    readonly reason?: 'server_stopped' | 'target_ended';
    readonly streamId: string;
    readonly streamTitle: string;
    readonly goesAt: string;
    /** Over how long pages leave behind `goesAt`. */
    readonly spreadMs: number;
  };
  readonly ChatSettings: {
    /** Seconds between two messages of one author; 0: none. */
    readonly slowModeS: number;
    readonly guestsMayPost: boolean;
    /** VIPs and moderators write as well. */
    readonly subscribersOnly: boolean;
    /** Minutes that one must have followed the stream; 0: follow it; null: no. */
    readonly followersOnlyMinutes: number | null;
    readonly emoteOnly: boolean;
    /** Nobody repeats what was said lately. */
    readonly uniqueChat: boolean;
    readonly shield: boolean;
  };
  readonly ChatTicket: { readonly ticket: string; readonly expiresAt: string };
  readonly Clock: { readonly epochMs: number };
  readonly ConfigurationReload: {
    readonly applied: readonly string[];
    readonly needRestart: readonly string[];
    readonly isCertificateRead: boolean;
  };
  readonly CreatedInvitation: {
    readonly purpose: 'first_admin' | 'invitation' | 'password_reset';
    readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer' | null;
    readonly name: string | null;
    readonly expiresAt: string;
    readonly id: string;
    readonly createdAt: string;
    readonly path: string;
    /** By `PUBLIC_URL`, else by the address that this request came to. */
    readonly url: string;
    /** Why the link may not work elsewhere, and what mends that; null: it does. */
    readonly hint: string | null;
  };
  readonly CreatedStream: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly category: string;
    readonly broadcasterId: string;
    readonly status: 'scheduled' | 'idle' | 'live' | 'reconnecting' | 'ended';
    readonly disabled: boolean;
    readonly once: boolean;
    readonly chatEnabled: boolean;
    readonly recordingEnabled: boolean;
    readonly isPremium: boolean;
    readonly drmRequired: boolean;
    readonly scheduledStart: string | null;
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
    readonly broadcastId: string | null;
    readonly cutOff: boolean;
    readonly returning: boolean;
    readonly quality: string | null;
    readonly viewerCount: number;
    readonly playbackUrl: string;
    readonly watchUrl: string;
    readonly posterUrl: string | null;
    readonly ladder: string | null;
    readonly streamKey: string;
    readonly ingest: ApiSchemas['Ingest'];
  };
  readonly CreatedToken: {
    readonly id: string;
    readonly name: string;
    readonly last4: string;
    readonly scopes: readonly (
      | 'streams:read'
      | 'streams:write'
      | 'keys:write'
      | 'events:read'
      | 'webhooks:write'
      | 'chat:read'
      | 'chat:write'
      | 'admin'
    )[];
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly lastUsedAt: string | null;
    readonly token: string;
  };
  readonly Delivery: {
    readonly id: string;
    /** The `webhook-id` it is sent with, at every try. */
    readonly eventId: string;
    readonly eventType: string;
    readonly status: 'pending' | 'delivered' | 'failed';
    readonly attempts: number;
    readonly nextAttemptAt: string | null;
    readonly lastAttemptAt: string | null;
    readonly lastStatus: number | null;
    readonly lastError: string | null;
  };
  readonly DeliveryPage: {
    readonly data: readonly ApiSchemas['Delivery'][];
    readonly next_cursor: string | null;
  };
  readonly Event: {
    readonly id: string;
    readonly type: string;
    readonly timestamp: string;
    readonly streamId: string | null;
    readonly data: Readonly<Record<string, unknown>>;
  };
  readonly EventPage: {
    readonly data: readonly ApiSchemas['Event'][];
    /** `after` of the next request, also when it has nothing new yet. */
    readonly next_cursor: string;
  };
  readonly Follow: { readonly isFollowing: boolean; readonly followedAt: string | null };
  readonly Health: {
    readonly findings: readonly {
      readonly code:
        | 'source_silent'
        | 'source_slow'
        | 'video_stopped'
        | 'audio_stopped'
        | 'qualities_missing'
        | 'keyframe_interval_too_long'
        | 'frame_rate_too_low';
      readonly detail: string;
      readonly since: string;
    }[];
  };
  readonly Ingest: { readonly rtmpUrl: string };
  readonly IngestList: {
    readonly rtmpUrl: string;
    readonly endpoints: readonly {
      readonly url: string;
      readonly region: string;
      readonly isPrimary: boolean;
    }[];
  };
  readonly Invitation: {
    readonly purpose: 'first_admin' | 'invitation' | 'password_reset';
    readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer' | null;
    readonly name: string | null;
    readonly expiresAt: string;
  };
  readonly IssuedStreamKey: {
    readonly id: string;
    readonly name: string;
    readonly main: boolean;
    readonly last4: string;
    readonly protocols: readonly ('rtmp' | 'rtmps' | 'srt' | 'whip')[];
    readonly addressRanges: readonly string[];
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly revokedAt: string | null;
    readonly lastUsedAt: string | null;
    readonly streamKey: string;
  };
  readonly LiveStream: {
    readonly stream_id: string;
    readonly title: string;
    readonly status: 'scheduled' | 'idle' | 'live' | 'reconnecting' | 'ended';
    readonly started_at: string | null;
    readonly playback_url: string;
    readonly drm: { readonly required: boolean };
    readonly qualities: readonly { readonly resolution: string | null; readonly bitrate: number }[];
    readonly features: { readonly dvr_enabled: boolean; readonly dvr_window_seconds: number };
  };
  readonly Me: {
    readonly user: ApiSchemas['User'] | null;
    readonly csrfToken: string | null;
    readonly hasAccounts: boolean;
    readonly mayBroadcast: boolean;
  };
  readonly OpenInvitation: {
    readonly purpose: 'first_admin' | 'invitation' | 'password_reset';
    readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer' | null;
    readonly name: string | null;
    readonly expiresAt: string;
    readonly id: string;
    readonly createdAt: string;
  };
  /** RFC 9457. Programs match `code`, which never changes; `detail` is for people. */
  readonly Problem: {
    /** A relative address that names the code. */
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly code:
      | 'invalid_request'
      | 'invalid_id'
      | 'invalid_delivery_directive'
      | 'malformed_json'
      | 'unknown_command'
      | 'unauthorized'
      | 'invalid_credentials'
      | 'forbidden'
      | 'chat_disabled'
      | 'chat_banned'
      | 'chat_timed_out'
      | 'subscribers_only'
      | 'followers_only'
      | 'emote_only'
      | 'message_rejected'
      | 'csrf_rejected'
      | 'insecure_connection'
      | 'management_is_local'
      | 'key_not_allowed_here'
      | 'host_not_allowed'
      | 'not_found'
      | 'stream_not_found'
      | 'key_not_found'
      | 'message_not_found'
      | 'chatter_not_found'
      | 'rendition_not_found'
      | 'webhook_not_found'
      | 'held_not_found'
      | 'poll_not_found'
      | 'raid_not_found'
      | 'delivery_not_found'
      | 'playlist_not_ready'
      | 'user_not_found'
      | 'invitation_not_found'
      | 'token_not_found'
      | 'session_not_found'
      | 'not_live'
      | 'method_not_allowed'
      | 'request_timeout'
      | 'segment_conflict'
      | 'part_conflict'
      | 'stream_ended'
      | 'invalid_transition'
      | 'stream_disabled'
      | 'owner_may_not_broadcast'
      | 'stream_just_ended'
      | 'too_many_keys'
      | 'too_far_ahead'
      | 'target_is_fixed'
      | 'too_many_renditions'
      | 'idempotency_in_progress'
      | 'name_taken'
      | 'last_admin'
      | 'message_repeated'
      | 'message_held'
      | 'poll_open'
      | 'already_voted'
      | 'raid_announced'
      | 'too_many_invitations'
      | 'too_many_tokens'
      | 'too_many_webhooks'
      | 'webhook_disabled'
      | 'configuration_invalid'
      | 'media_expired'
      | 'body_too_large'
      | 'unsupported_media_type'
      | 'range_not_satisfiable'
      | 'idempotency_conflict'
      | 'exceeds_target_duration'
      | 'exceeds_part_target'
      | 'too_many_requests'
      | 'slow_mode'
      | 'header_too_large'
      | 'internal_error'
      | 'journal_write_failed'
      | 'sign_in_unavailable'
      | 'too_many_streams'
      | 'too_many_readers'
      | 'database_unavailable'
      | 'chat_unavailable'
      | 'held_too_long'
      | 'too_many_held'
      | 'shutting_down';
    readonly detail: string;
    /** The fields that do not fit. */
    readonly errors?: readonly { readonly field: string; readonly message: string }[];
  };
  readonly Replayed: { readonly replayed: number };
  readonly Session: {
    readonly id: string;
    readonly createdAt: string;
    readonly lastSeenAt: string;
    readonly expiresAt: string;
    readonly remoteAddress: string | null;
    readonly userAgent: string | null;
    readonly isCurrent: boolean;
  };
  readonly Setting: {
    readonly name: string;
    readonly value: string | null;
    readonly source: 'flag' | 'environment' | 'file' | 'default';
    readonly takesEffect: 'at once' | 'next broadcast' | 'restart';
    readonly awaitsRestart: boolean;
  };
  readonly Stream: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly category: string;
    readonly broadcasterId: string;
    readonly status: 'scheduled' | 'idle' | 'live' | 'reconnecting' | 'ended';
    readonly disabled: boolean;
    readonly once: boolean;
    readonly chatEnabled: boolean;
    readonly recordingEnabled: boolean;
    readonly isPremium: boolean;
    readonly drmRequired: boolean;
    readonly scheduledStart: string | null;
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
    readonly broadcastId: string | null;
    readonly cutOff: boolean;
    readonly returning: boolean;
    readonly quality: string | null;
    readonly viewerCount: number;
    readonly playbackUrl: string;
    readonly watchUrl: string;
    readonly posterUrl: string | null;
    readonly ladder: string | null;
  };
  readonly StreamKey: {
    readonly id: string;
    readonly name: string;
    readonly main: boolean;
    readonly last4: string;
    readonly protocols: readonly ('rtmp' | 'rtmps' | 'srt' | 'whip')[];
    readonly addressRanges: readonly string[];
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly revokedAt: string | null;
    readonly lastUsedAt: string | null;
  };
  readonly StreamKeyList: { readonly data: readonly ApiSchemas['StreamKey'][] };
  readonly StreamList: { readonly streams: readonly ApiSchemas['Stream'][] };
  readonly StreamPage: {
    readonly data: readonly ApiSchemas['Stream'][];
    readonly next_cursor: string | null;
  };
  readonly Token: {
    readonly id: string;
    readonly name: string;
    readonly last4: string;
    readonly scopes: readonly (
      | 'streams:read'
      | 'streams:write'
      | 'keys:write'
      | 'events:read'
      | 'webhooks:write'
      | 'chat:read'
      | 'chat:write'
      | 'admin'
    )[];
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly lastUsedAt: string | null;
  };
  readonly User: {
    readonly id: string;
    readonly name: string;
    readonly displayName: string;
    readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer';
    readonly createdAt: string;
    readonly disabledAt: string | null;
  };
  readonly ViewerSession: {
    readonly sessionId: string;
    /** Seconds to the next heartbeat. */
    readonly heartbeatS: number;
    /** Who is silent for so long is counted no more. */
    readonly timeoutS: number;
    /** Viewers now. */
    readonly count: number;
    /** False: an estimate, of more than 1,000. */
    readonly isExact: boolean;
  };
  readonly Viewers: {
    /** Viewers now. */
    readonly count: number;
    /** False: an estimate, of more than 1,000. */
    readonly isExact: boolean;
    /** Percent by which `count` may be wrong, one standard deviation. */
    readonly errorPercent: number;
    /** The broadcast on air, else the last one that was watched. */
    readonly broadcast: {
      readonly id: string;
      /** Most viewers at once. */
      readonly peak: number;
      readonly peakAt: string | null;
      /** Different viewers from its beginning on. */
      readonly unique: number;
      readonly isUniqueExact: boolean;
    } | null;
  };
  readonly Webhook: {
    readonly id: string;
    /** Null: the operator's, told of everything. */
    readonly ownerId: string | null;
    readonly url: string;
    readonly description: string;
    /** Empty: every type. */
    readonly eventTypes: readonly string[];
    readonly isEnabled: boolean;
    readonly disabledReason: string | null;
    /** Until then the secret before signs as well. */
    readonly previousSecretExpiresAt: string | null;
    readonly createdAt: string;
  };
  readonly WebhookPage: {
    readonly data: readonly ApiSchemas['Webhook'][];
    readonly next_cursor: string | null;
  };
  readonly WebhookTestResult: {
    readonly isDelivered: boolean;
    readonly status: number | null;
    readonly error: string | null;
  };
  readonly WebhookWithSecret: {
    readonly id: string;
    /** Null: the operator's, told of everything. */
    readonly ownerId: string | null;
    readonly url: string;
    readonly description: string;
    /** Empty: every type. */
    readonly eventTypes: readonly string[];
    readonly isEnabled: boolean;
    readonly disabledReason: string | null;
    /** Until then the secret before signs as well. */
    readonly previousSecretExpiresAt: string | null;
    readonly createdAt: string;
    readonly secret: string;
  };
}
