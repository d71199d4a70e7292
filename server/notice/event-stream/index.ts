/** @module Server-sent events: the same that webhooks are told, for whoever holds a connection. */
export {
  type EventReader,
  type EventSink,
  EventStreams,
  type EventStreamsSettings,
  MOST_READERS_OF_ONE,
} from './event-streams.ts';
