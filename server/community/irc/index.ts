/** @module IRC, for bots and clients that speak nothing else: the chat of streams as channels. */
export { IrcDoor } from './irc-door.ts';
export { IrcGateway, type IrcTally } from './irc-gateway.ts';
export { type IrcKeyPair, IrcListener } from './irc-listener.ts';
export type { IrcAccount, IrcPlace, IrcWorld } from './irc-world.ts';
