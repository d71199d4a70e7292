-- Chat. Messages are written behind the room, so they refer to streams and broadcasts by id alone:
-- a message may be here before the row of its broadcast is.

create table chat_messages (
  stream_id text not null,
  -- Its place in the room, without gaps.
  seq bigint not null,
  -- Which run of the room gave that place.
  epoch text not null,
  id text not null unique,
  posted_at timestamptz not null,
  -- Null while nothing was on air.
  broadcast_id text,
  -- Media time, in milliseconds.
  stream_time_ms bigint not null,
  author_id text not null,
  author_name text not null,
  author_roles text[] not null default '{}',
  -- A list of text, mention, link and emote; never markup.
  fragments jsonb not null,
  reply_to text,
  -- What its author called it: the same again is not posted again.
  nonce text,
  is_paid boolean not null default false,
  removed_at timestamptz,
  primary key (stream_id, seq)
);
create index chat_messages_media_time on chat_messages (broadcast_id, stream_time_ms, seq);
create index chat_messages_author on chat_messages (stream_id, author_id, seq);

create table chat_settings (
  stream_id text primary key,
  slow_mode_s integer not null check (slow_mode_s >= 0),
  guests_may_post boolean not null,
  updated_at timestamptz not null
);
