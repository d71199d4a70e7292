/** Made by tools/api-client.ts from the OpenAPI document: not to be edited. */
import type { ApiSchemas } from './api-schemas.ts';

/** Every route: what it is asked with, and what it answers when it does as asked. */
export interface ApiRoutes {
  /** Where encoders publish to. */
  readonly 'GET /api/ingest': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['IngestList'];
  };
  /** Streams, newest first, in pages. */
  readonly 'GET /api/streams': {
    readonly request: {
      readonly query?: {
        readonly cursor?: string | undefined;
        readonly limit?: number | undefined;
        readonly status?: 'scheduled' | 'idle' | 'live' | 'reconnecting' | 'ended' | undefined;
        readonly category?: string | undefined;
        readonly broadcasterId?: string | undefined;
        readonly q?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['StreamPage'];
  };
  /** Make a stream; its key is shown this once. */
  readonly 'POST /api/streams': {
    readonly request: {
      readonly body: {
        readonly title: string;
        readonly description?: string | undefined;
        readonly category?: string | undefined;
        readonly chatEnabled?: boolean | undefined;
        readonly recordingEnabled?: boolean | undefined;
        readonly isPremium?: boolean | undefined;
        readonly drmRequired?: boolean | undefined;
        readonly disabled?: boolean | undefined;
        /** Its own qualities as LADDER writes them, "off", or null for those of the server. */
        readonly ladder?: string | null | undefined;
        readonly scheduledStart?: string | null | undefined;
        /** Whose it is; who signed in may leave it out for their own. */
        readonly broadcasterId?: string | undefined;
        /** It never goes live again after its first broadcast. */
        readonly once?: boolean | undefined;
      };
    };
    readonly answer: ApiSchemas['CreatedStream'];
  };
  /** The streams that are live, the latest to begin first. */
  readonly 'GET /api/streams/live': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['StreamList'];
  };
  /** One stream. */
  readonly 'GET /api/streams/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Stream'];
  };
  /** Change a stream; qualities hold from its next broadcast on. */
  readonly 'PATCH /api/streams/{id}': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        readonly title?: string | undefined;
        readonly description?: string | undefined;
        readonly category?: string | undefined;
        readonly chatEnabled?: boolean | undefined;
        readonly recordingEnabled?: boolean | undefined;
        readonly isPremium?: boolean | undefined;
        readonly drmRequired?: boolean | undefined;
        readonly disabled?: boolean | undefined;
        /** Its own qualities as LADDER writes them, "off", or null for those of the server. */
        readonly ladder?: string | null | undefined;
        readonly scheduledStart?: string | null | undefined;
      };
    };
    readonly answer: ApiSchemas['Stream'];
  };
  /** Remove a stream with its keys; one on air has to be ended first. */
  readonly 'DELETE /api/streams/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** One stream as a player needs it: where it plays, in which qualities. */
  readonly 'GET /api/v1/live/streams/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['LiveStream'];
  };
  /** Go live; the broadcast waits for its encoder. */
  readonly 'POST /api/streams/{id}/start': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: { readonly streamKey: string };
    };
    readonly answer: ApiSchemas['Stream'];
  };
  /** End the broadcast: its encoder is told to stop, and refused for 60 s. */
  readonly 'POST /api/streams/{id}/end': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Stream'];
  };
  /** Show a new key; the old one is refused from now on. */
  readonly 'POST /api/streams/{id}/key': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['CreatedStream'];
  };
  /** The keys of a stream, without the keys themselves. */
  readonly 'GET /api/streams/{id}/keys': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['StreamKeyList'];
  };
  /** Issue a key: in place of the stream’s own, or a guest’s beside it. */
  readonly 'POST /api/streams/{id}/keys': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body:
        | {
            readonly kind: 'main';
            /** How long the old key works on. */
            readonly overlapSeconds?: number | undefined;
            /** Whether who publishes by the old key is cut off then; false without it. */
            readonly disconnect?: boolean | undefined;
          }
        | {
            readonly kind: 'guest';
            readonly name: string;
            /** Empty: every protocol, now and later. */
            readonly protocols?: readonly 'rtmp'[] | undefined;
            readonly addressRanges?: readonly string[] | undefined;
            readonly expiresAt?: string | null | undefined;
          };
    };
    readonly answer: ApiSchemas['IssuedStreamKey'];
  };
  /** Revoke a key; who publishes by it is cut off within 5 s. */
  readonly 'DELETE /api/streams/{id}/keys/{keyId}': {
    readonly request: {
      readonly params: { readonly id: string; readonly keyId: string };
      readonly query?: { readonly disconnect?: 'true' | 'false' | undefined };
    };
    readonly answer: undefined;
  };
  /** Your webhooks, newest first; for administrators those of all. */
  readonly 'GET /api/webhooks': {
    readonly request: {
      readonly query?: {
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['WebhookPage'];
  };
  /** Have a program told what happens from now on; its secret is shown this once. */
  readonly 'POST /api/webhooks': {
    readonly request: {
      readonly body: {
        /** Begins with https:// and leads to the internet. */
        readonly url: string;
        readonly description?: string | undefined;
        /** Empty: every type. */
        readonly eventTypes?:
          | readonly (
              | 'stream.created'
              | 'stream.updated'
              | 'stream.deleted'
              | 'broadcast.connected'
              | 'broadcast.started'
              | 'broadcast.reconnecting'
              | 'broadcast.resumed'
              | 'broadcast.ended'
              | 'key.rotated'
              | 'health.raised'
              | 'health.cleared'
              | 'recording.ready'
              | 'clip.ready'
            )[]
          | undefined;
        /** The broadcaster to be told about; only administrators name another. */
        readonly ownerId?: string | null | undefined;
      };
    };
    readonly answer: ApiSchemas['WebhookWithSecret'];
  };
  /** One webhook, without its secret. */
  readonly 'GET /api/webhooks/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Webhook'];
  };
  /** Change, disable or enable a webhook. */
  readonly 'PATCH /api/webhooks/{id}': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** Begins with https:// and leads to the internet. */
        readonly url?: string | undefined;
        readonly description?: string | undefined;
        readonly eventTypes?:
          | readonly (
              | 'stream.created'
              | 'stream.updated'
              | 'stream.deleted'
              | 'broadcast.connected'
              | 'broadcast.started'
              | 'broadcast.reconnecting'
              | 'broadcast.resumed'
              | 'broadcast.ended'
              | 'key.rotated'
              | 'health.raised'
              | 'health.cleared'
              | 'recording.ready'
              | 'clip.ready'
            )[]
          | undefined;
        readonly isEnabled?: boolean | undefined;
      };
    };
    readonly answer: ApiSchemas['Webhook'];
  };
  /** Delete a webhook with the list of its deliveries. */
  readonly 'DELETE /api/webhooks/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** Show a new secret; for 24 hours the one before signs as well. */
  readonly 'POST /api/webhooks/{id}/secret': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['WebhookWithSecret'];
  };
  /** Send an event of type webhook.test once, and say what came back. */
  readonly 'POST /api/webhooks/{id}/test': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['WebhookTestResult'];
  };
  /** Put all deliveries in line again that failed. */
  readonly 'POST /api/webhooks/{id}/replay': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Replayed'];
  };
  /** What became of each event, newest first; `?status=failed` lists what failed. */
  readonly 'GET /api/webhooks/{id}/deliveries': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly query?: {
        readonly status?: 'pending' | 'delivered' | 'failed' | undefined;
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['DeliveryPage'];
  };
  /** Put one delivery in line again. */
  readonly 'POST /api/webhooks/{id}/deliveries/{deliveryId}/replay': {
    readonly request: { readonly params: { readonly id: string; readonly deliveryId: string } };
    readonly answer: ApiSchemas['Delivery'];
  };
  /** What happened to what is yours, and what happens. */
  readonly 'GET /api/events': {
    readonly request: {
      readonly query?: {
        readonly after?: string | undefined;
        readonly limit?: number | undefined;
        readonly streamId?: string | undefined;
        readonly types?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['EventPage'];
  };
  /** Who did what to which object, from where; newest first. */
  readonly 'GET /api/audit': {
    readonly request: {
      readonly query?: {
        readonly actorId?: string | undefined;
        readonly action?: string | undefined;
        readonly objectKind?: string | undefined;
        readonly objectId?: string | undefined;
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['AuditPage'];
  };
  /** The latest messages, or those of a range of media time, oldest first. */
  readonly 'GET /api/streams/{id}/chat': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly query?: {
        readonly limit?: number | undefined;
        readonly broadcastId?: string | undefined;
        readonly from?: number | undefined;
        readonly to?: number | undefined;
        readonly order?: 'oldest' | 'newest' | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatHistory'];
  };
  /** Say something, or give a command. */
  readonly 'POST /api/streams/{id}/chat': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** Who speaks; without it, whoever asks. */
        readonly userId?: string | undefined;
        /** The name of a `userId` that has no account here. */
        readonly username?: string | undefined;
        readonly content: string;
        /** The same one again is answered as the first time. */
        readonly nonce?: string | undefined;
        readonly replyTo?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatCommanded'] | ApiSchemas['ChatPost'];
  };
  /** A ticket with which to join by WebSocket as who asks: once, within 30 seconds. */
  readonly 'POST /api/streams/{id}/chat/ticket': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatTicket'];
  };
  /** What may be typed behind a `/`, for help and completion. */
  readonly 'GET /api/chat/commands': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['ChatCommands'];
  };
  /** How the chat is set. */
  readonly 'GET /api/streams/{id}/chat/settings': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatSettings'];
  };
  /** Change how the chat is set; everybody in it is told; for moderators. */
  readonly 'PATCH /api/streams/{id}/chat/settings': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** Seconds between two messages of one author; 0: none. */
        readonly slowModeS?: number | undefined;
        readonly guestsMayPost?: boolean | undefined;
        readonly subscribersOnly?: boolean | undefined;
        /** Minutes that one must have followed the stream; 0: follow it; null: no. */
        readonly followersOnlyMinutes?: number | null | undefined;
        readonly emoteOnly?: boolean | undefined;
        readonly uniqueChat?: boolean | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatSettings'];
  };
  /** How the filter of a chat is set; for its moderators. */
  readonly 'GET /api/streams/{id}/chat/automod': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatAutomod'];
  };
  /** Set the filter of a chat; for moderators. It holds at once, and not for what they write. */
  readonly 'PATCH /api/streams/{id}/chat/automod': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** Whether terms are sought: not at all, as words, or within words as well. */
        readonly level?: 'off' | 'standard' | 'strict' | undefined;
        readonly terms?:
          | readonly {
              /** A word or phrase; `*` at its beginning or end lets it go on there. */
              readonly text: string;
              readonly action: 'hold' | 'block';
            }[]
          | undefined;
        /** What becomes of links to other domains than `domains`. */
        readonly links?: 'allow' | 'hold' | 'block' | undefined;
        readonly domains?: readonly string[] | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatAutomod'];
  };
  /** Messages that wait for a moderator, oldest first; each for ten minutes. */
  readonly 'GET /api/streams/{id}/chat/held': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatHeldList'];
  };
  /** Let a held message in, as if it had just been written. */
  readonly 'POST /api/streams/{id}/chat/held/{heldId}/approve': {
    readonly request: { readonly params: { readonly id: string; readonly heldId: string } };
    readonly answer: ApiSchemas['ChatHeld'];
  };
  /** Do not let a held message in. */
  readonly 'POST /api/streams/{id}/chat/held/{heldId}/deny': {
    readonly request: { readonly params: { readonly id: string; readonly heldId: string } };
    readonly answer: ApiSchemas['ChatHeld'];
  };
  /** Shield a chat: no guests, followers of ten minutes alone, a message in 30 seconds, filters at their strictest. */
  readonly 'PUT /api/streams/{id}/chat/shield': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatSettings'];
  };
  /** Take the shield away: everything as it was before. */
  readonly 'DELETE /api/streams/{id}/chat/shield': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatSettings'];
  };
  /** The message that stands above the chat. */
  readonly 'GET /api/streams/{id}/chat/pin': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatPin'];
  };
  /** Put a recent message above the chat, in the place of the one before; for moderators. */
  readonly 'PUT /api/streams/{id}/chat/pin': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: { readonly messageId: string };
    };
    readonly answer: undefined;
  };
  /** Take away what stands above the chat; for moderators. */
  readonly 'DELETE /api/streams/{id}/chat/pin': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** The latest 50 polls of the chat, newest first, with their counts. */
  readonly 'GET /api/streams/{id}/chat/polls': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatPolls'];
  };
  /** Ask everybody; one poll at a time, one vote an author; for moderators. */
  readonly 'POST /api/streams/{id}/chat/polls': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        readonly question: string;
        readonly choices: readonly string[];
        readonly durationS?: number | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatPoll'];
  };
  /** End the poll that is open; its result is told within seconds; for moderators. */
  readonly 'POST /api/streams/{id}/chat/polls/end': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatPoll'];
  };
  /** Vote in the poll that is open, once; whoever may not write in the chat may not vote. */
  readonly 'POST /api/streams/{id}/chat/polls/votes': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** Its place among the choices, from 0. */
        readonly choice: number;
      };
    };
    readonly answer: undefined;
  };
  /** Take the viewers to another stream of this server that is on air, in 15 seconds; for the broadcaster. */
  readonly 'POST /api/streams/{id}/chat/raid': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: { readonly streamId: string };
    };
    readonly answer: ApiSchemas['ChatRaid'];
  };
  /** Call the raid off; for the broadcaster. */
  readonly 'DELETE /api/streams/{id}/chat/raid': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['ChatRaid'];
  };
  /** Who did what in the chat, newest first; for its moderators. */
  readonly 'GET /api/streams/{id}/chat/moderation': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly query?: {
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatDeedPage'];
  };
  /** Take one message back, here and in history; for moderators. */
  readonly 'DELETE /api/streams/{id}/chat/messages/{messageId}': {
    readonly request: { readonly params: { readonly id: string; readonly messageId: string } };
    readonly answer: undefined;
  };
  /** Take everything that was said out of sight; for moderators. */
  readonly 'POST /api/streams/{id}/chat/clear': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** Bans and timeouts that hold, newest first, page by page; for moderators. */
  readonly 'GET /api/streams/{id}/chat/bans': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly query?: {
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatBans'];
  };
  /** Ban somebody, or time them out, and hide what they wrote; for moderators. */
  readonly 'PUT /api/streams/{id}/chat/bans/{authorId}': {
    readonly request: {
      readonly params: { readonly id: string; readonly authorId: string };
      readonly body: {
        /** Seconds of a timeout; without it, or null: a ban. */
        readonly durationS?: number | null | undefined;
        readonly reason?: string | undefined;
        /** The name of who has no account here. */
        readonly username?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatBan'];
  };
  /** Lift a ban or timeout; for moderators. */
  readonly 'DELETE /api/streams/{id}/chat/bans/{authorId}': {
    readonly request: { readonly params: { readonly id: string; readonly authorId: string } };
    readonly answer: undefined;
  };
  /** Who has which role in the chat, newest first, page by page; for moderators. */
  readonly 'GET /api/streams/{id}/chat/members': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly query?: {
        readonly role?: 'moderator' | 'vip' | 'subscriber' | undefined;
        readonly limit?: number | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ChatMembers'];
  };
  /** Make somebody a moderator, VIP or subscriber; for the broadcaster. */
  readonly 'PUT /api/streams/{id}/chat/members/{authorId}/roles/{role}': {
    readonly request: {
      readonly params: {
        readonly id: string;
        readonly authorId: string;
        readonly role: 'moderator' | 'vip' | 'subscriber';
      };
      readonly body?: {
        /** The name of who has no account here. */
        readonly username?: string | undefined;
      };
    };
    readonly answer: undefined;
  };
  /** Take a role away; for the broadcaster. */
  readonly 'DELETE /api/streams/{id}/chat/members/{authorId}/roles/{role}': {
    readonly request: {
      readonly params: {
        readonly id: string;
        readonly authorId: string;
        readonly role: 'moderator' | 'vip' | 'subscriber';
      };
    };
    readonly answer: undefined;
  };
  /** Whether and since when you follow the stream. */
  readonly 'GET /api/streams/{id}/follow': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Follow'];
  };
  /** Follow the stream. */
  readonly 'POST /api/streams/{id}/follow': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Follow'];
  };
  /** Follow the stream no more. */
  readonly 'DELETE /api/streams/{id}/follow': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Follow'];
  };
  /** What is wrong with the broadcast on air, and how to mend it. */
  readonly 'GET /api/streams/{id}/health': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Health'];
  };
  /** How many watch, and the peak and all different viewers of its broadcast. */
  readonly 'GET /api/streams/{id}/viewers': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['Viewers'];
  };
  /** A page begins to watch; without a `sessionId` it is given one. */
  readonly 'POST /api/streams/{id}/viewers/join': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body?: {
        /** A random name of this one page, of its own making or from its join. */
        readonly sessionId?: string | undefined;
      };
    };
    readonly answer: ApiSchemas['ViewerSession'];
  };
  /** A page still watches; one that was given up joins again by it. */
  readonly 'POST /api/streams/{id}/viewers/heartbeat': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** A random name of this one page, of its own making or from its join. */
        readonly sessionId: string;
      };
    };
    readonly answer: ApiSchemas['ViewerSession'];
  };
  /** A page watches no more. */
  readonly 'POST /api/streams/{id}/viewers/leave': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        /** A random name of this one page, of its own making or from its join. */
        readonly sessionId: string;
      };
    };
    readonly answer: undefined;
  };
  /** Who asks. */
  readonly 'GET /api/me': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['Me'];
  };
  /** Sign in with name and password. */
  readonly 'POST /api/session': {
    readonly request: { readonly body: { readonly name: string; readonly password: string } };
    readonly answer: ApiSchemas['Me'];
  };
  /** Sign out. */
  readonly 'DELETE /api/session': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: undefined;
  };
  /** Where you are signed in. */
  readonly 'GET /api/sessions': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: { readonly data: readonly ApiSchemas['Session'][] };
  };
  /** End one of your sessions. */
  readonly 'DELETE /api/sessions/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** Change your password. */
  readonly 'PUT /api/me/password': {
    readonly request: {
      readonly body: { readonly currentPassword: string; readonly newPassword: string };
    };
    readonly answer: ApiSchemas['Me'];
  };
  /** Your API tokens. */
  readonly 'GET /api/tokens': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: { readonly data: readonly ApiSchemas['Token'][] };
  };
  /** Make an API token. */
  readonly 'POST /api/tokens': {
    readonly request: {
      readonly body: {
        readonly name: string;
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
        readonly expiresAt?: string | null | undefined;
      };
    };
    readonly answer: ApiSchemas['CreatedToken'];
  };
  /** Revoke one of your API tokens. */
  readonly 'DELETE /api/tokens/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** People with an account, oldest first. */
  readonly 'GET /api/users': {
    readonly request: {
      readonly query?: {
        readonly cursor?: string | undefined;
        readonly limit?: number | undefined;
      };
    };
    readonly answer: {
      readonly data: readonly ApiSchemas['User'][];
      readonly next_cursor: string | null;
    };
  };
  /** Change what somebody may do. */
  readonly 'PATCH /api/users/{id}': {
    readonly request: {
      readonly params: { readonly id: string };
      readonly body: {
        readonly role?: 'admin' | 'broadcaster' | 'moderator' | 'viewer' | undefined;
        readonly disabled?: boolean | undefined;
      };
    };
    readonly answer: ApiSchemas['ChangedUser'];
  };
  /** One-time links that were not used yet. */
  readonly 'GET /api/invitations': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: { readonly data: readonly ApiSchemas['OpenInvitation'][] };
  };
  /** Invite somebody. */
  readonly 'POST /api/invitations': {
    readonly request: {
      readonly body: { readonly role: 'admin' | 'broadcaster' | 'moderator' | 'viewer' };
    };
    readonly answer: ApiSchemas['CreatedInvitation'];
  };
  /** Make a link with which somebody sets a new password. */
  readonly 'POST /api/users/{id}/password-link': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: ApiSchemas['CreatedInvitation'];
  };
  /** What a one-time link is for. */
  readonly 'POST /api/invitations/look': {
    readonly request: {
      readonly body: {
        /** What stands behind the `#` of the link. */
        readonly secret: string;
      };
    };
    readonly answer: ApiSchemas['Invitation'];
  };
  /** Use a one-time link: make the account, or set the password. */
  readonly 'POST /api/invitations/accept': {
    readonly request: {
      readonly body: {
        /** What stands behind the `#` of the link. */
        readonly secret: string;
        /** For a new account: what to sign in with */
        readonly name?: string | undefined;
        /** For a new account: what others see; else the name */
        readonly displayName?: string | undefined;
        readonly password: string;
      };
    };
    readonly answer: ApiSchemas['Me'];
  };
  /** Withdraw a one-time link. */
  readonly 'DELETE /api/invitations/{id}': {
    readonly request: { readonly params: { readonly id: string } };
    readonly answer: undefined;
  };
  /** The time of the server, for measuring latency. */
  readonly 'GET /api/clock': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['Clock'];
  };
  /** Every setting as it counts now; secrets are hidden. */
  readonly 'GET /api/configuration': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: { readonly settings: readonly ApiSchemas['Setting'][] };
  };
  /** Reads .env and the certificate again, as SIGHUP does. */
  readonly 'POST /api/configuration/reload': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: ApiSchemas['ConfigurationReload'];
  };
  /** This document: OpenAPI 3.1. */
  readonly 'GET /api/openapi.json': {
    readonly request: Readonly<Record<never, never>>;
    readonly answer: { readonly openapi: string };
  };
}
