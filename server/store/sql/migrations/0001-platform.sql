-- The platform: people, streams and their keys, broadcasts, what happened, and who did it.
-- Secrets are kept as hashes. All times are in UTC.

create table users (
  id text primary key,
  -- As typed; unique without regard to case.
  name text not null,
  display_name text not null,
  role text not null check (role in ('admin', 'broadcaster', 'moderator', 'viewer')),
  -- argon2id in PHC form; null: signs in by no password.
  password_hash text,
  created_at timestamptz not null,
  disabled_at timestamptz
);
create unique index users_name on users (lower(name));

create table sessions (
  -- SHA-256 of what the cookie holds.
  id_hash text primary key,
  user_id text not null references users on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  remote_address text,
  user_agent text
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

create table api_tokens (
  id text primary key,
  user_id text not null references users on delete cascade,
  name text not null,
  secret_hash text not null unique,
  last4 text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_tokens_user on api_tokens (user_id);

create table invitations (
  -- SHA-256 of what the link holds.
  secret_hash text primary key,
  purpose text not null check (purpose in ('first_admin', 'invitation', 'password_reset')),
  role text check (role in ('admin', 'broadcaster', 'moderator', 'viewer')),
  user_id text references users on delete cascade,
  -- The user or token that made it: who may no longer invite leaves no open links behind.
  created_by text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table streams (
  id text primary key,
  -- A user's id, or whatever an operator calls the owner.
  broadcaster_id text not null,
  title text not null,
  description text not null default '',
  category text not null default '',
  status text not null check (status in ('scheduled', 'idle', 'live', 'reconnecting', 'ended')),
  is_disabled boolean not null default false,
  -- Ends for good with its first broadcast.
  is_once boolean not null default false,
  chat_enabled boolean not null default true,
  recording_enabled boolean not null default false,
  is_premium boolean not null default false,
  drm_required boolean not null default false,
  -- As LADDER writes it, or 'off'; null: the server's.
  ladder text,
  scheduled_start timestamptz,
  -- Of the present or last broadcast.
  actual_start timestamptz,
  ended_at timestamptz,
  broadcast_id text,
  -- Until then every key is refused: an encoder that was told to stop comes back by itself.
  keys_refused_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index streams_created on streams (created_at desc, id desc);
create index streams_status on streams (status, actual_start desc);
create index streams_broadcaster on streams (broadcaster_id, created_at desc, id desc);

create table stream_qualities (
  stream_id text not null references streams on delete cascade,
  name text not null,
  bitrate_kbps integer not null check (bitrate_kbps >= 0),
  -- WIDTHxHEIGHT; null: audio only.
  resolution text,
  codec text not null,
  playlist_path text not null,
  primary key (stream_id, name)
);

create table ingest_endpoints (
  id text primary key,
  url text not null unique,
  region text not null default '',
  is_primary boolean not null default false,
  created_at timestamptz not null
);

create table stream_keys (
  id text primary key,
  stream_id text not null references streams on delete cascade,
  name text not null default '',
  -- The stream's own key, which rotation replaces; the others are guests'.
  is_main boolean not null default false,
  -- HMAC-SHA-256 under the pepper; the key itself is nowhere.
  key_hash text not null unique,
  last4 text not null,
  -- Empty: any protocol; else some of rtmp, rtmps, srt, whip.
  protocols text[] not null default '{}',
  -- Empty: any address; else CIDR ranges.
  address_ranges text[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index stream_keys_stream on stream_keys (stream_id);

-- Servers on this database; one that has not been seen for long is gone.
create table nodes (
  id text primary key,
  last_seen timestamptz not null
);

create table broadcasts (
  id text primary key,
  stream_id text not null references streams on delete cascade,
  -- The server that carries it; its row in nodes may be gone. Null: none that runs.
  node_id text,
  started_at timestamptz not null,
  ended_at timestamptz,
  -- In words: ended by request, encoder gone, the server was stopped …
  end_reason text,
  -- How often the encoder was lost and came back.
  reconnects integer not null default 0
);
create index broadcasts_stream on broadcasts (stream_id, started_at desc);
create index broadcasts_on_air on broadcasts (stream_id) where ended_at is null;

create table recordings (
  id text primary key,
  stream_id text not null references streams on delete cascade,
  broadcast_id text not null references broadcasts on delete cascade,
  status text not null check (status in ('recording', 'ready', 'failed')),
  path text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  duration_ms bigint,
  size_bytes bigint
);
create index recordings_stream on recordings (stream_id, started_at desc);

-- What happened, in the order in which it was committed; readers hold a position.
create table events (
  position bigint generated always as identity primary key,
  id text not null unique,
  type text not null,
  occurred_at timestamptz not null,
  -- Whose it is: who may read it besides administrators.
  owner_id text,
  stream_id text,
  data jsonb not null
);
create index events_stream on events (stream_id, position);
create index events_owner on events (owner_id, position);
create index events_age on events (occurred_at);

-- How far each reader of the events has come that does not keep a position itself.
create table event_cursors (
  name text primary key,
  position bigint not null
);

create table webhooks (
  id text primary key,
  -- Null: the operator's, which is told of everything; else of what belongs to this broadcaster.
  owner_id text,
  -- The user who made it; null: whoever holds API_TOKEN.
  created_by text,
  url text not null,
  description text not null default '',
  -- Empty: every event of its owner.
  event_types text[] not null default '{}',
  -- The secret is derived from this number and from one that is not in the database.
  secret_version integer not null default 1,
  -- Until then the version before signs as well.
  previous_secret_expires_at timestamptz,
  -- Events after this one are for it.
  from_position bigint not null,
  created_at timestamptz not null,
  disabled_at timestamptz,
  disabled_reason text
);
create index webhooks_owner on webhooks (owner_id, created_at desc, id desc);
create index webhooks_created on webhooks (created_at desc, id desc);

create table webhook_deliveries (
  id text primary key,
  webhook_id text not null references webhooks on delete cascade,
  event_position bigint not null references events on delete cascade,
  status text not null check (status in ('pending', 'delivered', 'failed')),
  -- Tries, not counting those before a replay.
  attempts integer not null default 0,
  -- The receiver refused it while it took others: those behind it do not wait for it.
  is_aside boolean not null default false,
  -- When it was put in line, by the event or by a replay.
  queued_at timestamptz not null,
  next_attempt_at timestamptz not null,
  -- Until then a server is at it.
  claimed_until timestamptz,
  last_attempt_at timestamptz,
  last_status integer,
  last_error text,
  unique (webhook_id, event_position)
);
create index webhook_deliveries_event on webhook_deliveries (event_position);
create index webhook_deliveries_line on webhook_deliveries (webhook_id, event_position)
  where status = 'pending' and not is_aside;
create index webhook_deliveries_aside on webhook_deliveries (webhook_id, next_attempt_at)
  where status = 'pending' and is_aside;
create index webhook_deliveries_age on webhook_deliveries (last_attempt_at)
  where status = 'delivered';
create index webhook_deliveries_failed on webhook_deliveries (webhook_id, event_position)
  where status = 'failed';

create table audit_log (
  position bigint generated always as identity primary key,
  at timestamptz not null,
  -- user, token, operator, or system
  actor_kind text not null,
  actor_id text,
  action text not null,
  object_kind text not null,
  object_id text,
  remote_address text,
  changes jsonb
);
create index audit_log_object on audit_log (object_kind, object_id, position);
create index audit_log_actor on audit_log (actor_id, position);

-- Append-only, for whoever has only this role as well.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_log_is_kept before update or delete or truncate on audit_log
  for each statement execute function refuse_change();

create table idempotency_keys (
  -- Who asked: a key of one is nothing to another.
  principal text not null,
  -- A hash under a secret of the server: the key itself opens what is sealed.
  key text not null,
  -- SHA-256 of method, path and body.
  request_hash text not null,
  -- Null while the first request is being answered.
  status integer,
  -- The answer, encrypted with the key: it may hold what is shown once.
  sealed text,
  created_at timestamptz not null,
  primary key (principal, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
