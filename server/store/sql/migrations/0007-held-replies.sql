-- What a held message answers and is, so that it gets in as it was written.

alter table chat_held
  add column reply_to text,
  add column kind text;
