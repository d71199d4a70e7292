-- All that was said, oldest first, for exports. Numbers alone are no order: what a server said on its
-- own for long keeps numbers that others have given as well.

create index chat_messages_time on chat_messages (stream_id, posted_at, seq, epoch);
