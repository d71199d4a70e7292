-- Several servers may number the same room for a while: when Redis, which else does it for all, is
-- away. A place is then only told apart by the run that gave it, until they have put their entries
-- into one order.

alter table chat_messages drop constraint chat_messages_pkey;
alter table chat_messages add primary key (stream_id, seq, epoch);
