/** @module Who is what in a stream's chat, who may not write there, and what moderators do. */
export {
  type ModeratedRoom,
  Moderation,
  type Moderator,
  type Target,
} from './moderation.ts';
export { GIVEN_ROLES, type GivenRole } from './standing.ts';
export type { BanPlace, BanRecord, MemberRecord } from './standing-table.ts';
