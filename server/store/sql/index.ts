/** @module Relational data: PostgreSQL, in this process or elsewhere, behind one interface. */
export { type Actor, type AuditEntry, appendAudit } from './audit.ts';
export {
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
  UniqueViolationError,
} from './database.ts';
export { MigrationError } from './migrations.ts';
export { type OpenOptions, openDatabases } from './open-databases.ts';
export { appendEvents, type EventType, type PlatformEvent } from './outbox.ts';
export { DatabaseFolderError } from './pglite-folder.ts';
