/** @module Who is what in a stream's chat, who may not write there, and what moderators do. */

export { GIVEN_ROLES, type GivenRole } from './given-role.ts';
export {
  type ModeratedRoom,
  Moderation,
  type Moderator,
  type Target,
} from './moderation.ts';
export type { BanPlace, BanRecord, MemberPlace, MemberRecord } from './standing-table.ts';
