/** @module Relational data: PostgreSQL, in this process or elsewhere, behind one interface. */
export {
  type Actor,
  type AuditEntry,
  type AuditQuery,
  appendAudit,
  type KeptAuditEntry,
  listAudit,
} from './audit.ts';
export {
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
  UniqueViolationError,
} from './database.ts';
export { EventTail } from './event-tail.ts';
export { inspectPostgres } from './inspect-postgres.ts';
export { MigrationError } from './migrations.ts';
export { type OpenOptions, openDatabases } from './open-databases.ts';
export {
  appendEvents,
  EVENT_TYPES,
  type EventFilter,
  type EventRow,
  type EventType,
  eventOf,
  eventRange,
  type KeptEvent,
  type PlatformEvent,
  readEvents,
  viewOfEvent,
} from './outbox.ts';
export { DatabaseFolderError, findFolderProblem } from './pglite-folder.ts';
export { Retention } from './retention.ts';
