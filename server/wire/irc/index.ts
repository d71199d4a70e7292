/** @module Lines of IRC with their tags: bytes in, messages out, and back. */
export { IrcLineReader, MAX_REST_BYTES, type ReadLine } from './line-reader.ts';
export { type IrcMessage, parseIrcMessage, writeIrcMessage } from './message.ts';
