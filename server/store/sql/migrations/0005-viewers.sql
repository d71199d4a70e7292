-- Viewers. Written behind the broadcast, so it is referred to by id alone: the figures may be here
-- before its row is.

create table broadcast_audiences (
  broadcast_id text primary key,
  stream_id text not null,
  -- Most at once, and when.
  peak integer not null check (peak >= 0),
  peak_at timestamptz,
  unique_viewers integer not null check (unique_viewers >= 0),
  -- False: an estimate, or the server was started anew in mid-broadcast.
  is_unique_exact boolean not null,
  updated_at timestamptz not null
);
create index broadcast_audiences_stream on broadcast_audiences (stream_id, updated_at desc);
