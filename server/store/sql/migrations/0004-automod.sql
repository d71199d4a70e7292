-- What a chat lets in by itself, what waits for a moderator, and what stands before everybody.

create table chat_automod (
  stream_id text primary key references streams on delete cascade,
  level text not null check (level in ('off', 'standard', 'strict')),
  links text not null check (links in ('allow', 'hold', 'block')),
  -- A list of {text, action}.
  terms jsonb not null,
  domains text[] not null,
  updated_at timestamptz not null
);

create table chat_held (
  id text primary key,
  stream_id text not null references streams on delete cascade,
  author_id text not null,
  author_name text not null,
  author_roles text[] not null,
  fragments jsonb not null,
  -- What was found in it, for moderators.
  reason text not null,
  -- A row that waits and is past its time has expired.
  state text not null check (state in ('waiting', 'approved', 'denied')),
  held_at timestamptz not null,
  expires_at timestamptz not null
);
create index chat_held_waiting on chat_held (stream_id, held_at) where state = 'waiting';
create index chat_held_age on chat_held (expires_at);

-- Rooms that are shielded, and how they were set before.
create table chat_shields (
  stream_id text primary key references streams on delete cascade,
  settings_before jsonb not null,
  raised_at timestamptz not null
);

create table chat_pins (
  stream_id text primary key references streams on delete cascade,
  -- The message as it was when it was pinned.
  message jsonb not null,
  pinned_at timestamptz not null
);

create table chat_polls (
  id text primary key,
  stream_id text not null references streams on delete cascade,
  question text not null,
  choices text[] not null,
  started_at timestamptz not null,
  ends_at timestamptz not null,
  -- The result, as long as choices; null while votes may still come.
  votes integer[]
);
-- One at a time.
create unique index chat_polls_open on chat_polls (stream_id) where votes is null;
create index chat_polls_age on chat_polls (stream_id, started_at desc, id);

-- Of polls without a result.
create table chat_poll_votes (
  poll_id text not null references chat_polls on delete cascade,
  author_id text not null,
  choice integer not null,
  primary key (poll_id, author_id)
);
