/** @module What the server can be told, by environment, `.env` file or command line. */
export { type Asked, type Configuration, readConfiguration } from './configuration.ts';
export { writeHelp, writeReferenceTable } from './reference.ts';
