-- Moderation: who is what in a chat, who may not write there, and how it is set.

alter table chat_messages add column kind text;
-- What was cleared must not be read over to find what is shown.
create index chat_messages_shown on chat_messages (stream_id, seq) where removed_at is null;

alter table chat_settings
  add column subscribers_only boolean not null default false,
  add column followers_only_minutes integer check (followers_only_minutes >= 0),
  add column emote_only boolean not null default false,
  add column unique_chat boolean not null default false,
  add column shield boolean not null default false;

-- Roles in one stream's chat. Its broadcaster needs no row.
create table chat_members (
  stream_id text not null references streams on delete cascade,
  -- A user's id, or whatever an operator calls an author.
  author_id text not null,
  author_name text not null,
  role text not null check (role in ('moderator', 'vip', 'subscriber')),
  added_at timestamptz not null,
  primary key (stream_id, author_id, role)
);

create table follows (
  stream_id text not null references streams on delete cascade,
  user_id text not null references users on delete cascade,
  followed_at timestamptz not null,
  primary key (stream_id, user_id)
);
create index follows_user on follows (user_id, followed_at desc);

-- Who may not write, one row an author: the latest timeout or ban.
create table chat_bans (
  stream_id text not null references streams on delete cascade,
  -- A user's id, a guest's, or whatever an operator calls the author.
  author_id text not null,
  author_name text not null,
  -- Null: banned until it is lifted; else the end of a timeout.
  expires_at timestamptz,
  reason text not null default '',
  -- HMAC-SHA-256 under the pepper of the address that a banned author wrote from; null: not known.
  address_hash text,
  created_at timestamptz not null,
  primary key (stream_id, author_id)
);
create index chat_bans_age on chat_bans (stream_id, created_at desc, author_id);
